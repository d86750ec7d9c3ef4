"""The audit chain: in order, unchangeable, and every tampering found."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from tests.factories.organizations import make_key, make_member, make_organization
from voiceassist.organizations.current import KeyUser
from voiceassist.organizations.models import ActorKind, AuditEntry, AuditHead, Organization
from voiceassist.organizations.models.audit_entry import AuditEntriesStay
from voiceassist.organizations.services import audit, organizations

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]

TABLE = "organizations_auditentry"


def write(organization: Organization, count: int) -> list[AuditEntry]:
    """Add entries to what making the organization recorded."""
    return [
        audit.record(
            organization.pk,
            "thing.made",
            by=None,
            kind="thing",
            object_id=number,
            name=f"Thing {number}",
            data={"number": number},
        )
        for number in range(count)
    ]


@pytest.fixture
def shop() -> Organization:
    return make_organization()


def sql(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_entries_follow_each_other(shop: Organization) -> None:
    write(shop, 3)
    entries = list(AuditEntry.objects.of(shop).order_by("sequence"))
    assert [entry.sequence for entry in entries] == [1, 2, 3, 4]
    for before, after in zip(entries, entries[1:], strict=False):
        assert after.previous_hash == before.hash
    assert audit.verify(shop.pk) == audit.Verdict(4, entries[-1].hash)


def test_each_organization_has_its_own_chain(shop: Organization) -> None:
    other = make_organization()
    write(shop, 2)
    write(other, 1)
    assert audit.verify(shop.pk).entries == 3
    assert audit.verify(other.pk).entries == 2


def test_who_did_it_is_kept_by_name(shop: Organization) -> None:
    user, (key, _secret) = make_member(shop, "admin"), make_key(shop)
    made = [
        audit.record(shop.pk, "thing.made", by=by, kind="thing")
        for by in (user, KeyUser(key), None)
    ]
    assert [(each.actor_kind, each.actor_id, each.actor_name) for each in made] == [
        (ActorKind.USER, user.pk, user.email),
        (ActorKind.API_KEY, key.pk, f"A program ({key.prefix}…)"),
        (ActorKind.SYSTEM, None, ""),
    ]


def test_odd_data_is_stored_so_that_its_hash_stays(shop: Organization) -> None:
    odd = {
        "float": 1e16, "minus": -0.0, "small": 1e-7, "nan": float("nan"), "nul": "a\0b",
        "half": "a\ud800b", "big": 10**30, "list": [1.0, {"é": None}], "text": "✓",
        "tuple": (1, 2), "true": True,
    }  # fmt: skip
    audit.record(
        shop.pk, "thing.made", by=None, kind="thing", object_id="x" * 99, name="n\0" * 999, data=odd
    )
    assert audit.verify(shop.pk).broken is None
    stored = AuditEntry.objects.of(shop).first()
    assert stored.data["nan"] == "nan"
    assert stored.data["float"] == 10**16


def test_what_is_rolled_back_was_never_recorded(shop: Organization) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        write(shop, 1)
        raise ZeroDivisionError
    write(shop, 1)
    assert audit.verify(shop.pk) == audit.Verdict(
        2, AuditEntry.objects.of(shop).get(sequence=2).hash
    )


@pytest.mark.parametrize(
    "touch",
    [
        lambda entry: entry.save(),
        lambda entry: entry.delete(),
        lambda entry: AuditEntry.objects.of(entry.organization).update(action="x"),
        lambda entry: AuditEntry.unscoped.filter(pk=entry.pk).delete(),
        lambda entry: AuditEntry.unscoped.bulk_update([entry], ["action"]),
    ],
)
def test_code_cannot_touch_an_entry(shop: Organization, touch: Callable[[Any], Any]) -> None:
    (entry,) = write(shop, 1)
    for each in (entry, AuditEntry.objects.of(shop).get(pk=entry.pk)):
        with pytest.raises(AuditEntriesStay):
            touch(each)
    assert audit.verify(shop.pk).entries == 2


def test_with_the_organization_its_entries_go(shop: Organization) -> None:
    write(shop, 2)
    organizations.delete(shop)
    assert not AuditEntry.unscoped.exists()
    assert not AuditHead.unscoped.exists()


CHANGES = {
    "action": "'thing.lost'",
    "actor_name": "'somebody@example.com'",
    "actor_kind": "'user'",
    "actor_id": "7",
    "object_kind": "'other'",
    "object_id": "'99'",
    "object_name": "'Another'",
    "data": """'{"number": 5}'""",
    "at": "'2020-01-01 00:00:00+00:00'",
    "previous_hash": "hash",
    "hash": "previous_hash",
}


@pytest.mark.parametrize("column", CHANGES)
def test_a_changed_entry_is_found(shop: Organization, column: str) -> None:
    write(shop, 5)
    sql(f"UPDATE {TABLE} SET {column} = {CHANGES[column]} WHERE sequence = 3")
    verdict = audit.verify(shop.pk)
    assert verdict.broken is not None
    assert verdict.broken.sequence == 3


def test_an_entry_of_another_organization_is_found(shop: Organization) -> None:
    other = make_organization()
    write(shop, 2)
    write(other, 5)
    sql(f"UPDATE {TABLE} SET organization_id = %s WHERE sequence = 4", shop.pk)
    assert audit.verify(shop.pk).broken == audit.Broken(4, "it does not follow the one before it")
    assert audit.verify(other.pk).broken == audit.Broken(4, "it is missing")


@pytest.mark.parametrize("gone", [1, 3])
def test_a_removed_entry_is_found(shop: Organization, gone: int) -> None:
    write(shop, 5)
    sql(f"DELETE FROM {TABLE} WHERE sequence = %s", gone)
    assert audit.verify(shop.pk).broken == audit.Broken(gone, "it is missing")


def test_swapped_entries_are_found(shop: Organization) -> None:
    write(shop, 5)
    for before, after in ((3, 99), (4, 3), (99, 4)):
        sql(f"UPDATE {TABLE} SET sequence = %s WHERE sequence = %s", after, before)
    broken = audit.verify(shop.pk).broken
    assert broken is not None
    assert broken.sequence == 3


def test_cut_off_newest_entries_are_found(shop: Organization) -> None:
    write(shop, 5)
    sql(f"DELETE FROM {TABLE} WHERE sequence > 4")
    assert audit.verify(shop.pk).broken == audit.Broken(5, "it and what followed was removed")


def test_an_emptied_chain_is_found(shop: Organization) -> None:
    sql(f"DELETE FROM {TABLE}")
    assert audit.verify(shop.pk).broken == audit.Broken(1, "it and what followed was removed")


def test_an_entry_added_by_hand_is_found(shop: Organization) -> None:
    entry = write(shop, 1)[0]
    forged = AuditEntry(
        organization=shop, sequence=3, at=entry.at, actor_kind="system", action="thing.forged",
        object_kind="thing", data={}, previous_hash=entry.hash,
    )  # fmt: skip
    forged.hash = audit.hash_of(forged)
    forged.save()
    assert audit.verify(shop.pk).broken == audit.Broken(3, "it was added by hand")


def test_a_newest_entry_in_anothers_place_is_found(shop: Organization) -> None:
    entry = write(shop, 1)[0]
    sql(f"UPDATE {TABLE} SET action = 'thing.lost' WHERE sequence = 2")
    entry.action = "thing.lost"
    sql(f"UPDATE {TABLE} SET hash = %s WHERE sequence = 2", audit.hash_of(entry))
    assert audit.verify(shop.pk).broken == audit.Broken(2, "it is not what was written here")


@pytest.mark.django_db(transaction=True)
def test_many_at_once_make_one_chain() -> None:
    shop = make_organization()

    def one(number: int) -> None:
        try:
            write(shop, 5)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(8)))
    verdict = audit.verify(shop.pk)
    assert verdict.broken is None
    assert verdict.entries == 41


def verify_audit(*arguments: str) -> str:
    out = StringIO()
    call_command("verify_audit", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_says_that_all_is_well(shop: Organization) -> None:
    write(shop, 2)
    make_organization(slug="other")
    said = verify_audit()
    newest = AuditEntry.objects.of(shop).first()
    assert f"{shop.slug}: ok, 3 entries, the newest {newest.hash}" in said
    assert "other: ok" in said
    assert "other" not in verify_audit("--organization", shop.slug)


def test_the_command_names_the_first_broken_entry_and_fails(shop: Organization) -> None:
    write(shop, 3)
    whole = make_organization(slug="whole")
    sql(f"UPDATE {TABLE} SET action = 'x' WHERE organization_id = %s AND sequence = 2", shop.pk)
    with pytest.raises(CommandError, match=f"{shop.slug}: entry 2: it was changed"):
        verify_audit()
    assert "whole: ok" in verify_audit("--organization", whole.slug)


def test_the_command_knows_only_organizations_that_exist(shop: Organization) -> None:
    with pytest.raises(CommandError, match=f"no organization 'nowhere'.*{shop.slug}"):
        verify_audit("--organization", "nowhere")
