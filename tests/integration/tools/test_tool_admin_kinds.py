"""The admin's form for every kind of tool, its limits and words, and the page that tries tools."""

import json
import re
from html import unescape
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from tests.factories.assistants import make_assistant
from tests.factories.organizations import make_credential, make_member, make_organization
from tests.factories.tools import assign, endpoint_configuration, make_tool
from tests.integration.tools.test_tool_admin import FORM, errors_of, initial_of, page
from tools_library.admin.trying import TryForm
from tools_library.api import throttling
from tools_library.engine.errors import ToolError
from tools_library.executors.aws_lambda.functions import Function
from tools_library.models import Tool, ToolExecution, ToolVersion
from tools_library.services import lambda_functions, trials
from tools_library.services.tools import save_tool

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
CODE = 'def execute_tool(parameters, context):\n    return {"success": True}\n'
WORDS = {
    "name": "a_tool", "display_name": "A tool", "description": "Does it.", "side_effect": "read",
    "is_active": "on", "parameters": FORM["parameters"],
}  # fmt: skip
KINDS = [
    ("python_function", {"code": CODE, "allowed_imports": "json\n\nre", "memory_limit_mb": "64"},
     {"code": CODE, "allowed_imports": ["json", "re"], "memory_limit_mb": 64}),
    ("lambda", {"function_name": "find", "aws_region": "eu-central-1", "aws_source": "keys",
                "payload": '{"t": "${title}"}',
                "access_key_field": "TOKEN", "secret_key_field": "TOKEN"},
     {"function_name": "find", "aws_region": "eu-central-1", "payload_template": {"t": "${title}"},
      "credentials": {"access_key_field": "TOKEN", "secret_key_field": "TOKEN"}}),
    ("database_query", {"dsn_credential": "TOKEN", "sql": "SELECT %(t)s", "row_limit": "5",
                        "sql_parameters": '{"t": "${title}"}'},
     {"dsn_credential": "TOKEN", "query": "SELECT %(t)s", "row_limit": 5,
      "parameters": {"t": "${title}"}}),
    ("mcp", {"url": "https://mcp.example.com/", "mcp_tool": "find", "auth_type": "bearer",
             "auth_token_field": "TOKEN", "auth_username_field": "left over"},
     {"url": "https://mcp.example.com/", "tool": "find",
      "authentication": {"type": "bearer", "token_field": "TOKEN"}}),
    ("frontend", {"everywhere": "on", "requires_user_interaction": "on", "timeout_seconds": "86400",
                  "metadata": '{"category": "shop"}', "url": "left over"},
     {"everywhere": True, "requires_user_interaction": True, "metadata": {"category": "shop"}}),
]  # fmt: skip


@pytest.fixture
def shop():
    organization = make_organization("Harbour Books")
    make_credential(organization, name="TOKEN")
    return organization


def client_of(shop, role):
    client = Client()
    client.force_login(make_member(shop, role), backend=BACKEND)
    return client


@pytest.fixture
def builder(shop):
    return client_of(shop, "builder")


@pytest.mark.parametrize(("kind", "written", "stored"), KINDS)
def test_a_tool_of_each_kind_is_made_and_saved_again_unchanged(
    builder, shop, kind, written, stored
):
    answer = builder.post(page("add"), {**WORDS, "tool_type": kind, **written})
    assert answer.status_code == 302, errors_of(answer)
    tool = Tool.objects.of(shop).get()
    assert (tool.tool_type, tool.configuration) == (kind, {"type": kind, **stored})
    shown = initial_of(builder.get(page("change", tool.pk)))
    again = builder.post(page("change", tool.pk), {**shown, "display_name": "Renamed"})
    assert again.status_code == 302, errors_of(again)
    tool.refresh_from_db()
    assert (tool.display_name, tool.version) == ("Renamed", "1.0.0")


def test_what_the_model_is_told_in_other_words_stays_until_the_description_changes(builder, shop):
    told = {"description": "For the model.", "parameters": json.loads(FORM["parameters"])}
    tool = make_tool(shop, function_definition=told)
    shown = initial_of(builder.get(page("change", tool.pk)))
    for change, text, version in (
        ({"display_name": "Renamed"}, "For the model.", "1.0.0"),
        ({"description": "For both."}, "For both.", "1.0.1"),
    ):
        answer = builder.post(page("change", tool.pk), {**shown, **change})
        assert answer.status_code == 302, errors_of(answer)
        tool.refresh_from_db()
        assert tool.function_definition["function"]["description"] == text
        assert tool.version == version


def test_a_tool_of_the_platform_brings_its_name(builder, shop):
    form = {
        "tool_type": "builtin", "builtin": "send_email", "display_name": "Mail", "is_active": "on",
        "side_effect": "read", "further": '{"allowed_domains": ["example.com"]}',
    }  # fmt: skip
    answer = builder.post(page("add"), form)
    assert answer.status_code == 302, errors_of(answer)
    tool = Tool.objects.of(shop).get()
    assert (tool.name, tool.configuration["allowed_domains"]) == ("send_email", ["example.com"])
    assert tool.side_effect != "read"


