"""Trying tools out over REST: saved and unsaved, failing, held to what was reviewed."""

import json

import pytest

from tests.factories.organizations import make_credential, make_member
from tests.factories.tools import assign, endpoint_configuration, make_tool, tool_values
from tests.integration.api_tools.conftest import Api
from tools_library.api.throttling import TrialsThrottle
from tools_library.models import AssistantTool, Tool, ToolExecution, ToolVersion
from tools_library.services.tools import save_tool

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.embedded]
TOOLS = "/api/organization/tools"
ORDER = {"order_id": "1042"}


@pytest.fixture(autouse=True)
def in_process(settings):
    from django.core.cache import cache

    settings.JOBS_RUNNER = "in_process"
    cache.clear()


def at(server, path="/orders", **more):
    return endpoint_configuration(f"{server.url}{path}", **more)


def test_a_saved_tool_runs_for_real(api, organization, tool_server):
    make_credential(organization, "SHOP_TOKEN", "a-secret-token")
    tool = make_tool(
        organization,
        configuration=at(
            tool_server, authentication={"type": "bearer", "token_field": "SHOP_TOKEN"}
        ),
    )
    tool_server.answer(200, {"success": True, "message": "On its way", "data": {"days": 2}})
    tested = api("POST", f"{TOOLS}/{tool.pk}/test", 200, {"parameters": ORDER})
    assert (tested["status"], tested["success"], tested["message"], tested["data"]) == (
        "success", True, "On its way", {"days": 2},
    )  # fmt: skip
    assert (tested["trigger_context"], tested["tool_id"]) == ("test", tool.pk)
    assert tool_server.received[0]["headers"]["authorization"] == "Bearer a-secret-token"
    assert "a-secret-token" not in json.dumps(tested)
    assert tested["trace"]["request"]["url"] == f"{tool_server.url}/orders"
    assert ToolExecution.unscoped.get().tool == tool


def test_a_failing_tool_is_200_too(api, organization, tool_server):
    tool = make_tool(organization, configuration=at(tool_server))
    tool_server.answer(404, {"message": "No such order"})
    tested = api("POST", f"{TOOLS}/{tool.pk}/test/", 200, {"parameters": ORDER})
    assert (tested["status"], tested["success"]) == ("error", False)
    assert tested["error_code"] == "bad_status" and "No such order" in tested["message"]
    wrong = api("POST", f"{TOOLS}/{tool.pk}/test", 200, {"parameters": {}})
    assert wrong["error_code"] == "invalid_arguments" and len(tool_server.received) == 1


def test_a_test_takes_a_configuration_a_context_and_an_assistant(
    api, organization, assistant, tool_server
):
    tool = make_tool(
        organization,
        configuration=at(
            tool_server,
            request_body_template={"who": "${phone_number}", "name": "${assistant_name}"},
        ),
    )
    assign(assistant, tool, custom_configuration={"url": f"{tool_server.url}/of-assistant"})
    body = {
        "parameters": ORDER,
        "assistant_id": assistant.pk,
        "context": {"phone_number": "+12025550123"},
    }
    as_assigned = api("POST", f"{TOOLS}/{tool.pk}/test", 200, body)
    changed = {"headers": {"X-Trial": "1"}, "url": f"{tool_server.url}/trial"}
    api("POST", f"{TOOLS}/{tool.pk}/test", 200, {**body, "configuration": changed})
    first, second = tool_server.received
    assert as_assigned["assistant_id"] == assistant.pk
    assert (first["path"], second["path"]) == ("/of-assistant", "/trial")
    assert second["headers"]["x-trial"] == "1"
    assert json.loads(first["body"]) == {"who": "+12025550123", "name": assistant.name}
    by_slug = {**body, "assistant_id": assistant.slug}
    tested = api("POST", f"{TOOLS}/{tool.pk}/test", 200, by_slug)
    assert tested["assistant_id"] == assistant.pk
    assert tool_server.received[-1]["path"] == "/of-assistant"
    assert AssistantTool.unscoped.get().custom_configuration["url"].endswith("/of-assistant")
    assert ToolVersion.unscoped.count() == 1, "nothing of a test is stored but the run"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"parameters": [1]}, "parameters"),
        ({"parameters": "x"}, "parameters"),
        ({"assistant_id": 999_999}, "assistant_id"),
        ({"assistant_id": "x"}, "assistant_id"),
        ({"assistant_id": 10**40}, "assistant_id"),
        ({"configuration": {"urll": "x"}}, "configuration.urll"),
        ({"configuration": 5}, "configuration"),
        ({"context": [1]}, "context"),
    ],
)
def test_a_bad_test_names_its_field(api, organization, body, field):
    tool = make_tool(organization)
    assert field in api.wrong("POST", f"{TOOLS}/{tool.pk}/test", body)
    assert ToolExecution.unscoped.count() == 0


