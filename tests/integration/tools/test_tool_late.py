"""Tools that are accepted now and end later: by their own answer, by a signed call, or never."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.factories.organizations import make_credential
from tests.factories.tools import endpoint_configuration, make_tool, origin
from tools_library.models import SentSecrets, ToolExecution
from tools_library.services import (
    callbacks,
    execution,
    late,
    pruning,
    queues,
    reporting,
    sweeping,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.embedded]


@pytest.fixture(autouse=True)
def handed_over(monkeypatch):
    """Jobs are counted, not run."""
    jobs = []
    monkeypatch.setattr(queues, "enqueue", lambda *args, queue=None: jobs.append(queue))
    return jobs


@pytest.fixture(autouse=True)
def replies(monkeypatch):
    """Messages to waiting processes."""
    sent = []
    monkeypatch.setattr(reporting, "reply", lambda channel, message: sent.append(message))
    return sent


@pytest.fixture(autouse=True)
def heard(monkeypatch):
    """Late outcomes, as those who registered hear them."""
    rows = []
    monkeypatch.setattr(late, "_listeners", [])
    late.register_late_listener(lambda row: rows.append((row.status, row.message)))
    return rows


def tool_of(organization, url, **more):
    template = {"order": "${order_id}", "answer_to": "${callback_url}"}
    configuration = endpoint_configuration(url, request_body_template=template)
    values = {"side_effect": "write", "configuration": configuration, **more}
    return make_tool(organization, behaviour={"execution_mode": "async"}, **values)


def ask(tool, organization, **more):
    source = {"trigger": "call", "source_kind": "call", "source_id": "1", "reply_to": "here"}
    return execution.request(
        tool, {"order_id": "7"}, origin(organization, **source, **more), tool_call_id="c1"
    )


def address(tool_server):
    url = json.loads(tool_server.received[-1]["body"])["answer_to"]
    return url[url.index("/api/") :]


def post(path, body):
    raw = body if isinstance(body, (str, bytes)) else json.dumps(body)
    return Client().post(path, raw, content_type="application/json")


def stored(row):
    return ToolExecution.unscoped.get(pk=row.pk)


def test_it_is_accepted_at_once_and_ends_by_its_callback_once(
    organization, tool_server, replies, heard, handed_over
):
    row = ask(tool_of(organization, tool_server.url), organization)
    assert (row.status, handed_over) == ("queued", ["default"])
    (told,) = replies
    assert told["status"] == "success" and told["output"]["data"] == {"accepted": True}
    assert "do not say that it is done" in told["output"]["message"]
    assert (row.deadline_at - timezone.now()).total_seconds() > 200  # nobody holds the line

    execution.perform(str(row.execution_id))
    assert stored(row).status == "running" and not heard
    signature = callbacks.signature(row.execution_id)
    assert signature not in json.dumps([stored(row).trace, stored(row).context])

    path = address(tool_server)
    done = {"success": True, "message": "Your order has left.", "data": {"days": 2}}
    assert (post(path, done).status_code, post(path, done).status_code) == (200, 409)
    ended = stored(row)
    assert (ended.status, ended.output_result) == ("success", done)
    assert heard == [("success", "Your order has left.")] and len(replies) == 1


def test_a_report_that_echoes_a_credential_is_masked_and_what_was_sent_is_kept(
    organization, tool_server, heard
):
    make_credential(organization, "SHOP_TOKEN", "a-long-canary")
    configuration = endpoint_configuration(
        tool_server.url,
        request_body_template={"answer_to": "${callback_url}"},
        authentication={"type": "bearer", "token_field": "SHOP_TOKEN"},
    )
    row = ask(tool_of(organization, "", configuration=configuration), organization)
    execution.perform(str(row.execution_id))
    body = {"success": True, "message": "Bearer a-long-canary", "data": {"u": address(tool_server)}}
    assert post(address(tool_server), body).status_code == 200
    ended = stored(row)
    assert ended.message == "Bearer •••" and heard == [("success", "Bearer •••")]
    assert callbacks.signature(row.execution_id) not in json.dumps(ended.output_result)
    assert ended.trace["request"]["method"] == "POST" and ended.trace["response"]["status"] == 200


@pytest.mark.parametrize(
    "way",
    [
        {"type": "hmac", "secret_field": "SHOP_TOKEN"},
        {"type": "basic", "username_field": "SHOP_TOKEN", "password_field": "SHOP_TOKEN"},
        {"type": "oauth2", "client_id_field": "SHOP_TOKEN", "client_secret_field": "SHOP_TOKEN"},
    ],
    ids=lambda way: way["type"],
)
def test_a_report_that_echoes_what_was_made_of_a_credential_is_masked(
    organization, tool_server, way
):
    tool_server.answer(200, {"success": True, "message": "ok", "access_token": "bought-canary"})
    make_credential(organization, "SHOP_TOKEN", "a-long-canary")
    more = {"token_url": f"{tool_server.url}/token"} if way["type"] == "oauth2" else {}
    configuration = endpoint_configuration(
        tool_server.url,
        request_body_template={"answer_to": "${callback_url}"},
        authentication={**way, **more},
    )
    row = ask(tool_of(organization, "", configuration=configuration), organization)
    execution.perform(str(row.execution_id))
    headers = {name.lower(): each for name, each in tool_server.received[-1]["headers"].items()}
    sent = headers.get("x-signature") or headers["authorization"].partition(" ")[2]
    assert sent not in repr(list(SentSecrets.unscoped.values()))
    path = address(tool_server)
    assert post(path, {"success": True, "message": f"Got {sent}."}).status_code == 200
    assert stored(row).message == "Got •••."
    pruning.prune()
    assert not SentSecrets.unscoped.exists()


def test_a_service_that_does_not_accept_ends_it(organization, tool_server, heard):
    tool_server.answer(422, {"message": "Unknown order"})
    row = ask(tool_of(organization, tool_server.url), organization)
    execution.perform(str(row.execution_id))
    assert stored(row).error_code == "bad_status"
    assert [status for status, _ in heard] == ["error"]
    assert post(address(tool_server), {"success": True}).status_code == 409


def test_without_an_address_in_its_configuration_its_own_answer_is_the_end(
    organization, tool_server, heard
):
    tool = tool_of(
        organization, tool_server.url, configuration=endpoint_configuration(tool_server.url)
    )
    row = ask(tool, organization)
    execution.perform(str(row.execution_id))
    assert stored(row).status == "success" and heard == [("success", "done")]


def test_what_is_never_reported_ends_at_its_deadline_with_an_honest_sentence(
    organization, tool_server, heard
):
    row = ask(tool_of(organization, tool_server.url), organization)
    execution.perform(str(row.execution_id))
    past = timezone.now() - timedelta(seconds=10)
    ToolExecution.unscoped.filter(pk=row.pk).update(deadline_at=past, lease_until=past)
    swept = sweeping.sweep()
    assert (swept.ended, swept.taken) == (1, 0)
    assert stored(row).status == "timeout" and "Nobody knows" in stored(row).message
    assert len(heard) == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("{", 400), ("[]", 400), ({}, 400), ({"success": "yes"}, 400), ("NaN", 400),
        ({"success": True, "message": 5}, 400), ('{"success": true, "data": ' + "[" * 50 + "]" * 50
         + "}", 400), ("[" * 60_000, 400), (b'{"success": true, "data": "' + b"x" * 70_000, 413),
    ],
)  # fmt: skip
def test_a_report_that_is_none_changes_nothing(organization, tool_server, body, status):
    row = ask(tool_of(organization, tool_server.url), organization)
    execution.perform(str(row.execution_id))
    assert post(address(tool_server), body).status_code == status
    assert stored(row).status == "running"


def test_what_cannot_be_stored_is_cleaned(organization, tool_server):
    row = ask(tool_of(organization, tool_server.url), organization)
    execution.perform(str(row.execution_id))
    body = '{"success": true, "message": "a\\u0000b\\ud800", "data": {"n": NaN, "t": "\\u0000"}}'
    assert post(address(tool_server), body).status_code == 200
    assert stored(row).output_result == {
        "success": True, "message": "ab\ufffd", "data": {"n": None, "t": ""},
    }  # fmt: skip


def test_only_the_address_that_was_handed_out_ends_a_run(organization, tool_server):
    row = ask(tool_of(organization, tool_server.url), organization)
    other = make_tool(organization, name="other")
    sync = execution.request(other, {"order_id": "7"}, origin(organization))
    good = f"/api/tools/callback/{row.execution_id}/{callbacks.signature(row.execution_id)}"
    wrong = [
        good[:-1] + ("0" if good[-1] != "0" else "1"),
        f"/api/tools/callback/{row.execution_id}/{callbacks.signature(sync.execution_id)}",
        f"/api/tools/callback/{sync.execution_id}/{callbacks.signature(sync.execution_id)}",
        f"/api/tools/callback/{row.execution_id}/x",
    ]
    assert [post(path, {"success": True}).status_code for path in wrong] == [404] * 4
    assert Client().get(good).status_code == 405
    assert stored(row).status == "queued"


def test_an_equal_call_meanwhile_is_told_that_it_is_under_way(
    organization, tool_server, handed_over
):
    tool = tool_of(organization, tool_server.url)
    ask(tool, organization)
    again = execution.request(
        tool, {"order_id": "7"}, origin(organization, source_kind="call", source_id="1")
    )
    assert (again.status, again.error_code) == ("success", "duplicate")
    assert again.output_result["data"] == {"accepted": True} and len(handed_over) == 1


def test_a_listener_that_breaks_keeps_nobody_from_hearing(organization, tool_server, heard):
    late._listeners.insert(0, lambda row: 1 / 0)
    row = ask(tool_of(organization, tool_server.url), organization)
    assert execution.cancel(row.execution_id)
    assert [status for status, _ in heard] == ["cancelled"]
