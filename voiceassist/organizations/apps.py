"""Who may do what; imports only foundation."""

from django.apps import AppConfig


class OrganizationsConfig(AppConfig):
    """Organizations, users, memberships, roles, API keys."""

    name = "voiceassist.organizations"
    label = "organizations"