def test_an_unsaved_tool_runs_and_leaves_only_its_run(api_as, organization, tool_server):
    body = tool_values(configuration=at(tool_server, "/draft"), behaviour={"approval": "staff"})
    tool_server.answer(200, {"success": True, "message": "Works"})
    tested = api_as("admin")("POST", f"{TOOLS}/test", 200, {**body, "parameters": ORDER})
    assert (tested["status"], tested["message"], tested["success"]) == ("success", "Works", True)
    assert (tested["tool_id"], tested["tool_name"], tested["tool_version"]) == (
        None, "lookup_order", "draft",
    )  # fmt: skip
    assert json.loads(tool_server.received[0]["body"]) == ORDER
    assert (Tool.unscoped.count(), ToolVersion.unscoped.count()) == (0, 0)
    assert ToolExecution.unscoped.get().status == "success"


def test_an_edited_tool_is_tried_under_its_own_name(api_as, organization, tool_server):
    make_tool(organization)
    body = {**tool_values(configuration=at(tool_server)), "parameters": ORDER}
    assert api_as("admin")("POST", f"{TOOLS}/test/", 200, body)["success"] is True


def test_an_unsaved_python_tool_runs(api_as):
    code = 'def execute_tool(p, context):\n    return {"success": True, "message": p["order_id"]}\n'
    body = tool_values(
        tool_type="python_function", configuration={"type": "python_function", "code": code}
    )
    tested = api_as("admin")("POST", f"{TOOLS}/test", 200, {**body, "parameters": ORDER})
    assert tested["message"] == "1042", tested
    body["configuration"]["code"] = "def execute_tool(p, c):\n    return (\n"
    wrong = api_as("admin").wrong("POST", f"{TOOLS}/test", {**body, "parameters": ORDER})
    assert "Line" in wrong["configuration.code"]


def test_a_bad_unsaved_tool_names_its_fields(api):
    wrong = api.wrong("POST", f"{TOOLS}/test", tool_values(configuration={"type": "endpoint"}))
    assert "configuration.url" in wrong
    assert ToolExecution.unscoped.count() == 0


def test_a_failing_unsaved_tool_is_200(api_as, tool_server):
    tool_server.answer(200, b"<html>", "text/html")
    body = {**tool_values(configuration=at(tool_server)), "parameters": {"order_id": 5}}
    tested = api_as("admin")("POST", f"{TOOLS}/test", 200, body)
    assert tested["error_code"] == "invalid_arguments" and not tool_server.received


