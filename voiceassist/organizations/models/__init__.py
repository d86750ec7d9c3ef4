"""Organizations and the people and programs that act for them."""

from voiceassist.foundation.models.owned import OrganizationManager, OrganizationOwned
from voiceassist.organizations.models.api_key import ApiKey
from voiceassist.organizations.models.audit_entry import ActorKind, AuditEntry, AuditHead
from voiceassist.organizations.models.credential import Credential
from voiceassist.organizations.models.membership import Membership, Role
from voiceassist.organizations.models.organization import Organization, ToolReviewRule
from voiceassist.organizations.models.user import User

__all__ = [
    "ActorKind",
    "ApiKey",
    "AuditEntry",
    "AuditHead",
    "Credential",
    "Membership",
    "Organization",
    "OrganizationManager",
    "OrganizationOwned",
    "Role",
    "ToolReviewRule",
    "User",
]
