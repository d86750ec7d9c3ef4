"""The audit chain: writing an entry and proving that none was touched; imports only the models."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.utils import timezone

from voiceassist.foundation.events.storing import hold_order
from voiceassist.organizations.current import Actor, KeyUser
from voiceassist.organizations.models import ActorKind, AuditEntry, AuditHead, User
from voiceassist.organizations.models.audit_entry import BEFORE_ALL

_HASHED = (
    "organization_id", "sequence", "actor_kind", "actor_id", "actor_name", "action",
    "object_kind", "object_id", "object_name", "data", "previous_hash",
)  # fmt: skip


@dataclass(frozen=True)
class Broken:
    """The first place where a chain is not what was written, and what is wrong there."""

    sequence: int
    what: str


@dataclass(frozen=True)
class Verdict:
    """How a chain stands: how many entries are right, the hash of the last of them, what broke."""

    entries: int
    newest_hash: str
    broken: Broken | None = None

    def against(self, end: Verdict) -> Verdict:
        """Return it as it stands beside the end that was noted elsewhere."""
        broken = self.broken
        if broken is None and self.entries < end.entries:
            broken = Broken(self.entries + 1, "it and what followed was removed")
        elif broken is None and self.entries > end.entries:
            broken = Broken(end.entries + 1, "it was added by hand")
        elif broken is None and self.newest_hash != end.newest_hash:
            broken = Broken(self.entries, "it is not what was written here")
        return replace(self, broken=broken)


@transaction.atomic
def record(
    organization_id: int,
    action: str,
    *,
    by: Actor | None,
    kind: str,
    object_id: object = "",
    name: str = "",
    data: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Add an entry to the organization's chain, in the caller's transaction.

    As with `emit`, the rest of the transaction holds the order of the organization: record last,
    or call `events.storing.hold_order` before locking rows that others lock before they record.

    Args:
        action: what was done, `<kind>.<past tense>`, such as `credential.created`.
        by: the person or key; None: the platform itself.
        kind: what it was done to, such as `credential`.
        object_id: its id, any type.
        name: what it was called then.
        data: JSON object; ids and short values, never secrets.
    """
    hold_order(organization_id)
    heads = AuditHead.objects.of(organization_id)
    head = heads.first() or AuditHead(organization_id=organization_id)
    actor_kind, actor_id, actor_name = _actor(by)
    entry = AuditEntry(
        organization_id=organization_id,
        sequence=head.sequence + 1,
        at=timezone.now(),
        actor_kind=actor_kind,
        actor_id=actor_id,
        actor_name=_clean(actor_name)[:254],
        action=action,
        object_kind=kind,
        object_id=_clean(str(object_id))[:64],
        object_name=_clean(str(name))[:254],
        data=_plain(data or {}),
        previous_hash=head.hash,
    )
    entry.hash = hash_of(entry)
    entry.save()
    head.sequence, head.hash = entry.sequence, entry.hash
    head.save()
    return entry


def verify(organization_id: int) -> Verdict:
    """Read the whole chain of an organization and say where it is broken, if it is.

    Found: entries changed, removed, added or put elsewhere, and newest ones cut off.
    """
    before = end(organization_id)
    rows = AuditEntry.objects.of(organization_id).order_by("sequence").iterator(500)
    verdict = follow((fields_of(entry), entry.hash) for entry in rows)
    if verdict.broken:
        return verdict
    if verdict.entries < before.entries:
        return verdict.against(before)
    after = end(organization_id)  # entries may have come while this read
    return verdict if verdict.entries < after.entries else verdict.against(after)


def end(organization_id: int) -> Verdict:
    """Return where the organization's chain ends, as it was written down apart from it."""
    head = AuditHead.objects.of(organization_id).first()
    return Verdict(head.sequence, head.hash) if head else Verdict(0, BEFORE_ALL)


def follow(chain: Iterable[tuple[Mapping[str, Any], str]]) -> Verdict:
    """Follow a chain from its first entry, each as its fields and its hash, up to a broken one."""
    count, previous = 0, BEFORE_ALL
    for fields, own in chain:
        what = _fault(fields, own, count + 1, previous)
        if what:
            return Verdict(count, previous, Broken(min(fields["sequence"], count + 1), what))
        count, previous = count + 1, own
    return Verdict(count, previous)


def hash_of(entry: AuditEntry) -> str:
    """Return the SHA-256 over the entry's fields as canonical JSON, in hex."""
    return _hashed(fields_of(entry))


def fields_of(entry: AuditEntry) -> dict[str, Any]:
    """Return what an entry's hash is over; JSON values."""
    fields = {name: getattr(entry, name) for name in _HASHED}
    fields["at"] = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    return fields


def canonical(value: Any) -> str:
    """Return the one way to write a JSON value: keys sorted, no spaces, ASCII only."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    )


def _hashed(fields: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical(fields).encode()).hexdigest()


def _fault(fields: Mapping[str, Any], own: str, expected: int, previous: str) -> str:
    if fields["sequence"] > expected:
        return "it is missing"
    if fields["sequence"] < expected:
        return "it was added by hand"
    if fields["previous_hash"] != previous:
        return "it does not follow the one before it"
    return "" if own == _hashed(fields) else "it was changed"


def _actor(by: Actor | None) -> tuple[str, int | None, str]:
    if isinstance(by, User):
        return ActorKind.USER, by.pk, by.email
    if isinstance(by, KeyUser):
        return ActorKind.API_KEY, by.key.pk, f"{by.key.name} ({by.key.prefix}…)"
    return ActorKind.SYSTEM, None, ""


def _plain(data: Mapping[str, Any]) -> Any:
    """Return JSON that the database gives back as it was stored, so that its hash stays."""
    return _clean(json.loads(json.dumps(data, cls=DjangoJSONEncoder)))


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        # NUL cannot be stored, half of a surrogate pair cannot be encoded.
        return value.replace("\0", "�").encode("utf-8", "replace").decode()
    if isinstance(value, float):
        if not math.isfinite(value):
            return str(value)
        return int(value) if value.is_integer() else value
    if isinstance(value, dict):
        return {_clean(key): _clean(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_clean(inner) for inner in value]
    return value
