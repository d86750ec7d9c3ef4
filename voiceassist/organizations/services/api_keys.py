"""Making, checking and revoking API keys; imports the models and the audit."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from voiceassist.foundation.errors import InvalidInput, VoiceAssistError
from voiceassist.foundation.events.storing import hold_order
from voiceassist.foundation.prepared import PreparedQuery, columns, instance
from voiceassist.organizations.current import Actor, person_of
from voiceassist.organizations.models import ApiKey, Organization, Role
from voiceassist.organizations.services import audit

PREFIX = "vak_"
_SHOWN = 12
_USED_EVERY = timedelta(minutes=1)


class KeyRefused(VoiceAssistError):
    """The key opens nothing: unknown, expired or revoked."""

    code = "authentication_failed"


@transaction.atomic
def create(
    organization: Organization,
    name: str,
    role: str = Role.OPERATOR,
    *,
    expires_at: datetime | None = None,
    by: Actor | None = None,
) -> tuple[ApiKey, str]:
    """Make a key; return its row and the key itself, which is not kept and cannot be read again.

    Raises:
        InvalidInput: empty name, unknown role, or an end that has passed.
    """
    errors = {}
    if not name.strip():
        errors["name"] = "Give the key a name, such as the program that will use it."
    if role not in Role.values:
        errors["role"] = f"{role!r} is no role; choose one of {', '.join(Role.values)}."
    if expires_at is not None and expires_at <= timezone.now():
        errors["expires_at"] = "This time has passed; choose a later one, or leave it empty."
    if errors:
        raise InvalidInput(errors)
    secret = PREFIX + secrets.token_urlsafe(32)
    key = ApiKey(
        organization=organization,
        name=name.strip(),
        prefix=secret[:_SHOWN],
        key_hash=hash_of(secret),
        role=role,
        expires_at=expires_at,
        created_by=person_of(by),
    )
    key.save()
    _record("created", key, by, role=role, expires_at=expires_at)
    return key, secret


def verify(secret: str) -> ApiKey:
    """Return the key's row with its organization, and note its use at most once a minute.

    Raises:
        KeyRefused: unknown, expired or revoked; the message says which, but never of a wrong key.
    """
    key = _of_hash(hash_of(secret))
    if key is None:
        raise KeyRefused(f"This API key is not known. A key begins with {PREFIX}; copy it whole.")
    now = timezone.now()
    if key.revoked_at is not None:
        raise KeyRefused("This API key was revoked. Make a new one in the admin.")
    if key.expires_at is not None and key.expires_at <= now:
        raise KeyRefused("This API key has expired. Make a new one in the admin.")
    if key.last_used_at is None or key.last_used_at < now - _USED_EVERY:
        stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - _USED_EVERY)
        ApiKey.objects.of(key.organization).filter(stale, pk=key.pk).update(last_used_at=now)
    return key


@transaction.atomic
def revoke(key: ApiKey, *, by: Actor | None = None) -> None:
    """Make the key useless from now on; the row stays, so that old entries keep their name."""
    hold_order(key.organization_id)
    now = timezone.now()
    if ApiKey.unscoped.filter(pk=key.pk, revoked_at=None).update(revoked_at=now):
        key.revoked_at = now
        _record("revoked", key, by)


@transaction.atomic
def delete(key: ApiKey, *, by: Actor | None = None) -> None:
    """Forget a key, which ends it at once."""
    _record("deleted", key, by)
    key.delete()


_KEY, _ORGANIZATION = columns(ApiKey), columns(Organization)

_BY_HASH = PreparedQuery(
    ApiKey,
    ["key_hash"],
    lambda key_hash: ApiKey.unscoped.filter(key_hash=key_hash).values_list(
        *_KEY, *(f"organization__{name}" for name in _ORGANIZATION)
    ),
)


def _of_hash(key_hash: str) -> ApiKey | None:
    found = _BY_HASH.first(key_hash)
    if found is None:
        return None
    values = iter(found)
    key = instance(ApiKey, _KEY, values)
    key.organization = instance(Organization, _ORGANIZATION, values)
    return key


def hash_of(secret: str) -> str:
    """Return what is stored of a key; it is random and long, so a plain digest is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _record(done: str, key: ApiKey, by: Actor | None, **data: object) -> None:
    audit.record(
        key.organization_id,
        f"api_key.{done}",
        by=by,
        kind="api_key",
        object_id=key.pk,
        name=f"{key.name} ({key.prefix}…)",
        data=data,
    )
