"""Credentials: stored encrypted, revealed to tools only; imports the models and foundation.

No value leaves this module but through `reveal` and `all_values`: what is logged, shown, recorded
or raised names the credential and never holds it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from voiceassist.foundation import crypto
from voiceassist.foundation.errors import InvalidInput, VoiceAssistError
from voiceassist.foundation.events.storing import hold_order
from voiceassist.foundation.jobs import enqueue
from voiceassist.foundation.templating import CONTEXT_NAMES
from voiceassist.organizations.current import Actor, person_of
from voiceassist.organizations.models import Credential, Organization
from voiceassist.organizations.services import audit

VALUE_MAX_BYTES = 16 * 1024
DESCRIPTION_MAX = 200
USED_JOB = "credentials.used"
_USED_EVERY = timedelta(minutes=1)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_KIND = "credential"


class UnknownCredential(VoiceAssistError, LookupError):
    """The organization has no credential of this name."""

    code = "unknown_credential"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"There is no credential called {name!r}. Add it on the Credentials page, or name "
            "another one."
        )
        self.name = name


class CredentialInUse(VoiceAssistError):
    """A credential that something still names is not deleted."""

    code = "in_use"

    def __init__(self, name: str, dependents: list[Dependent]) -> None:
        listed = ", ".join(f"{each.kind} {each.name}" for each in dependents)
        super().__init__(f"{name} is in use by {listed}. Take it out there first.")
        self.dependents = dependents


@dataclass(frozen=True)
class Dependent:
    """Something that stops working without a credential.

    Args:
        kind: as people say it, such as `tool`.
        id: of its row.
        name: what its page calls it.
    """

    kind: str
    id: int
    name: str


FindDependents = Callable[[int, str], list[Dependent]]
_finders: list[FindDependents] = []
_noted: dict[int, float] = {}


def register_dependents(find: FindDependents) -> None:
    """Ask `find(organization_id, name)` too for what uses a credential; for `AppConfig.ready`."""
    if find not in _finders:
        _finders.append(find)


def dependents(organization_id: int, name: str) -> list[Dependent]:
    """Return everything that uses the credential."""
    return [each for find in _finders for each in find(organization_id, name)]


@sensitive_variables()
@transaction.atomic
def create(
    organization: Organization,
    name: str,
    value: str,
    description: str = "",
    *,
    by: Actor | None = None,
) -> Credential:
    """Store a new credential.

    Raises:
        InvalidInput: the name is taken, reserved or no identifier; the value cannot be stored.
    """
    errors = _faults(value, description)
    hold_order(organization.pk)
    if fault := _fault_of_name(organization, name):
        errors["name"] = fault
    if errors:
        raise InvalidInput(errors)
    credential = Credential(
        organization=organization,
        name=name,
        description=description.strip(),
        encrypted_value=crypto.encrypt(value),
        created_by=person_of(by),
        changed_at=timezone.now(),
    )
    credential.save()
    _record("created", credential, by)
    return credential


@sensitive_variables()
@transaction.atomic
def change(
    credential: Credential,
    *,
    value: str | None = None,
    description: str | None = None,
    by: Actor | None = None,
) -> Credential:
    """Give a credential another value or description; None leaves it as it is.

    Raises:
        InvalidInput: the value or description cannot be stored.
    """
    errors = _faults(value, description)
    if errors:
        raise InvalidInput(errors)
    before = Credential.unscoped.values_list("description", flat=True).get(pk=credential.pk)
    changed = []
    if value is not None:
        credential.encrypted_value = crypto.encrypt(value)
        changed.append("encrypted_value")
    if description is not None and description.strip() != before:
        credential.description = description.strip()
        changed.append("description")
    if changed:
        words = ["value" if field == "encrypted_value" else field for field in changed]
        _record("changed", credential, by, changed=words)
        credential.changed_at = timezone.now()
        credential.save(update_fields=[*changed, "changed_at"])
    return credential


@transaction.atomic
def delete(credential: Credential, *, by: Actor | None = None) -> None:
    """Forget a credential.

    Raises:
        CredentialInUse: something still names it.
    """
    hold_order(credential.organization_id)
    if found := dependents(credential.organization_id, credential.name):
        raise CredentialInUse(credential.name, found)
    _record("deleted", credential, by)
    credential.delete()


@sensitive_variables()
def reveal(organization_id: int, name: str) -> str:
    """Return a credential's value, for a request that is about to be made with it.

    Raises:
        UnknownCredential: the organization has none of this name.
        UnreadableSecret: no key opens it.
    """
    rows = Credential.objects.of(organization_id).filter(name=name)
    known = rows.values_list("pk", "encrypted_value")
    found = known.first() if _NAME.fullmatch(name) else None
    if found is None:
        raise UnknownCredential(name)
    credential_id, stored = found
    value = crypto.decrypt(stored)
    _note_use(credential_id)
    return value


@sensitive_variables()
def all_values(organization_id: int) -> dict[str, str]:
    """Return name → value of what can be read, to look for it in a text; that is no use of it."""
    found = {}
    rows = Credential.objects.of(organization_id)
    for name, stored in rows.values_list("name", "encrypted_value"):
        with suppress(crypto.UnreadableSecret):
            found[name] = crypto.decrypt(stored)
    return found


def names(organization_id: int) -> frozenset[str]:
    """Return the names of an organization's credentials."""
    return frozenset(Credential.objects.of(organization_id).values_list("name", flat=True))


