"""REST of credentials and of the audit, as programs use it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories.organizations import make_key, make_organization
from voiceassist.organizations.models import AuditEntry, Credential, Organization
from voiceassist.organizations.services import audit, credentials
from voiceassist.organizations.services.credentials import Dependent

pytestmark = pytest.mark.django_db

CREDENTIALS = "/api/organization/credentials"
AUDIT = "/api/organization/audit"


class Api:
    """A program with a key of a role."""

    def __init__(self, organization: Organization, role: str) -> None:
        self.headers = {"Authorization": f"Bearer {make_key(organization, role)[1]}"}
        self.client = Client()

    def ask(self, method: str, path: str, expect: int, body: Any = None) -> Any:
        data = "" if body is None else json.dumps(body)
        response = self.client.generic(
            method, path, data, content_type="application/json", headers=self.headers
        )
        assert response.status_code == expect, response.content
        if expect >= 400:
            assert response["Content-Type"] == "application/problem+json"
        return response.json() if response.content else None


@pytest.fixture
def shop() -> Organization:
    return make_organization()


@pytest.fixture
def api(shop: Organization) -> Api:
    return Api(shop, "admin")


def fields_of(problem: Any) -> dict[str, str]:
    return {each["field"]: each["message"] for each in problem["errors"]}


@pytest.mark.parametrize("path", [CREDENTIALS, f"{CREDENTIALS}/"])
def test_a_credential_is_made_listed_read_changed_and_deleted(
    api: Api, shop: Organization, path: str
) -> None:
    body = {"name": "SHOP_TOKEN", "value": " canary ", "description": "The shop"}
    made = api.ask("POST", path, 201, body)
    assert set(made) == {
        "id", "name", "description", "created_by", "created_at", "changed_at", "last_used_at",
        "dependents",
    }  # fmt: skip
    assert credentials.reveal(shop.pk, "SHOP_TOKEN") == " canary "
    (listed,) = api.ask("GET", path, 200)["results"]
    assert listed == {name: value for name, value in made.items() if name != "dependents"}
    one = f"{CREDENTIALS}/{made['id']}"
    assert api.ask("GET", one, 200) == made
    assert api.ask("PATCH", one, 200, {"value": "new"})["description"] == "The shop"
    assert credentials.reveal(shop.pk, "SHOP_TOKEN") == "new"
    assert api.ask("PATCH", one, 200, {"description": "Shop"})["description"] == "Shop"
    assert credentials.reveal(shop.pk, "SHOP_TOKEN") == "new"
    put = api.ask("PUT", one, 200, {"name": "SHOP_TOKEN", "value": "put"})
    assert put["description"] == ""
    assert credentials.reveal(shop.pk, "SHOP_TOKEN") == "put"
    assert api.ask("DELETE", one, 204) is None
    api.ask("GET", one, 404)
    assert api.ask("GET", path, 200)["results"] == []


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({"value": "v"}, "name", "required"),
        ({"name": "A"}, "value", "required"),
        ({"name": "A B", "value": "v"}, "name", "letters, digits"),
        ({"name": "", "value": "v"}, "name", "letters, digits"),
        ({"name": "A ", "value": "v"}, "name", "letters, digits"),
        ({"name": "call_sid", "value": "v"}, "name", "name of the platform"),
        ({"name": "TAKEN", "value": "v"}, "name", "already"),
        ({"name": "A", "value": ""}, "value", "Enter the value"),
        ({"name": "A", "value": "x" * 16_385}, "value", "16 KB"),
        ({"name": "A", "value": "a\0b"}, "value", "ull characters"),
        ({"name": "A", "value": "a\ud800b"}, "value", "urrogate"),
        ({"name": "A", "value": None}, "value", "null"),
        ({"name": "A", "value": {"a": 1}}, "value", "valid string"),
        ({"name": "A", "value": "v", "description": "d" * 201}, "description", "200"),
        ({"name": "A", "value": "v", "description": "d\0"}, "description", "ull characters"),
    ],
)
def test_what_cannot_be_stored_is_refused_at_its_field(
    api: Api, shop: Organization, body: Any, field: str, words: str
) -> None:
    credentials.create(shop, "TAKEN", "v")
    problem = api.ask("POST", CREDENTIALS, 400, body)
    assert words in fields_of(problem)[field]
    assert Credential.objects.of(shop).count() == 1


def test_a_name_stays(api: Api, shop: Organization) -> None:
    made = credentials.create(shop, "TOKEN", "v")
    problem = api.ask("PATCH", f"{CREDENTIALS}/{made.pk}", 400, {"name": "OTHER"})
    assert "keeps its name" in fields_of(problem)["name"]
    problem = api.ask("PUT", f"{CREDENTIALS}/{made.pk}", 400, {"description": "x"})
    assert "required" in fields_of(problem)["value"]


@pytest.mark.parametrize("body", ["{", "[]", '"x"', "null", "\xff"])
def test_what_is_no_object_is_refused(api: Api, body: str) -> None:
    answer = api.client.post(CREDENTIALS, body, "application/json", headers=api.headers)
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


def test_what_uses_it_is_named_and_keeps_it(
    api: Api, shop: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = [Dependent("tool", 7, "lookup_order")]
    monkeypatch.setattr(credentials, "_finders", [lambda *_: used])
    made = credentials.create(shop, "TOKEN", "v")
    one = f"{CREDENTIALS}/{made.pk}"
    assert api.ask("GET", one, 200)["dependents"] == [
        {"kind": "tool", "id": 7, "name": "lookup_order"}
    ]
    problem = api.ask("DELETE", one, 409)
    assert problem["code"] == "in_use"
    assert "tool lookup_order" in problem["detail"]


def test_another_organizations_credential_is_not_there(api: Api) -> None:
    other = make_organization()
    theirs = credentials.create(other, "TOKEN", "v")
    for method, body in (("GET", None), ("PATCH", {"value": "x"}), ("DELETE", None)):
        api.ask(method, f"{CREDENTIALS}/{theirs.pk}", 404, body)
    assert api.ask("GET", CREDENTIALS, 200)["results"] == []
    assert credentials.reveal(other.pk, "TOKEN") == "v"


def test_builders_read_names_and_admins_write(shop: Organization) -> None:
    made = credentials.create(shop, "TOKEN", "v")
    one, body = f"{CREDENTIALS}/{made.pk}", {"name": "A", "value": "v"}
    builder, operator = Api(shop, "builder"), Api(shop, "operator")
    assert builder.ask("GET", CREDENTIALS, 200)["results"][0]["name"] == "TOKEN"
    builder.ask("GET", one, 200)
    operator.ask("GET", CREDENTIALS, 403)
    operator.ask("GET", one, 403)
    builder.ask("POST", CREDENTIALS, 403, body)
    for method in ("PUT", "PATCH", "DELETE"):
        builder.ask(method, one, 403, {"value": "x"})
    assert credentials.reveal(shop.pk, "TOKEN") == "v"


def test_the_list_is_searched_and_paged(api: Api, shop: Organization) -> None:
    for name in ("C", "A", "B"):
        credentials.create(shop, name, "v", f"About {name}")
    page = api.ask("GET", f"{CREDENTIALS}?page_size=2", 200)
    assert [each["name"] for each in page["results"]] == ["A", "B"]
    rest = api.ask("GET", page["next"].removeprefix("http://testserver"), 200)
    assert [each["name"] for each in rest["results"]] == ["C"]
    found = api.ask("GET", f"{CREDENTIALS}?search=about%20b", 200)["results"]
    assert [each["name"] for each in found] == ["B"]


def test_the_audit_is_read_newest_first_and_narrowed(api: Api, shop: Organization) -> None:
    before = timezone.now()
    made = api.ask("POST", CREDENTIALS, 201, {"name": "TOKEN", "value": "v"})
    audit.record(shop.pk, "thing.made", by=None, kind="thing", object_id=9)

    def found(query: str) -> list[str]:
        return [each["action"] for each in api.ask("GET", f"{AUDIT}?{query}", 200)["results"]]

    assert found("") == [
        "thing.made", "credential.created", "api_key.created", "organization.created",
    ]  # fmt: skip
    assert found("action=credential.created") == ["credential.created"]
    assert found("actor_kind=api_key") == ["credential.created"]
    assert found(f"object_kind=credential&object_id={made['id']}") == ["credential.created"]
    moment = before.isoformat().replace("+00:00", "Z")
    assert found(f"after={moment}") == ["thing.made", "credential.created"]
    assert found(f"before={moment}") == ["api_key.created", "organization.created"]
    page = api.ask("GET", f"{AUDIT}?page_size=3", 200)
    assert len(page["results"]) == 3
    entry = api.ask("GET", page["next"].removeprefix("http://testserver"), 200)["results"][0]
    assert entry["sequence"] == 1
    assert page["results"][-1]["previous_hash"] == entry["hash"]


@pytest.mark.parametrize(
    "query", ["actor_kind=caller", "actor_id=x", "actor_id=0", "after=yesterday", "object_id=%00"]
)
def test_a_filter_that_cannot_be_read_is_refused(api: Api, query: str) -> None:
    assert api.ask("GET", f"{AUDIT}?{query}", 400)["errors"]


def test_the_audit_is_for_admins_and_only_read(api: Api, shop: Organization) -> None:
    Api(shop, "builder").ask("GET", AUDIT, 403)
    api.ask("POST", AUDIT, 405, {})
    stranger = Api(make_organization(), "admin")
    ids = {each["id"] for each in stranger.ask("GET", AUDIT, 200)["results"]}
    assert not ids & set(AuditEntry.objects.of(shop).values_list("pk", flat=True))


def fill(shop: Organization, count: int) -> None:
    start, now = Credential.unscoped.count(), timezone.now()
    Credential.unscoped.bulk_create(
        Credential(organization=shop, name=f"N{start + index}", encrypted_value="", changed_at=now)
        for index in range(count)
    )
    AuditEntry.unscoped.bulk_create(
        AuditEntry(
            organization=shop, sequence=10_000 + start + index, at=now, actor_kind="system",
            action="thing.made", object_kind="thing",
        )
        for index in range(count)
    )  # fmt: skip


@pytest.mark.parametrize("path", [CREDENTIALS, AUDIT])
def test_a_list_costs_the_same_at_10_and_at_1000_rows(
    api: Api, shop: Organization, path: str
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as made:
            api.ask("GET", f"{path}?page_size=200", 200)
        return len(made)

    queries()  # the key's use is noted once a minute
    fill(shop, 10)
    few = queries()
    fill(shop, 990)
    assert queries() == few
