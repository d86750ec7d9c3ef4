"""Credentials, audit and the organization's rules in the admin: entered, shown, refused."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable

import pytest
from asgiref.sync import async_to_sync
from django.test import Client
from django.urls import reverse

from voiceassist.organizations.models import ApiKey, AuditEntry, Credential, Organization
from voiceassist.organizations.services import credentials
from voiceassist.organizations.services.credentials import Dependent

ADD = "admin:organizations_credential_add"
CHANGE = "admin:organizations_credential_change"
DELETE = "admin:organizations_credential_delete"
LIST = "admin:organizations_credential_changelist"

AsRole = Callable[[str], Client]


def given(**changed: str) -> dict[str, str]:
    return {"name": "NEW_TOKEN", "value": "canary-4711", "description": "The shop", **changed}


@pytest.fixture
def kept(shop: Organization) -> Credential:
    """The credential that the shop has."""
    found: Credential = Credential.objects.of(shop).get(name="SHOP_TOKEN")
    return found


def test_a_value_is_entered_and_never_shown(shop: Organization, as_role: AsRole) -> None:
    client = as_role("admin")
    answer = client.post(reverse(ADD), given(value="  line 1\r\ncanary-4711\r\n"), follow=True)
    assert "canary-4711" not in answer.content.decode()
    assert credentials.reveal(shop.pk, "NEW_TOKEN") == "line 1\ncanary-4711"
    made = Credential.objects.of(shop).get(name="NEW_TOKEN")
    assert made.created_by is not None
    for page in (reverse(LIST), reverse(CHANGE, args=[made.pk])):
        text = client.get(page).content.decode()
        assert "canary-4711" not in text
        assert made.encrypted_value[:40] not in text


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"name": "A B"}, "letters, digits and underscores"),
        ({"name": "call_sid"}, "name of the platform"),
        ({"name": "SHOP_TOKEN"}, "already"),
        ({"value": ""}, "required"),
        ({"value": "canary-4711" * 2_000}, "16 KB"),
    ],
)
def test_a_refused_form_says_why_and_forgets_the_value(
    shop: Organization, as_role: AsRole, changed: dict[str, str], words: str
) -> None:
    answer = as_role("admin").post(reverse(ADD), given(**changed))
    assert answer.status_code == 200
    text = answer.content.decode()
    assert words in text
    assert "canary-4711" not in text
    assert Credential.objects.of(shop).count() == 1


def test_an_empty_value_leaves_the_one_there_is(
    shop: Organization, kept: Credential, as_role: AsRole
) -> None:
    client, page = as_role("admin"), reverse(CHANGE, args=[kept.pk])
    assert client.post(page, {"value": "", "description": "Anew"}).status_code == 302
    assert credentials.reveal(shop.pk, "SHOP_TOKEN") == "a-token"
    assert client.post(page, {"value": "b-token", "description": "Anew"}).status_code == 302
    assert credentials.reveal(shop.pk, "SHOP_TOKEN") == "b-token"
    client.post(page, {"name": "OTHER", "value": "", "description": "Anew"})
    assert credentials.names(shop.pk) == {"SHOP_TOKEN"}
    actions = AuditEntry.objects.of(shop).filter(object_kind="credential")
    assert [each.data for each in actions if each.action == "credential.changed"] == [
        {"changed": ["value"]},
        {"changed": ["description"]},
    ]


def test_a_builder_reads_names_and_has_no_field_for_values(
    kept: Credential, as_role: AsRole
) -> None:
    client, page = as_role("builder"), reverse(CHANGE, args=[kept.pk])
    text = client.get(page).content.decode()
    assert "SHOP_TOKEN" in text
    assert "<textarea" not in text
    assert client.post(page, {"value": "x", "description": ""}).status_code == 403
    assert client.get(reverse(ADD)).status_code == 403


def test_what_uses_a_credential_is_shown_and_keeps_it(
    shop: Organization, kept: Credential, as_role: AsRole, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = as_role("admin")
    assert "it can be deleted" in client.get(reverse(CHANGE, args=[kept.pk])).content.decode()
    used = [Dependent("tool", 7, "lookup_<order>")]
    monkeypatch.setattr(credentials, "_finders", [lambda *_: used])
    assert "lookup_&lt;order&gt;" in client.get(reverse(CHANGE, args=[kept.pk])).content.decode()
    answer = client.post(reverse(DELETE, args=[kept.pk]), {"post": "yes"}, follow=True)
    assert "SHOP_TOKEN is in use by tool lookup_" in answer.content.decode()
    many = {"action": "delete_selected", "_selected_action": [kept.pk], "post": "yes"}
    assert "in use by" in client.post(reverse(LIST), many, follow=True).content.decode()
    assert credentials.names(shop.pk) == {"SHOP_TOKEN"}
    used.clear()
    client.post(reverse(DELETE, args=[kept.pk]), {"post": "yes"})
    assert credentials.names(shop.pk) == frozenset()


def test_the_audit_is_read_and_nothing_else(shop: Organization, as_role: AsRole) -> None:
    client = as_role("admin")
    listing = reverse("admin:organizations_auditentry_changelist")
    text = client.get(listing).content.decode()
    assert "credential.created" in text
    narrowed = client.get(listing, {"kind": "api_key"}).content.decode()
    assert "api_key.created" in narrowed
    assert "credential.created" not in narrowed
    entry = AuditEntry.objects.of(shop).get(action="credential.created")
    page = client.get(reverse("admin:organizations_auditentry_change", args=[entry.pk]))
    assert entry.hash in page.content.decode()
    assert 'name="_save"' not in page.content.decode()
    assert "delete_selected" not in text


def test_who_changes_members_and_keys_is_recorded(shop: Organization, as_role: AsRole) -> None:
    client = as_role("owner")
    member = reverse("admin:organizations_membership_add")
    assert client.post(member, {"email": "n@example.com", "name": "N", "role": "viewer"})
    key = reverse("admin:organizations_apikey_change", args=[ApiKey.objects.of(shop).get().pk])
    client.post(key, {"organizations_apikey_revoke": "1"})
    made = AuditEntry.objects.of(shop).filter(actor_kind="user")
    assert [(each.action, each.object_name.split(" ")[0]) for each in made] == [
        ("api_key.revoked", "A"),
        ("member.added", "n@example.com"),
    ]


ORGANIZATION = "admin:organizations_organization_change"


def rules(shop: Organization, **changed: str) -> dict[str, str]:
    return {
        "name": shop.name, "slug": shop.slug, "default_assistant": "", "tool_review": "own",
        "limit_runs": "", "limit_seconds": "", "outbound_allow": "", "outbound_deny": "", **changed,
    }  # fmt: skip


def test_rules_for_tools_are_entered_as_lines_and_numbers(
    shop: Organization, as_role: AsRole
) -> None:
    client, page = as_role("admin"), reverse(ORGANIZATION, args=[shop.pk])
    entered = rules(
        shop,
        tool_review="second",
        limit_runs="600",
        limit_seconds="60",
        outbound_allow="API.example.com\r\n *.example.org \r\n\r\napi.example.com",
        outbound_deny="files.example.org:8443",
    )
    assert client.post(page, entered).status_code == 302
    shop.refresh_from_db()
    assert shop.tool_review == "second"
    assert shop.tool_rate_limit == {"runs": 600, "seconds": 60}
    assert shop.outbound_allow == ["api.example.com", "*.example.org"]
    assert shop.outbound_deny == ["files.example.org:8443"]
    text = client.get(page).content.decode()
    assert re.search(r"api\.example\.com\n\*\.example\.org</textarea>", text)
    entry = AuditEntry.objects.of(shop).filter(action="organization.changed").get()
    assert entry.data["changes"]["tool_review"] == {"before": "own", "after": "second"}
    assert client.post(page, rules(shop)).status_code == 302
    shop.refresh_from_db()
    assert shop.tool_rate_limit is None
    assert shop.outbound_allow == []


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"outbound_allow": "https://api.example.com"}, "is no host"),
        ({"outbound_deny": "*.*"}, "is no host"),
        ({"outbound_deny": "api.example.com:99999"}, "is no host"),
        ({"limit_runs": "5"}, "Give both numbers"),
        ({"limit_seconds": "5"}, "Give both numbers"),
        ({"limit_runs": "0", "limit_seconds": "5"}, "greater than or equal to 1"),
        ({"limit_runs": "5", "limit_seconds": "86401"}, "less than or equal to 86400"),
        ({"tool_review": "never"}, "not one of the available choices"),
    ],
)
def test_rules_that_cannot_be_read_are_refused_at_their_field(
    shop: Organization, as_role: AsRole, changed: dict[str, str], words: str
) -> None:
    answer = as_role("admin").post(reverse(ORGANIZATION, args=[shop.pk]), rules(shop, **changed))
    assert answer.status_code == 200
    assert words in answer.content.decode()
    shop.refresh_from_db()
    assert (shop.outbound_allow, shop.outbound_deny, shop.tool_rate_limit) == ([], [], None)


def test_who_may_only_read_sees_the_rules(shop: Organization, as_role: AsRole) -> None:
    shop.outbound_deny = ["files.example.org"]
    shop.save()
    text = as_role("operator").get(reverse(ORGANIZATION, args=[shop.pk])).content.decode()
    assert "files.example.org" in text
    assert "<textarea" not in text


async def everything(parts: AsyncIterator[bytes]) -> bytes:
    return b"".join([part async for part in parts])


def test_the_whole_audit_is_downloaded_from_its_list(shop: Organization, as_role: AsRole) -> None:
    client = as_role("admin")
    client.post(reverse(ADD), given())
    listed = client.get(reverse("admin:organizations_auditentry_changelist")).content.decode()
    button = re.search(
        r'href="([^"]+)"[^>]*>\s*(?:<[^>]+>[^<]*</[^>]+>\s*)*Download all entries', listed
    )
    assert button
    answer = client.get(button[1], follow=True)
    assert answer["Content-Disposition"].startswith("attachment")
    lines = async_to_sync(everything)(answer.streaming_content).splitlines()
    assert len(lines) == AuditEntry.objects.of(shop).count() == int(answer["X-Audit-Entries"])
