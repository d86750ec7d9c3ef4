"""Who may do what; imports only foundation."""

from django.apps import AppConfig


class OrganizationsConfig(AppConfig):
    """Organizations, users, memberships, roles, API keys."""

    name = "voiceassist.organizations"
    label = "organizations"
    verbose_name = "Organization"

    def ready(self) -> None:
        """Let the admin ask for the same sign-in as the pages; describe sign-in to programs."""
        from allauth.account.decorators import secure_admin_login
        from django.contrib import admin

        from voiceassist.organizations import schema  # noqa: F401  registers itself

        admin.site.index_title = "Overview"
        admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
