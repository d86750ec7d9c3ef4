"""Credentials: what is stored, what is refused, who learns of it, and what keeps one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from tests.factories.organizations import make_key, make_member, make_organization
from voiceassist.foundation import crypto
from voiceassist.foundation.errors import InvalidInput
from voiceassist.foundation.templating import CONTEXT_NAMES
from voiceassist.organizations.current import KeyUser
from voiceassist.organizations.models import AuditEntry, Credential, Organization
from voiceassist.organizations.services import credentials
from voiceassist.organizations.services.credentials import (
    CredentialInUse,
    Dependent,
    UnknownCredential,
)

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


@pytest.fixture
def shop() -> Organization:
    return make_organization()


@pytest.fixture(autouse=True)
def nothing_noted() -> Iterator[None]:
    credentials._noted.clear()
    yield
    credentials._noted.clear()


@pytest.fixture
def users_of(monkeypatch: pytest.MonkeyPatch) -> list[Dependent]:
    found: list[Dependent] = []
    monkeypatch.setattr(credentials, "_finders", [lambda organization_id, name: list(found)])
    return found


def test_a_value_comes_back_only_for_its_own_organization(shop: Organization) -> None:
    credentials.create(shop, "SHOP_TOKEN", "s3cret-välue\n✓")
    assert credentials.reveal(shop.pk, "SHOP_TOKEN") == "s3cret-välue\n✓"
    assert credentials.names(shop.pk) == {"SHOP_TOKEN"}
    other = make_organization()
    assert credentials.names(other.pk) == frozenset()
    with pytest.raises(UnknownCredential, match="no credential called 'SHOP_TOKEN'"):
        credentials.reveal(other.pk, "SHOP_TOKEN")


def test_two_organizations_may_use_one_name(shop: Organization) -> None:
    other = make_organization()
    credentials.create(shop, "TOKEN", "ours")
    credentials.create(other, "TOKEN", "theirs")
    assert credentials.reveal(shop.pk, "TOKEN") == "ours"
    assert credentials.reveal(other.pk, "TOKEN") == "theirs"


def test_the_database_holds_nothing_readable(shop: Organization) -> None:
    made = credentials.create(shop, "TOKEN", "canary-4711")
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM organizations_credential WHERE id = %s", [made.pk])
        assert "canary-4711" not in repr(cursor.fetchall())
    assert "canary-4711" not in repr(made.__dict__)


@pytest.mark.parametrize("name", ["A", "_x", "a1", "Z" * 100])
def test_a_name_is_an_identifier(shop: Organization, name: str) -> None:
    assert credentials.create(shop, name, "v").name == name


@pytest.mark.parametrize(
    "name", ["", "1A", "A B", "A-B", "A.B", "A" * 101, "Ä", "A\n", "A١", "${A}", "\0", " A"]
)
def test_other_names_are_refused(shop: Organization, name: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        credentials.create(shop, name, "v")
    assert "letters, digits and underscores" in refused.value.errors["name"]
    with pytest.raises(UnknownCredential):
        credentials.reveal(shop.pk, name)


@pytest.mark.parametrize("name", sorted(CONTEXT_NAMES))
def test_names_of_the_platform_are_refused(shop: Organization, name: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        credentials.create(shop, name, "v")
    assert "name of the platform" in refused.value.errors["name"]


def test_a_name_is_given_once(shop: Organization) -> None:
    credentials.create(shop, "TOKEN", "first")
    with pytest.raises(InvalidInput) as refused:
        credentials.create(shop, "TOKEN", "second")
    assert "already" in refused.value.errors["name"]
    assert credentials.reveal(shop.pk, "TOKEN") == "first"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("", "Enter the value"),
        ("a\0b", "copy it again"),
        ("a\ud800b", "copy it again"),
        ("x" * (16 * 1024 + 1), "16 KB"),
        ("é" * (8 * 1024 + 1), "16 KB"),
    ],
)
def test_values_that_cannot_be_kept_are_refused(shop: Organization, value: str, words: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        credentials.create(shop, "TOKEN", value)
    assert words in refused.value.errors["value"]
    made = credentials.create(shop, "TOKEN", "good")
    with pytest.raises(InvalidInput):
        credentials.change(made, value=value)
    assert credentials.reveal(shop.pk, "TOKEN") == "good"


def test_a_value_of_16_kb_is_kept(shop: Organization) -> None:
    credentials.create(shop, "KEY", "x" * 16 * 1024)
    assert len(credentials.reveal(shop.pk, "KEY")) == 16 * 1024


def test_a_change_gives_what_it_names_and_nothing_else(shop: Organization) -> None:
    made = credentials.create(shop, "TOKEN", "old", "The shop")
    first = made.changed_at
    credentials.change(made, description="The new shop")
    assert credentials.reveal(shop.pk, "TOKEN") == "old"
    credentials.change(made, value="new")
    stored = Credential.objects.of(shop).get()
    assert credentials.reveal(shop.pk, "TOKEN") == "new"
    assert stored.description == "The new shop"
    assert stored.changed_at > first


def test_a_change_of_nothing_leaves_no_trace(shop: Organization) -> None:
    made = credentials.create(shop, "TOKEN", "old", "The shop")
    credentials.change(made, description="The shop ")
    assert Credential.objects.of(shop).get().changed_at == made.changed_at
    assert [entry.action for entry in AuditEntry.objects.of(shop)] == [
        "credential.created",
        "organization.created",
    ]


def test_a_credential_in_use_stays_and_names_who_uses_it(
    shop: Organization, users_of: list[Dependent]
) -> None:
    made = credentials.create(shop, "TOKEN", "v")
    users_of.append(Dependent("tool", 7, "lookup_order"))
    with pytest.raises(CredentialInUse, match="in use by tool lookup_order"):
        credentials.delete(made)
    assert credentials.reveal(shop.pk, "TOKEN") == "v"
    users_of.clear()
    credentials.delete(made)
    assert credentials.names(shop.pk) == frozenset()


def test_who_did_it_is_recorded_without_the_value(shop: Organization) -> None:
    user = make_member(shop, "admin")
    key, _secret = make_key(shop, "admin")
    made = credentials.create(shop, "TOKEN", "canary-1", by=user)
    credentials.change(made, value="canary-2", description="x", by=KeyUser(key))
    number = made.pk
    credentials.delete(made)
    entries = AuditEntry.objects.of(shop).filter(object_kind="credential").order_by("sequence")
    assert [(entry.action, entry.actor_name, entry.data) for entry in entries] == [
        ("credential.created", user.email, {}),
        (
            "credential.changed",
            f"A program ({key.prefix}…)",
            {"changed": ["value", "description"]},
        ),
        ("credential.deleted", "", {}),
    ]
    assert {(entry.object_id, entry.object_name) for entry in entries} == {(str(number), "TOKEN")}
    assert made.created_by == user


def test_a_lost_key_is_said_and_a_new_value_mends_it(shop: Organization, settings: Any) -> None:
    made = credentials.create(shop, "TOKEN", "v")
    settings.CREDENTIALS_KEYS = ["QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="]
    with pytest.raises(crypto.UnreadableSecret, match="CREDENTIALS_KEYS"):
        credentials.reveal(shop.pk, "TOKEN")
    credentials.change(made, value="again")
    assert credentials.reveal(shop.pk, "TOKEN") == "again"


def test_a_use_is_handed_over_once_a_minute_and_written_by_the_job(
    shop: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = credentials.create(shop, "TOKEN", "v")
    asked: list[tuple[Any, ...]] = []
    monkeypatch.setattr(credentials, "enqueue", lambda *job: asked.append(job))
    for _ in range(3):
        credentials.reveal(shop.pk, "TOKEN")
    assert asked == [("credentials.used", made.pk)]
    assert Credential.objects.of(shop).get().last_used_at is None
    credentials.note_used(made.pk)
    first = Credential.objects.of(shop).get().last_used_at
    assert first is not None
    credentials.note_used(made.pk)
    assert Credential.objects.of(shop).get().last_used_at == first


def test_revealing_costs_one_query(
    shop: Organization, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    credentials.create(shop, "TOKEN", "v")
    with django_assert_num_queries(1):
        credentials.reveal(shop.pk, "TOKEN")
