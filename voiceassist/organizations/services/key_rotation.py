"""Re-encrypting what is stored encrypted with the first key; imports the models and foundation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from voiceassist.foundation import crypto
from voiceassist.organizations.models import Credential, OrganizationOwned

BATCH = 200


@dataclass(frozen=True)
class Encrypted:
    """A column that holds what `foundation.crypto` encrypted.

    Args:
        model, column: where.
        name: what a row is called in a report, beside its organization.
    """

    model: type[OrganizationOwned]
    column: str
    name: Callable[[Any], str]


@dataclass
class Rotation:
    """What a pass over all rows did; `unreadable` holds `organization: NAME`."""

    rotated: int = 0
    current: int = 0
    unreadable: list[str] = field(default_factory=list)


_columns = [Encrypted(Credential, "encrypted_value", lambda row: str(row.name))]


def register_encrypted(column: Encrypted) -> None:
    """Rotate a column of a room above too; for `AppConfig.ready`."""
    if (column.model, column.column) not in columns():
        _columns.append(column)


def columns() -> list[tuple[type[OrganizationOwned], str]]:
    """Return the model and name of each column that is rotated."""
    return [(each.model, each.column) for each in _columns]


def rotate_all() -> Rotation:
    """Encrypt every value anew that the first key does not open; leave what no key opens.

    Each row is a statement of its own that changes it only where it is as it was read, so that
    this may run beside changes, be stopped, and be started again.
    """
    done = Rotation()
    for column in _columns:
        last = 0
        while batch := _after(column, last):
            for row in batch:
                _rotate(column, row, done)
            last = batch[-1].pk
    return done


def _after(column: Encrypted, last: int) -> list[OrganizationOwned]:
    rows = column.model.unscoped.select_related("organization").filter(pk__gt=last)
    return list(rows.order_by("pk")[:BATCH])


def _rotate(column: Encrypted, row: OrganizationOwned, done: Rotation) -> None:
    stored = getattr(row, column.column)
    if crypto.is_current(stored):
        done.current += 1
        return
    try:
        anew = crypto.encrypt_anew(stored)
    except crypto.UnreadableSecret:
        done.unreadable.append(f"{row.organization.slug}: {column.name(row)}")
        return
    same = column.model.unscoped.filter(pk=row.pk, **{column.column: stored})
    if same.update(**{column.column: anew}):
        done.rotated += 1
    else:  # it was changed or deleted meanwhile; who changes uses the first key
        done.current += 1