def test_behaviour_is_written_in_plain_fields(builder, shop):
    form = {
        **FORM, "asks": "staff", "escalate_after_s": "60", "limit_runs": "3", "limit_seconds": "60",
        "say_start": "One moment.\nes: Un momento.\nes-MX: Ahorita.", "say_delayed": "Still there.",
        "say_delayed_after": "4000", "visible_fields": "order.status", "on_duplicate": "reuse",
        "fixed_parameters": '{"shop": 1}', "execution_mode": "async", "is_template": "on",
    }  # fmt: skip
    answer = builder.post(page("add"), form)
    assert answer.status_code == 302, errors_of(answer)
    tool = Tool.objects.of(shop).get()
    assert tool.behaviour == {
        "approval": "staff", "escalate_after_s": 60, "rate_limit": {"runs": 3, "seconds": 60},
        "messages": {
            "start": {"phrases": {
                "*": ["One moment."], "es": ["Un momento."], "es-MX": ["Ahorita."],
            }},
            "delayed": {"phrases": {"*": ["Still there."]}, "after_ms": 4000},
        },
        "visible_fields": ["order.status"], "on_duplicate": "reuse",
        "fixed_parameters": {"shop": 1}, "execution_mode": "async",
    }  # fmt: skip
    assert (tool.require_confirmation, tool.is_template) == (True, True)
    shown = initial_of(builder.get(page("change", tool.pk)))
    assert builder.post(page("change", tool.pk), shown).status_code == 302
    tool.refresh_from_db()
    assert tool.version == "1.0.0"
    assert builder.post(page("change", tool.pk), {**shown, "asks": "none"}).status_code == 302
    tool.refresh_from_db()
    assert (tool.require_confirmation, "approval" in tool.behaviour) == (False, False)


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"tool_type": "python_function", "code": "def f(:"}, "code", "Line 1, column"),
        ({"tool_type": "mcp", "url": "https://mcp.example.com/"}, "mcp_tool", "needed"),
        ({"tool_type": "database_query", "dsn_credential": "NONE", "sql": "SELECT 1"},
         "dsn_credential", "no credential called"),
        ({"tool_type": "database_query", "dsn_credential": "TOKEN", "sql": "DROP TABLE x"},
         "sql", ""),
        ({"auth_type": "bearer"}, "auth_token_field", "needs this"),
        ({"further": '{"colour": "red"}'}, "further", "colour: This is not known here"),
        ({"further": "[1]"}, "further", "JSON object"),
        ({"limit_runs": "3"}, "limit_seconds", "needed"),
        ({"say_start": "es: " + "x" * 501}, "say_start", "es.0: "),
        ({"fixed_parameters": '{"title": "x"}'}, "fixed_parameters", "shown this argument"),
        ({"visible_fields": "a b"}, "visible_fields", ""),
        ({"tool_type": "frontend", "metadata": "[1]"}, "metadata", "dictionary"),
        ({"tool_type": "frontend", "further": '{"colour": 1}'}, "further", "colour: This is not"),
        ({"tool_type": "frontend", "timeout_seconds": "86401"}, "timeout_seconds", "86400"),
        ({"timeout_seconds": "901"}, "timeout_seconds", "1 to 900"),
    ],
)  # fmt: skip
def test_a_refusal_is_told_at_its_field(builder, shop, change, field, words):
    answer = builder.post(page("add"), {**FORM, "tool_type": "endpoint", **change})
    errors = errors_of(answer)
    assert set(errors) == {field}
    assert words in " ".join(errors[field])
    assert not Tool.objects.of(shop).exists()


def test_the_form_offers_names_of_credentials_and_never_values(builder, shop):
    make_credential(make_organization(), name="THEIRS")
    shown = builder.get(page("add")).content.decode()
    assert '<option value="TOKEN">' in shown
    assert "THEIRS" not in shown


def test_a_page_says_who_uses_a_tool_and_a_version_what_changed(builder, shop):
    tool, assistant = make_tool(shop), make_assistant(shop, name="Front desk")
    assign(assistant, tool, pinned_version="1.0.0")
    save_tool(shop, {"configuration": endpoint_configuration("https://b.example.com/")}, by=None,
              tool=tool)  # fmt: skip
    shown = builder.get(page("change", tool.pk)).content.decode()
    assert "Front desk</a> · keeps version 1.0.0" in shown
    newest = ToolVersion.objects.of(shop).filter(tool=tool).first()
    shown = builder.get(page("change", newest.pk, model="toolversion")).content.decode()
    assert '<ins class="va-ins">+ https://b.example.com/</ins>' in shown
    assert '<del class="va-del">− https://api.example.com/orders</del>' in shown


def try_page(tool):
    return reverse("admin:tools_library_tool_try_it", args=[tool.pk])


