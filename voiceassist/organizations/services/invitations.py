"""Links by which a person sets their first or next password; imports allauth and the models."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.http import HttpRequest

from voiceassist.organizations.models import User


def password_link(request: HttpRequest, user: User) -> str:
    """Return an address where `user` sets a password; good once, for PASSWORD_RESET_TIMEOUT."""
    key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
    return str(get_adapter(request).get_reset_password_from_key_url(key))
