"""Admin of organizations, members, keys and accounts."""

from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.auth.models import Group

from voiceassist.organizations.admin.api_key import ApiKeyAdmin
from voiceassist.organizations.admin.audit_entry import AuditEntryAdmin
from voiceassist.organizations.admin.credential import CredentialAdmin
from voiceassist.organizations.admin.mail import MailAdmin
from voiceassist.organizations.admin.membership import MembershipAdmin
from voiceassist.organizations.admin.organization import OrganizationPageAdmin
from voiceassist.organizations.admin.user import AccountAdmin

# Roles take the place of groups, and an account has one address: its own.
for _model in (Group, EmailAddress):
    if admin.site.is_registered(_model):
        admin.site.unregister(_model)

__all__ = [
    "AccountAdmin",
    "ApiKeyAdmin",
    "AuditEntryAdmin",
    "CredentialAdmin",
    "MailAdmin",
    "MembershipAdmin",
    "OrganizationPageAdmin",
]
