"""Who may do what; imports only foundation."""

from django.apps import AppConfig


class OrganizationsConfig(AppConfig):
    """Organizations, users, memberships, roles, API keys."""

    name = "voiceassist.organizations"
    label = "organizations"
    verbose_name = "Organization"

    def ready(self) -> None:
        """Let the admin ask for the same sign-in as the pages."""
        from allauth.account.decorators import secure_admin_login
        from django.contrib import admin

        admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
