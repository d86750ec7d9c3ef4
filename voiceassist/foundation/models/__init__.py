"""Rows that belong to no room above."""

from voiceassist.foundation.models.event import Event
from voiceassist.foundation.models.mail import Mail, MailStatus
from voiceassist.foundation.models.owned import OrganizationManager, OrganizationOwned

__all__ = ["Event", "Mail", "MailStatus", "OrganizationManager", "OrganizationOwned"]
