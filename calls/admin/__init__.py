"""Calls in the admin, to read; the live pages are where they are acted on."""

from calls.admin.call import CallAdmin

__all__ = ["CallAdmin"]
