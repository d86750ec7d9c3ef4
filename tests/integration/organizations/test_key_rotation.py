"""`manage.py rotate_keys`: everything moves to the first key, whatever is in the way."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command

from tests.factories.organizations import make_organization
from voiceassist.foundation import crypto
from voiceassist.organizations.models import AuditEntry, Credential, Organization
from voiceassist.organizations.services import credentials, key_rotation

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]

OLD, NEW, LOST = (Fernet.generate_key().decode() for _ in range(3))


@pytest.fixture
def shop(settings: Any) -> Organization:
    settings.CREDENTIALS_KEYS = [OLD]
    return make_organization(slug="shop")


def rotate() -> str:
    out = StringIO()
    call_command("rotate_keys", stdout=out)
    return out.getvalue().strip()


def test_afterwards_the_old_key_can_go(
    shop: Organization, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_rotation, "BATCH", 2)
    for number in range(5):
        credentials.create(shop, f"N{number}", f"value {number}")
    changed = dict(Credential.unscoped.values_list("name", "changed_at"))
    settings.CREDENTIALS_KEYS = [NEW, OLD]
    credentials.create(make_organization(), "LATER", "made with the new key")
    assert rotate() == "5 encrypted anew, 1 had the first key already, 0 unreadable."
    settings.CREDENTIALS_KEYS = [NEW]
    for number in range(5):
        assert credentials.reveal(shop.pk, f"N{number}") == f"value {number}"
    kept = dict(Credential.objects.of(shop).values_list("name", "changed_at"))
    assert kept == changed
    assert rotate() == "0 encrypted anew, 6 had the first key already, 0 unreadable."


def test_what_no_key_opens_is_named_and_left(shop: Organization, settings: Any) -> None:
    settings.CREDENTIALS_KEYS = [LOST]
    credentials.create(shop, "LOST_ONE", "gone")
    settings.CREDENTIALS_KEYS = [OLD]
    credentials.create(shop, "GOOD_ONE", "here")
    settings.CREDENTIALS_KEYS = [NEW, OLD]
    before = Credential.objects.of(shop).get(name="LOST_ONE").encrypted_value
    with pytest.raises(CommandError, match="shop: LOST_ONE") as failed:
        rotate()
    assert "GOOD_ONE" not in str(failed.value)
    assert Credential.objects.of(shop).get(name="LOST_ONE").encrypted_value == before
    settings.CREDENTIALS_KEYS = [NEW, LOST]
    assert credentials.reveal(shop.pk, "GOOD_ONE") == "here"
    assert rotate() == "1 encrypted anew, 1 had the first key already, 0 unreadable."


def test_it_goes_on_where_it_was_stopped(
    shop: Organization, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        credentials.create(shop, f"N{number}", "v")
    settings.CREDENTIALS_KEYS = [NEW, OLD]
    anew, done = crypto.encrypt_anew, []

    def stops(stored: str) -> str:
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(stored)
        return anew(stored)

    monkeypatch.setattr(crypto, "encrypt_anew", stops)
    with pytest.raises(KeyboardInterrupt):
        rotate()
    monkeypatch.undo()
    settings.CREDENTIALS_KEYS = [NEW, OLD]
    assert rotate() == "2 encrypted anew, 2 had the first key already, 0 unreadable."


def test_a_value_changed_meanwhile_stays_changed(
    shop: Organization, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = credentials.create(shop, "TOKEN", "old")
    settings.CREDENTIALS_KEYS = [NEW, OLD]
    anew = crypto.encrypt_anew

    def slow(stored: str) -> str:
        credentials.change(made, value="new")
        return anew(stored)

    monkeypatch.setattr(crypto, "encrypt_anew", slow)
    rotate()
    assert credentials.reveal(shop.pk, "TOKEN") == "new"


def test_it_changes_nothing_that_is_audited(shop: Organization, settings: Any) -> None:
    credentials.create(shop, "TOKEN", "v")
    entries = AuditEntry.objects.of(shop).count()
    settings.CREDENTIALS_KEYS = [NEW, OLD]
    rotate()
    assert AuditEntry.objects.of(shop).count() == entries
