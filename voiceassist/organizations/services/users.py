"""Accounts of people; imports only the models."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from voiceassist.foundation.errors import InvalidInput
from voiceassist.organizations.models import User


def find_or_create(email: str, *, name: str = "") -> User:
    """Return the account of `email`; a new one cannot sign in until a password is set.

    Raises:
        InvalidInput: the address is no e-mail address.
    """
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        raise InvalidInput(
            {"email": "This is no e-mail address; write it like name@example.com."}
        ) from None
    known = User.objects.filter(email=address).first()
    if known is not None:
        return known
    try:
        with transaction.atomic():
            return User.objects.create_user(address, name=name.strip())
    except IntegrityError:  # another organization has added this person just now
        return User.objects.get(email=address)


def save(user: User) -> None:
    """Store an account; its address is kept in lower case.

    Raises:
        InvalidInput: another account has the address.
    """
    user.email = user.email.strip().lower()
    if User.objects.filter(email=user.email).exclude(pk=user.pk).exists():
        raise InvalidInput({"email": f"{user.email} has an account already."})
    user.is_staff = user.is_staff or user.is_superuser
    user.save()
