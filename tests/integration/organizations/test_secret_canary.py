"""A credential's value is nowhere but in its encrypted column: looked for everywhere."""

from __future__ import annotations

import base64
import json
import logging
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core import serializers
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.views.debug import ExceptionReporter

from tests.factories.organizations import make_key, make_member, make_organization
from voiceassist.foundation import crypto
from voiceassist.foundation.errors import InvalidInput
from voiceassist.organizations.models import Credential, Organization, User
from voiceassist.organizations.services import audit, credentials
from voiceassist.organizations.services.credentials import CredentialInUse, Dependent

pytestmark = pytest.mark.django_db

CANARY = "canary-7f3a-value"
FORMS = (CANARY, base64.b64encode(CANARY.encode()).decode().rstrip("="))
API = "/api/organization/credentials"
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def clean(text: str) -> bool:
    """Return whether the value is in no form in a text."""
    return not any(form in text for form in FORMS)


@pytest.fixture
def shop() -> Organization:
    return make_organization()


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """Everything any logger says, at every level."""
    said: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(f"{self.format(record)} {vars(record)!r}")

    root, listener = logging.getLogger(), Listener(0)
    before = root.level
    root.addHandler(listener)
    root.setLevel(0)
    # The lines of the database's own driver hold each query with its values, encrypted ones too.
    yield said
    root.removeHandler(listener)
    root.setLevel(before)


@pytest.fixture
def pages(shop: Organization) -> Callable[..., str]:
    """Return a function that asks for a page or route and returns what came, headers too."""
    client = Client()
    client.force_login(make_member(shop, "owner"), backend=BACKEND)
    token = make_key(shop, "owner")[1]

    def ask(method: str, path: str, body: Any = None, **form: str) -> str:
        headers = {"Authorization": f"Bearer {token}"} if path.startswith("/api") else {}
        if form:
            answer = client.post(path, form, headers=headers)
        else:
            data = "" if body is None else json.dumps(body)
            answer = client.generic(method, path, data, "application/json", headers=headers)
        return f"{answer.headers}{answer.content.decode()}"

    return ask


def test_no_table_log_page_or_answer_holds_it(
    shop: Organization, pages: Callable[..., str], lines: list[str]
) -> None:
    add, listing = (
        reverse(f"admin:organizations_credential_{page}") for page in ("add", "changelist")
    )
    with CaptureQueriesContext(connection) as queries:
        seen = [
            pages("POST", API, {"name": "BY_API", "value": CANARY}),
            pages("POST", API, {"name": "BY API", "value": CANARY}),
            pages("POST", API, {"name": "BY_API", "value": CANARY}),
            pages("POST", API, {"name": "LONG", "value": CANARY * 9_999}),
            pages("POST", API, {"name": "A", "value": [CANARY]}),
            pages("POST", add, name="BY_ADMIN", value=CANARY, description=""),
            pages("POST", add, name="BY ADMIN", value=CANARY, description=""),
        ]
        rows = Credential.objects.of(shop).order_by("name")
        assert [row.name for row in rows] == ["BY_ADMIN", "BY_API"]
        for row in rows:
            assert credentials.reveal(shop.pk, row.name) == CANARY
            change = reverse("admin:organizations_credential_change", args=[row.pk])
            history = reverse("admin:organizations_credential_history", args=[row.pk])
            seen += [
                pages("PUT", f"{API}/{row.pk}", {"value": CANARY}),
                pages("PATCH", f"{API}/{row.pk}", {"value": CANARY, "name": "X"}),
                pages("POST", change, value=CANARY, description="A" * 999),
                pages("POST", change, value=CANARY, description="Anew"),
                pages("GET", f"{API}/{row.pk}"), pages("GET", change), pages("GET", history),
                repr(row), str(row), repr(vars(row)), serializers.serialize("json", [row]),
            ]  # fmt: skip
        seen += [
            pages("GET", API), pages("GET", listing), pages("GET", "/api/organization/audit"),
            pages("GET", reverse("admin:organizations_auditentry_changelist")),
            pages("GET", "/admin/"), pages("DELETE", f"{API}/{rows[0].pk}"),
        ]  # fmt: skip
    assert all(clean(each) for each in seen)
    assert all(clean(query["sql"]) for query in queries)
    assert clean("\n".join(lines))
    tables = connection.introspection.table_names()
    assert "organizations_credential" in tables
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f'SELECT * FROM "{table}"')
            assert clean(repr(cursor.fetchall())), table


def test_no_error_holds_it(shop: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    made = credentials.create(shop, "TOKEN", CANARY)
    used = [Dependent("tool", 1, "lookup_order")]
    monkeypatch.setattr(credentials, "_finders", [lambda *_: used])
    errors = []
    for work in (
        lambda: credentials.create(shop, "TOKEN", CANARY),
        lambda: credentials.change(made, value=CANARY * 9_999),
        lambda: credentials.delete(made),
    ):
        with pytest.raises((InvalidInput, CredentialInUse)) as failed:
            work()
        errors.append(f"{failed.value!r} {failed.value} {failed.value.public_message}")
    assert all(clean(each) for each in errors)


def crash(*_: Any, **__: Any) -> Any:
    raise RuntimeError("the database went away")


def create(shop: Organization) -> None:
    credentials.create(shop, "NEW", CANARY)


def change(shop: Organization) -> None:
    credentials.change(Credential.objects.of(shop).get(), value=CANARY)


def reveal(shop: Organization) -> None:
    credentials.reveal(shop.pk, "TOKEN")


def post_to_the_api(shop: Organization) -> None:
    body = json.dumps({"name": "NEW", "value": CANARY})
    client = Client()
    client.force_login(User.objects.get(), backend=BACKEND)
    client.post(API, body, "application/json")


def post_to_the_admin(shop: Organization) -> None:
    client = Client()
    client.force_login(User.objects.get(), backend=BACKEND)
    client.post(
        reverse("admin:organizations_credential_add"),
        {"name": "NEW", "value": CANARY, "description": ""},
    )


@pytest.mark.parametrize(
    ("place", "name", "work"),
    [
        (Credential, "save", create),
        (crypto, "_box", create),
        (Fernet, "_encrypt_from_parts", create),
        (audit, "record", create),
        (Credential, "save", change),
        (credentials, "_fault_of_value", change),
        (credentials, "enqueue", reveal),
        (Credential, "save", post_to_the_api),
        (audit, "record", post_to_the_api),
        (audit, "record", post_to_the_admin),
        (credentials, "_fault_of_value", post_to_the_admin),
    ],
)
def test_no_report_of_a_crash_holds_it(
    shop: Organization,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    place: Any,
    name: str,
    work: Callable[[Organization], None],
) -> None:
    make_member(shop, "owner")
    credentials.create(shop, "TOKEN", CANARY)
    credentials._noted.clear()
    monkeypatch.setattr(place, name, crash)
    with pytest.raises(RuntimeError, match="went away") as crashed:
        work(shop)
    reporter = ExceptionReporter(RequestFactory().get("/"), crashed.type, crashed.value, crashed.tb)
    frames = reporter.get_traceback_frames()
    # What the tests themselves hold does not count.
    ours = [each for each in frames if not re.search("/(tests|django/test)/", each["filename"])]
    assert any("/voiceassist/" in each["filename"] for each in ours)
    for frame in ours:
        assert clean(repr(frame["vars"])), (frame["filename"], frame["function"])
    assert clean(reporter.get_traceback_text())
