"""The admin of tools: a form that makes versions, errors at their fields, runs to read."""

import datetime
import json

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories.assistants import make_assistant
from tests.factories.organizations import make_member, make_organization
from tests.factories.tools import PARAMETERS, assign, endpoint_configuration, make_tool
from tools_library.models import AssistantTool, Tool, ToolExecution
from tools_library.services import counting

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
FORM = {
    "name": "find_book",
    "display_name": "Find a book",
    "description": "Finds a book.",
    "side_effect": "read",
    "is_active": "on",
    "method": "GET",
    "url": "https://api.example.com/books/${title}",
    "headers": "X-Shop: 1\nX-By: ${phone_number}",
    "query": '{"lang": "en"}',
    "body": "",
    "success_field": "",
    "message_field": "result.text",
    "data_field": "",
    "parameters": json.dumps({"type": "object", "properties": {"title": {"type": "string"}}}),
    "timeout_seconds": "",
    "retry_attempts": "",
}


@pytest.fixture
def shop():
    return make_organization("Harbour Books")


@pytest.fixture
def builder(shop):
    client = Client()
    client.force_login(make_member(shop, "builder"), backend=BACKEND)
    return client


def page(what, *args, model="tool"):
    return reverse(f"admin:tools_library_{model}_{what}", args=args)


def errors_of(answer):
    assert answer.status_code == 200
    return answer.context["adminform"].form.errors


def test_a_tool_is_made_from_plain_fields(builder, shop):
    answer = builder.post(page("add"), {**FORM, "allowed_contexts": ["call"]})
    assert answer.status_code == 302, errors_of(answer)
    tool = Tool.objects.of(shop).get()
    assert (tool.version, tool.tool_type, tool.allowed_contexts) == ("1.0.0", "endpoint", ["call"])
    assert tool.configuration == {
        "type": "endpoint",
        "method": "GET",
        "url": "https://api.example.com/books/${title}",
        "headers": {"X-Shop": "1", "X-By": "${phone_number}"},
        "query": {"lang": "en"},
        "response_handling": {"message_field": "result.text"},
    }
    assert tool.user is not None and tool.versions.get().created_by == tool.user


def test_an_edit_makes_a_version_and_keeps_what_has_no_field(builder, shop):
    tool = make_tool(
        shop,
        configuration=endpoint_configuration(execution_timeout=4, headers={"X-Shop": "1"}),
        require_confirmation=True,
    )
    shown = builder.get(page("change", tool.pk)).content.decode()
    assert "X-Shop: 1" in shown and "order_id" in shown and "1.0.0" in shown
    form = {**FORM, "asks": "confirm", "further": '{"execution_timeout": 4}'}
    answer = builder.post(page("change", tool.pk), form)
    assert answer.status_code == 302, errors_of(answer)
    tool.refresh_from_db()
    assert (tool.name, tool.version, tool.require_confirmation) == ("find_book", "1.0.1", True)
    assert tool.configuration["execution_timeout"] == 4
    answer = builder.post(page("change", tool.pk), {**form, "display_name": "Only a label"})
    assert answer.status_code == 302
    tool.refresh_from_db()
    assert (tool.display_name, tool.version) == ("Only a label", "1.0.1")


def test_what_is_shown_can_be_saved_again(builder, shop):
    tool = make_tool(
        shop,
        configuration=endpoint_configuration(
            headers={"X-A": "1"}, query={"q": "${order_id}"}, request_body_template="${parameters}"
        ),
    )
    shown = initial_of(builder.get(page("change", tool.pk)))
    answer = builder.post(page("change", tool.pk), {**shown, "display_name": "Renamed"})
    assert answer.status_code == 302, errors_of(answer)
    before = tool.configuration
    tool.refresh_from_db()
    assert tool.display_name == "Renamed"
    assert (tool.configuration, tool.version) == (before, "1.0.0")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"url": "https://10.0.0.1/"}, "url"),
        ({"url": "https://api.example.com/${nobody}"}, "url"),
        ({"headers": "no colon"}, "headers"),
        ({"headers": "Host: x"}, "headers"),
        ({"query": "{broken"}, "query"),
        ({"method": "POST", "body": '{"a": "${nobody}"}'}, "body"),
        ({"parameters": '{"type": "string"}'}, "parameters"),
        ({"message_field": "a b"}, "message_field"),
        ({"name": "two words"}, "name"),
        ({"name": "endCall"}, "name"),
        ({"timeout_seconds": "901"}, "timeout_seconds"),
    ],
)
def test_what_cannot_be_saved_is_told_at_its_field(builder, shop, change, field):
    answer = builder.post(page("add"), {**FORM, **change})
    assert set(errors_of(answer)) == {field}
    assert not Tool.objects.of(shop).exists()


def test_deleting_archives(builder, shop):
    tool = make_tool(shop)
    ToolExecution.unscoped.create(
        organization=shop, tool=tool, tool_name=tool.name, trigger_context="test"
    )
    assert builder.post(page("delete", tool.pk), {"post": "yes"}).status_code == 302
    tool.refresh_from_db()
    assert tool.archived_at is not None
    assert ToolExecution.objects.of(shop).get().tool_id == tool.pk
    assert "lookup_order" not in builder.get(page("changelist")).content.decode()