def test_a_builder_tries_only_what_is_approved_and_an_admin_more(
    api, api_as, organization, tool_server
):
    draft = {**tool_values(name="draft", configuration=at(tool_server)), "parameters": ORDER}
    builder = make_member(organization, "builder")
    saved = save_tool(organization, tool_values(configuration=at(tool_server)), by=builder)
    for path, body in ((f"{TOOLS}/test", draft), (f"{TOOLS}/{saved.pk}/test", {})):
        refused = api("POST", path, 409, body)
        assert refused["code"] == "not_reviewed"
        assert f"127.0.0.1:{tool_server.port}" in refused["detail"]
    assert tool_server.received == [] and ToolExecution.unscoped.count() == 0
    assert api_as("admin")("POST", f"{TOOLS}/test", 200, draft)["success"] is True
    one = api_as("admin")("POST", f"{TOOLS}/{saved.pk}/test", 200, {"parameters": ORDER})
    assert one["success"] is True and ToolExecution.unscoped.filter(beyond_review=True).count() == 2
    make_tool(organization, name="approved", configuration=at(tool_server, "/a"))
    assert api("POST", f"{TOOLS}/test", 200, draft)["success"] is True
    assert api("POST", f"{TOOLS}/{saved.pk}/test", 200, {"parameters": ORDER})["success"] is True
    assert len(tool_server.received) == 4


def test_a_test_is_held_to_what_is_approved_while_it_runs(
    api, api_as, organization, tool_server, settings
):
    make_tool(organization, name="approved", configuration=at(tool_server))
    elsewhere = f"localhost:{tool_server.port}"
    settings.OUTBOUND_ALLOW = [*settings.OUTBOUND_ALLOW, elsewhere]
    code = (
        "import requests\n"
        "def execute_tool(p, context):\n"
        f'    return requests.get("http://{elsewhere}/y").json()\n'
    )
    python = {"type": "python_function", "code": code, "allowed_imports": ["requests"]}
    body = tool_values(name="py", tool_type="python_function", configuration=python)
    tested = api("POST", f"{TOOLS}/test", 200, {**body, "parameters": ORDER})
    assert tested["success"] is False and tool_server.received == []
    more = api_as("admin")("POST", f"{TOOLS}/test", 200, {**body, "parameters": ORDER})
    assert more["success"] is True and len(tool_server.received) == 1, more


def test_roles_of_tests(api_as, organization, tool_server):
    tool = make_tool(organization, configuration=at(tool_server))
    path, body = f"{TOOLS}/{tool.pk}/test", {"parameters": ORDER}
    api_as("viewer")("POST", path, 403, body)
    operator = api_as("operator")
    assert operator("POST", path, 200, body)["success"] is True
    told = operator("POST", path, 403, {**body, "configuration": {"headers": {}, "method": "GET"}})
    assert "builder" in told["detail"]
    operator("POST", f"{TOOLS}/test", 403, tool_values())


def test_a_person_is_named_in_their_test(organization, tool_server):
    person = make_member(organization, "builder")
    tool = make_tool(organization, configuration=at(tool_server))
    api = Api(organization, person=person)
    assert (
        api("POST", f"{TOOLS}/{tool.pk}/test", 200, {"parameters": ORDER})["user_id"] == person.pk
    )


def test_another_organizations_tool_or_assistant_is_not_tried(
    api_as, organization, other, assistant
):
    tool = make_tool(organization)
    stranger = api_as("owner", other)
    stranger("POST", f"{TOOLS}/{tool.pk}/test", 404, {"parameters": ORDER})
    body = {**tool_values(), "assistant_id": assistant.pk}
    assert "assistant_id" in stranger.wrong("POST", f"{TOOLS}/test", body)


def test_a_staff_question_is_not_skipped(api, organization, tool_server):
    tool = make_tool(
        organization,
        side_effect="write",
        configuration=at(tool_server),
        behaviour={"approval": "staff"},
    )
    tested = api("POST", f"{TOOLS}/{tool.pk}/test", 200, {"parameters": ORDER})
    assert (tested["status"], tested["success"]) == ("awaiting_approval", False)
    assert tool_server.received == []


def test_too_many_tests_are_held_back(api, api_as, monkeypatch):
    monkeypatch.setattr(TrialsThrottle, "rate", "2/min")
    for _ in range(2):
        api("POST", f"{TOOLS}/test", 400, {})
    response = api.client.post(f"{TOOLS}/test", "{}", "application/json", headers=api.headers)
    assert response.status_code == 429 and int(response["Retry-After"]) > 0
    api_as("builder")("POST", f"{TOOLS}/test", 400, {})  # another key has its own count
