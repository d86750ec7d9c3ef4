"""Re-encrypting every credential with the first key; imports the models and foundation."""

from __future__ import annotations

from dataclasses import dataclass, field

from voiceassist.foundation import crypto
from voiceassist.organizations.models import Credential

BATCH = 200


@dataclass
class Rotation:
    """What a pass over all credentials did; `unreadable` holds `organization: NAME`."""

    rotated: int = 0
    current: int = 0
    unreadable: list[str] = field(default_factory=list)


def rotate_all() -> Rotation:
    """Encrypt every value anew that the first key does not open; leave what no key opens.

    Each row is a statement of its own that changes it only where it is as it was read, so that
    this may run beside changes, be stopped, and be started again.
    """
    done, last = Rotation(), 0
    while batch := _after(last):
        for credential in batch:
            _rotate(credential, done)
        last = batch[-1].pk
    return done


def _after(last: int) -> list[Credential]:
    rows = Credential.unscoped.select_related("organization").filter(pk__gt=last)
    return list(rows.order_by("pk")[:BATCH])


def _rotate(credential: Credential, done: Rotation) -> None:
    stored = credential.encrypted_value
    if crypto.is_current(stored):
        done.current += 1
        return
    try:
        anew = crypto.encrypt_anew(stored)
    except crypto.UnreadableSecret:
        done.unreadable.append(f"{credential.organization.slug}: {credential.name}")
        return
    same = Credential.unscoped.filter(pk=credential.pk, encrypted_value=stored)
    if same.update(encrypted_value=anew):
        done.rotated += 1
    else:  # it was changed or deleted meanwhile; who changes uses the first key
        done.current += 1
