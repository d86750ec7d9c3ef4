"""Rows that belong to no room above."""

from voiceassist.foundation.models.event import Event

__all__ = ["Event"]
