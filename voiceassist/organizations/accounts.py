"""Sign-in by allauth: e-mail and password, no open sign-up."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are made by staff, never by visitors."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: nobody signs up alone."""
        return False
