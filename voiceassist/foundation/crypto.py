"""Encryption of what is stored but must not be readable in the database; imports our errors.

`settings.CREDENTIALS_KEYS` holds the keys: the first encrypts, all of them decrypt, so that a new
one can be put in front and `manage.py rotate_keys` can follow at leisure.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.views.decorators.debug import sensitive_variables

from voiceassist.foundation.errors import VoiceAssistError


class UnreadableSecret(VoiceAssistError):
    """None of the keys opens what is stored: a key was lost, or the row was tampered with."""

    code = "unreadable_secret"

    def __init__(self) -> None:
        super().__init__(
            "None of the keys in CREDENTIALS_KEYS opens this value. Put the key it was stored with "
            "back into the list, or enter the value anew."
        )


@sensitive_variables()
def encrypt(text: str) -> str:
    """Return `text` encrypted with the first key, as ASCII.

    Raises:
        ImproperlyConfigured: a key is missing or wrong.
    """
    return _box().encrypt(text.encode()).decode()


@sensitive_variables()
def decrypt(stored: str) -> str:
    """Return the text behind what `encrypt` returned under any of the keys.

    Raises:
        UnreadableSecret: no key opens it.
        ImproperlyConfigured: a key is missing or wrong.
    """
    try:
        return _box().decrypt(stored.encode()).decode()
    except (InvalidToken, UnicodeError):
        raise UnreadableSecret from None


def is_current(stored: str) -> bool:
    """Return whether the first key opens it.

    Raises:
        ImproperlyConfigured: a key is missing or wrong.
    """
    try:
        _first(_keys()).decrypt(stored.encode())
    except InvalidToken:
        return False
    return True


def encrypt_anew(stored: str) -> str:
    """Return the same secret encrypted with the first key.

    Raises:
        UnreadableSecret: no key opens it.
        ImproperlyConfigured: a key is missing or wrong.
    """
    try:
        return _box().rotate(stored.encode()).decode()
    except InvalidToken:
        raise UnreadableSecret from None


def _keys() -> tuple[str, ...]:
    keys: Sequence[str] = settings.CREDENTIALS_KEYS
    return tuple(keys)


def _box() -> MultiFernet:
    return _multi(_keys())


@lru_cache(maxsize=4)
@sensitive_variables()
def _multi(keys: tuple[str, ...]) -> MultiFernet:
    if not keys:
        raise ImproperlyConfigured("CREDENTIALS_KEYS holds no key; credentials need one.")
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError:
        raise ImproperlyConfigured(
            "CREDENTIALS_KEYS holds something that is no key; each is 32 random bytes in Base64."
        ) from None


@lru_cache(maxsize=4)
def _first(keys: tuple[str, ...]) -> Fernet:
    _multi(keys)  # judges the keys
    return Fernet(keys[0])
