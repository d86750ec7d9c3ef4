"""Sign-in by allauth: e-mail and password, no open sign-up; imports only allauth."""

from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are made by staff, never by visitors; errors say what to do next."""

    error_messages: ClassVar[dict[str, str]] = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "E-mail or password is wrong.",
        "too_many_login_attempts": (
            "Too many failed tries. Wait 15 minutes, then try again, or ask an admin of yours "
            "for a password link."
        ),
        "account_inactive": "This account is closed. Ask an admin of yours to open it again.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: nobody signs up alone."""
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send nothing: links that set a password are made by admins, on the member's page."""