@pytest.mark.embedded
@pytest.mark.django_db(transaction=True)
def test_a_tool_is_tried_with_arguments_written_by_hand(shop, tool_server, settings):
    settings.JOBS_RUNNER = "in_process"
    tool_server.answer(200, {"success": True, "message": "On its <b>way</b>", "data": {"day": 3}})
    schema = {
        "type": "object",
        "properties": {
            "order": {"type": "string"}, "count": {"type": "integer"}, "fast": {"type": "boolean"},
            "size": {"enum": ["S", 2]}, "more": {"type": "object", "properties": {"a": {}}},
            "left": {"type": "string"},
        },
    }  # fmt: skip
    tool = make_tool(
        shop, configuration=endpoint_configuration(tool_server.url), function_definition=schema
    )
    written = {"order": "A1", "count": "2", "fast": "true", "size": "2", "more": '{"a": 1}'}
    names = TryForm(Tool.objects.of(shop).get()).arguments
    given = {field: written.get(name, "") for field, name in names.items()}
    answer = client_of(shop, "operator").post(try_page(tool), given, follow=True)
    shown = answer.content.decode()
    assert "On its &lt;b&gt;way" in shown and "Success" in shown and "A1" in shown
    row = ToolExecution.objects.of(shop).get()
    assert (row.trigger_context, row.status) == ("test", "success")
    asked = {"order": "A1", "count": 2, "fast": True, "size": 2, "more": {"a": 1}}
    assert row.input_parameters == asked
    assert json.loads(tool_server.received[0]["body"]) == asked


def test_what_cannot_be_tried_says_why(shop):
    tool, client = make_tool(shop), client_of(shop, "operator")
    answer = client.post(try_page(tool), {"argument_0": "1", "context": "[1]"})
    assert "Write a JSON object" in answer.content.decode()
    assert not ToolExecution.objects.of(shop).exists()
    assert client_of(shop, "viewer").get(try_page(tool)).status_code in (302, 403)
    stranger = client_of(make_organization(), "owner")
    assert stranger.get(try_page(tool)).status_code == 404


def test_a_second_built_in_tool_is_refused_where_it_is_chosen(builder, shop):
    written = {
        "tool_type": "builtin", "builtin": "send_email", "display_name": "Mail",
        "side_effect": "read",
    }  # fmt: skip
    assert builder.post(page("add"), written).status_code == 302
    told = errors_of(builder.post(page("add"), written))
    assert list(told) == ["builtin"]
    assert "send_email" in str(told["builtin"])


def test_whoever_tries_tools_too_often_is_told_when_to_go_on(shop, monkeypatch):
    monkeypatch.setattr(throttling.TrialsThrottle, "rate", "1/min")
    monkeypatch.setattr(trials, "try_tool", lambda tool, trial: ToolExecution(execution_id=uuid4()))
    cache.clear()
    tool, client, other = make_tool(shop), client_of(shop, "operator"), client_of(shop, "builder")
    given = {"argument_0": "1", "context": ""}
    assert client.post(try_page(tool), given).status_code == 302
    refused = client.post(try_page(tool), given)
    assert refused.status_code == 200
    assert "1/min at most. Try again in" in refused.content.decode()
    assert other.post(try_page(tool), given).status_code == 302
    api = f"/api/organization/tools/{tool.pk}/test"
    assert client.post(api, {}, content_type="application/json").status_code == 429
    cache.clear()


def test_further_settings_are_named_for_the_chosen_kind_alone(builder, shop):
    shown = builder.get(page("add")).context["adminform"].form.fields["further"].help_text
    told = dict(re.findall(r'<span x-show="([^"]*)">([^<]*)</span>', unescape(str(shown))))
    assert "daily_cap_usd" in told["tool_type == 'lambda'"]
    assert "daily_cap_usd" not in told["tool_type == 'endpoint'"]
    assert "follow_redirects" in told["tool_type == 'endpoint'"]
    assert "allowed_domains" in told["tool_type == 'builtin' && builtin == 'send_email'"]


def test_a_builder_asks_for_the_functions_that_the_written_keys_see(shop, monkeypatch):
    def listed(region, credentials, secrets, organization_id):
        if region == "eu-west-1":
            raise ToolError("AWS refuses these keys.")
        return (Function(f"in-{region}-{credentials.access_key_field}", "Finds <b>", "", 3, 128),)

    monkeypatch.setattr(lambda_functions, "list_functions", listed)
    cache.clear()
    client, asked = client_of(shop, "admin"), reverse("admin:tools_library_tool_functions")
    written = {"aws_region": "eu-central-1", "aws_source": "keys",
               "access_key_field": "TOKEN", "secret_key_field": "TOKEN"}  # fmt: skip
    answer = client.post(asked, written)
    assert answer.json() == {"functions": [{"name": "in-eu-central-1-TOKEN", "about": "Finds <b>"}]}
    for change, status, words in (
        ({"aws_region": "mars"}, 400, "Region: "),
        ({"secret_key_field": "NOBODYS"}, 400, "Secret access key: "),
        ({"aws_region": "eu-west-1"}, 400, "AWS refuses these keys."),
    ):
        refused = client.post(asked, {**written, **change})
        assert refused.status_code == status
        assert words in refused.json()["problem"]
    assert client.get(asked).status_code == 405
    assert client_of(shop, "operator").post(asked, written).status_code == 403
    assert client_of(shop, "builder").post(asked, written).status_code == 400, "not approved yet"
    form = client.get(page("add")).content.decode()
    assert f'data-functions="{asked}?tool="' in form