def test_tools_are_given_on_the_assistants_page(builder, shop):
    assistant = make_assistant(shop)
    tool, foreign = make_tool(shop), make_tool(make_organization())
    change = reverse("admin:assistants_assistant_change", args=[assistant.pk])
    form = builder.get(change)
    shown = form.content.decode()
    assert f'<option value="{tool.pk}">' in shown and f'<option value="{foreign.pk}">' not in shown
    data = {
        name: value
        for name, value in initial_of(form).items()
        if not name.startswith("assistant_tools-")
    }
    data |= {
        "assistant_tools-TOTAL_FORMS": "1",
        "assistant_tools-INITIAL_FORMS": "0",
        "assistant_tools-0-tool": str(tool.pk),
        "assistant_tools-0-enabled": "on",
        "assistant_tools-0-execution_order": "2",
        "assistant_tools-0-custom_configuration": '{"timeout": 5}',
        "assistant_tools-0-assistant": str(assistant.pk),
    }
    answer = builder.post(change, data)
    assert answer.status_code == 302, faults_of(answer)
    row = AssistantTool.objects.of(shop).get()
    assert (row.tool, row.execution_order) == (tool, 2)
    assert row.custom_configuration == {"timeout": 5}
    data["assistant_tools-0-custom_configuration"] = '{"url": "ftp://x"}'
    data |= {"assistant_tools-INITIAL_FORMS": "1", "assistant_tools-0-id": str(row.pk)}
    assert "https://" in str(faults_of(builder.post(change, data)))


def faults_of(answer):
    """The errors of a form and of its inlines."""
    inlines = answer.context["inline_admin_formsets"]
    return [errors_of(answer), *[each.formset.errors for each in inlines]]


def initial_of(answer):
    """The values of a rendered change form, as a browser would send them."""
    form = answer.context["adminform"].form
    values = {bound.html_name: bound.value() for bound in form}
    for inline in answer.context["inline_admin_formsets"]:
        for bound in inline.formset.management_form:
            values[bound.html_name] = bound.value()
    return {
        name: value for name, value in values.items() if value is not None and value is not False
    }


def test_a_run_is_shown_whole_and_escaped(builder, shop):
    row = ToolExecution.unscoped.create(
        organization=shop, tool_name="x", trigger_context="call", status="error",
        error_code="timeout", message="<script>alert(1)</script>", duration_ms=1234,
        input_parameters={"a": "<b>"}, output_result={"success": False},
        trace={"request": {"url": "https://api.example.com/"}},
    )  # fmt: skip
    shown = builder.get(page("change", row.pk, model="toolexecution")).content.decode()
    assert "<script>alert(1)" not in shown and "&lt;script&gt;" in shown
    assert "1,234 ms" in shown and "https://api.example.com/" in shown
    assert "1,234 ms" in builder.get(page("changelist", model="toolexecution")).content.decode()


def test_the_list_shows_runs_before_they_are_added_up(builder, shop):
    often, seldom = make_tool(shop, name="often"), make_tool(shop, name="seldom")
    ended = datetime.datetime(2026, 3, 4, 5, 6, tzinfo=datetime.UTC)
    for tool, runs in ((often, 3), (seldom, 1)):
        for _ in range(runs):
            ToolExecution.unscoped.create(
                organization=shop, tool=tool, tool_name=tool.name, trigger_context="call",
                status="success", completed_at=ended, uncounted=True,
            )  # fmt: skip
    for _ in range(2):
        answer = builder.get(page("changelist"), {"o": "-7"})
        shown = [(row.name, row.runs, row.last_run_at) for row in answer.context["cl"].result_list]
        assert shown == [("often", 3, ended), ("seldom", 1, ended)]
        assert "4 Mar 2026, 05:06" in answer.content.decode()
        counting.fold()


def test_operators_read_tools_without_fields(shop):
    client = Client()
    client.force_login(make_member(shop, "operator"), backend=BACKEND)
    tool = make_tool(shop)
    shown = client.get(page("change", tool.pk)).content.decode()
    assert "api.example.com" in shown and "order_id" in shown
    assert client.post(page("change", tool.pk), FORM).status_code == 403


@pytest.mark.parametrize("model", ["tool", "toolexecution", "toolversion"])
def test_lists_ask_the_database_as_often_for_many_rows(builder, shop, model):
    assistant = make_assistant(shop)

    def fill(start, count):
        for number in range(start, start + count):
            tool = make_tool(shop, name=f"tool_{number}", function_definition=PARAMETERS)
            assign(assistant, tool)
            ToolExecution.unscoped.create(
                organization=shop, tool=tool, tool_name=tool.name, trigger_context="call",
                assistant=assistant,
            )  # fmt: skip

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert builder.get(page("changelist", model=model)).status_code == 200
        return len(captured)

    fill(0, 10)
    queries()
    few = queries()
    fill(10, 40)
    assert queries() == few