def listed(organization_id: int) -> QuerySet[Credential]:
    """Return the rows for pages and programs, without what is encrypted."""
    return Credential.objects.of(organization_id).defer("encrypted_value")


def note_used(credential_id: int) -> None:
    """Write down that it was used now; at most once a minute."""
    now = timezone.now()
    stale = Q(last_used_at__isnull=True) | Q(last_used_at__lte=now - _USED_EVERY)
    Credential.unscoped.filter(stale, pk=credential_id).update(last_used_at=now)


def _note_use(credential_id: int) -> None:
    # Whoever reveals waits for a tool: the row is written elsewhere, and asked for once a minute.
    now = time.monotonic()
    if now - _noted.get(credential_id, float("-inf")) >= _USED_EVERY.total_seconds():
        _noted[credential_id] = now
        enqueue(USED_JOB, credential_id)


def _fault_of_name(organization: Organization, name: str) -> str:
    if not _NAME.fullmatch(name):
        return "Use letters, digits and underscores, such as SHOP_TOKEN; up to 100, no digit first."
    if name in CONTEXT_NAMES:
        return f"${{{name}}} is a name of the platform; choose another, such as SHOP_TOKEN."
    if Credential.objects.of(organization).filter(name=name).exists():
        return f"There is a credential called {name} already; give that one the new value."
    return ""


@sensitive_variables()
def _faults(value: str | None, description: str | None) -> dict[str, str]:
    errors = {}
    if value is not None and (fault := _fault_of_value(value)):
        errors["value"] = fault
    if description is not None:
        if len(description.strip()) > DESCRIPTION_MAX:
            errors["description"] = f"Use up to {DESCRIPTION_MAX} characters."
        elif not _storable(description):
            errors["description"] = "This holds characters that cannot be stored; type it anew."
    return errors


@sensitive_variables()
def _fault_of_value(value: str) -> str:
    if not value:
        return "Enter the value."
    if not _storable(value):
        return "This holds characters that no credential has; copy it again as text."
    if len(value.encode()) > VALUE_MAX_BYTES:
        return "This is too long; a credential has up to 16 KB."
    return ""


@sensitive_variables()
def _storable(text: str) -> bool:
    return "\0" not in text and not re.search("[\ud800-\udfff]", text)


def _record(done: str, credential: Credential, by: Actor | None, **data: object) -> None:
    audit.record(
        credential.organization_id,
        f"{_KIND}.{done}",
        by=by,
        kind=_KIND,
        object_id=credential.pk,
        name=credential.name,
        data=data,
    )
