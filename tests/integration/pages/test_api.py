"""REST of calls as programs use it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from calls.api import views
from calls.models import Call
from calls.services import control
from tests.factories.pages import (
    make_assistant,
    make_call,
    make_ended_call,
    make_organization,
    make_user,
    run_tool,
    say,
)
from voiceassist.organizations.models import Organization
from voiceassist.organizations.services import api_keys

pytestmark = pytest.mark.django_db


@pytest.fixture
def north() -> Organization:
    return make_organization("north")


class Api:
    """A program with a key."""

    def __init__(self, organization: Organization, role: str = "operator") -> None:
        self.key = api_keys.create(organization, "test", role)[1]
        self.client = Client(enforce_csrf_checks=True)

    def get(self, path: str, expect: int = 200) -> Any:
        response = self.client.get(path, headers=self.headers)
        assert response.status_code == expect, response.content
        return response.json()

    def post(self, path: str, body: Any, expect: int) -> Any:
        response = self.client.post(
            path, json.dumps(body), content_type="application/json", headers=self.headers
        )
        assert response.status_code == expect, response.content
        if expect >= 400:
            assert response["Content-Type"] == "application/problem+json"
        return response.json()

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}


@pytest.fixture
def api(north: Organization) -> Api:
    return Api(north)


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    asked: list[tuple[Any, ...]] = []

    def ring(organization: Organization, *arguments: Any) -> Call:
        asked.append(arguments)
        return make_call(organization, status="queued", call_sid=f"CA{len(asked):032}")

    monkeypatch.setattr(views, "start_call", ring)
    return asked


@pytest.mark.parametrize(
    "path", ["/api/start-call", "/api/start-call/", "/api/calls", "/api/calls/"]
)
def test_a_call_is_started_on_both_routes(api: Api, rung: list[Any], path: str) -> None:
    body = {"userPhone": "+12025550134", "instruction": "Sing"}
    started = api.post(path, body, 201)
    call = Call.unscoped.get()
    assert started == {"call_id": call.pk, "call_sid": call.call_sid, "status": "queued"}
    assert rung == [("+12025550134", "Sing", None, None)]


def test_an_assistant_is_named_by_id_or_slug(
    api: Api, north: Organization, rung: list[Any]
) -> None:
    assistant = make_assistant(north)
    body = {"userPhone": "+12025550134", "instruction": "Sing"}
    for name in (assistant.pk, str(assistant.pk), assistant.slug):
        api.post("/api/start-call", body | {"assistant_id": name}, 201)
    assert [asked[2] for asked in rung] == [assistant] * 3


def test_what_is_wrong_is_named_by_field(api: Api, north: Organization) -> None:
    make_assistant(north)
    foreign = make_assistant(make_organization("south"), "Foreign Desk")

    def fields(body: dict[str, Any]) -> set[str]:
        problem = api.post("/api/start-call", body, 400)
        assert all(error["message"] for error in problem["errors"])
        return {error["field"] for error in problem["errors"]}

    good = {"userPhone": "+12025550134", "instruction": "Sing"}
    assert fields({}) == {"userPhone", "instruction"}
    assert fields({"userPhone": "", "instruction": ""}) == {"userPhone", "instruction"}
    assert fields(good | {"userPhone": "202 555 01"}) == {"userPhone"}
    assert fields(good | {"instruction": "x" * 4001}) == {"instruction"}
    assert fields(good | {"assistant_id": foreign.pk}) == {"assistant_id"}
    assert fields(good | {"assistant_id": "nobody"}) == {"assistant_id"}
    assert not Call.unscoped.exists()


def test_calls_are_listed_filtered_and_read(api: Api, north: Organization) -> None:
    live = make_call(north, from_number="+12025550111")
    ended = make_ended_call(north, from_number="+12025550122", assistant=make_assistant(north))
    say(ended, 1, "The bicycle is ready")
    make_call(make_organization("south"))

    def found(query: str = "") -> list[int]:
        page = api.get(f"/api/calls{query}")
        assert set(page) == {"next", "previous", "results"}
        return [call["id"] for call in page["results"]]

    assert set(found()) == {live.pk, ended.pk}
    assert found("?live=true") == [live.pk]
    assert (
        found("?live=false") == found("?status=completed") == found("?search=bicycle") == [ended.pk]
    )
    assert found(f"?assistant={ended.assistant_id}") == [ended.pk]
    assert found("/?search=5550111") == [live.pk]
    first = api.get("/api/calls?page_size=1")
    second = api.get(first["next"])
    assert {first["results"][0]["id"], second["results"][0]["id"]} == {live.pk, ended.pk}
    shown = api.get(f"/api/calls/{ended.pk}")
    assert shown["status"] == "completed"
    assert shown["ended_reason"] == "assistant_ended"
    assert {"call_sid", "assistant_version", "usage", "cost", "duration_ms"} <= set(shown)


def test_transcript_and_runs_of_a_call(api: Api, north: Organization) -> None:
    call = make_ended_call(north)
    say(call, 2, "Second", role="caller")
    say(call, 1, "First, cut", heard_text="First", status="interrupted")
    run = run_tool(call)
    whole = api.get(f"/api/calls/{call.pk}/transcript")["results"]
    assert [(item["text"], item["heard_text"]) for item in whole] == [
        ("First, cut", "First"),
        ("Second", ""),
    ]
    rest = api.get(f"/api/calls/{call.pk}/transcript/?after=1")["results"]
    assert [item["text"] for item in rest] == ["Second"]
    wrong = api.get(f"/api/calls/{call.pk}/transcript?after=x", 400)
    assert wrong["errors"][0]["field"] == "after"
    [shown] = api.get(f"/api/calls/{call.pk}/tool-executions")["results"]
    assert shown["execution_id"] == str(run.execution_id)
    assert shown["output_result"] == {"success": True, "message": "It ships tomorrow."}


def test_ending_and_noting(api: Api, north: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    told = []
    monkeypatch.setattr(control, "_tell", lambda call, action, **more: told.append(action))
    call = make_call(north)
    ended = api.post(f"/api/calls/{call.pk}/end", {}, 200)
    assert ended == {"call_id": call.pk, "status": "in-progress"}
    api.post(f"/api/calls/{call.pk}/note", {"text": "Be brief"}, 200)
    problem = api.post(f"/api/calls/{call.pk}/note/", {"text": ""}, 400)
    assert problem["errors"][0]["field"] == "text"
    over = make_ended_call(north)
    assert api.post(f"/api/calls/{over.pk}/end/", {}, 409)["detail"] == "This call is over already."
    assert told == ["end", "note"]


def test_putting_through(api: Api, north: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    told = []
    monkeypatch.setattr(control, "_tell", lambda call, action, **more: told.append(more["number"]))
    call = make_call(north)
    answer = api.post(f"/api/calls/{call.pk}/transfer", {"to": "+1 202 555 0143"}, 200)
    assert answer == {"call_id": call.pk, "status": "in-progress"}
    for body in ({"to": "0143"}, {"to": ""}, {}):
        problem = api.post(f"/api/calls/{call.pk}/transfer/", body, 400)
        assert problem["errors"][0]["field"] == "to"
    over = make_ended_call(north)
    api.post(f"/api/calls/{over.pk}/transfer", {"to": "+12025550143"}, 409)
    assert told == ["+12025550143"]


def test_another_organizations_call_is_404_everywhere_and_stays_untouched(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = []
    monkeypatch.setattr(control, "_tell", lambda call, action, **more: told.append(action))
    foreign = make_call(make_organization("south"))
    for path in ("", "/transcript", "/tool-executions"):
        api.get(f"/api/calls/{foreign.pk}{path}", 404)
    for path in ("/end", "/note", "/transfer"):
        api.post(f"/api/calls/{foreign.pk}{path}", {"text": "hi", "to": "+12025550143"}, 404)
    assert told == []


def test_roles_decide(north: Organization) -> None:
    viewer = Api(north, "viewer")
    call = make_call(north)
    viewer.get("/api/calls")
    one = f"/api/calls/{call.pk}"
    for path in ("/api/start-call", "/api/calls", f"{one}/end", f"{one}/transfer"):
        assert "operator" in viewer.post(path, {}, 403)["detail"]


def test_nobody_without_a_key_or_session_and_no_session_without_its_token(
    north: Organization,
) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.get("/api/calls").status_code == 401
    client.force_login(make_user(north, "operator"))
    assert client.get("/api/calls").status_code == 200
    refused = client.post("/api/start-call", "{}", content_type="application/json")
    assert refused.status_code == 403


@pytest.mark.parametrize("path", ["/api/nowhere", "/api/calls/abc", "/api/organization/tools/x"])
def test_an_address_of_the_api_that_is_not_there_is_a_problem(api: Api, path: str) -> None:
    assert api.post(path, {}, 404)["code"] == "not_found"


def test_an_address_elsewhere_that_is_not_there_is_a_page() -> None:
    assert Client().get("/nowhere")["Content-Type"].startswith("text/html")


def test_a_failure_inside_the_api_is_a_problem(
    api: Api, rung: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("the secret cause")

    monkeypatch.setattr(views, "start_call", fail)
    api.client.raise_request_exception = False
    told = api.post("/api/start-call", {"userPhone": "+12025550134", "instruction": "Sing"}, 500)
    assert told["status"] == 500
    assert "secret" not in json.dumps(told)
