"""Saving, versions, archiving, assigning, and the catalogue an assistant gets."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories.tools import (
    PARAMETERS,
    assign,
    endpoint_configuration,
    make_tool,
    tool_values,
)
from tools_library.models import AssistantTool, Tool, ToolVersion
from tools_library.services import assignments, catalog
from tools_library.services.tools import archive_tool, save_tool
from voiceassist.foundation.errors import InvalidInput
from voiceassist.organizations.models import Organization
from voiceassist.organizations.services import credentials

pytestmark = pytest.mark.django_db


def refused(organization, tool=None, **values):
    """The fields that a save complains about."""
    with pytest.raises(InvalidInput) as caught:
        save_tool(organization, values if tool else tool_values(**values), by=None, tool=tool)
    return caught.value.errors


def config(**more):
    return {"configuration": endpoint_configuration(**more)}


def mcp(**more):
    server = {"type": "mcp", "url": "https://mcp.example.com/mcp", "tool": "find", **more}
    return {"tool_type": "mcp", "configuration": server}


LOGIN = {"type": "oauth2", "client_id_field": "CLIENT", "client_secret_field": "CLIENT"}


def test_a_saved_tool_is_whole(organization):
    tool = make_tool(organization)
    assert (tool.version, tool.display_name, tool.is_active) == ("1.0.0", "Look up an order", True)
    assert tool.function_definition == {
        "type": "function",
        "function": {
            "name": "lookup_order",
            "description": "Says where an order is.",
            "parameters": PARAMETERS,
        },
    }
    assert ToolVersion.objects.of(organization).get().configuration == tool.configuration


def test_what_runs_makes_a_version_and_what_does_not_makes_none(organization):
    tool = make_tool(organization)
    save_tool(organization, {"display_name": "Other", "is_active": False}, by=None, tool=tool)
    assert tool.version == "1.0.0" and tool.versions.count() == 1
    save_tool(organization, {"timeout_seconds": 5}, by=None, tool=tool)
    save_tool(organization, config(url="https://api.example.com/b"), by=None, tool=tool)
    tool.refresh_from_db()
    assert (tool.version, tool.timeout_seconds, tool.display_name) == ("1.0.2", 5, "Other")
    first, _, newest = ToolVersion.objects.of(organization).order_by("id")
    assert first.configuration["url"] == "https://api.example.com/orders"
    assert newest.configuration["url"] == "https://api.example.com/b"
    with pytest.raises(TypeError):
        first.save()


@pytest.mark.parametrize("name", ["", "two words", "é", "x" * 65, "endCall", "a.b", "a\n"])
def test_names_the_model_cannot_call_are_refused(organization, name):
    assert "name" in refused(organization, name=name)


def test_a_new_description_reaches_the_model_unless_it_is_told_other_words(organization):
    tool = make_tool(organization)
    save_tool(organization, {"description": "Finds a parcel."}, by=None, tool=tool)
    assert tool.function_definition["function"]["description"] == "Finds a parcel."
    assert tool.version == "1.0.1"
    own = {"description": "For the model.", "parameters": PARAMETERS}
    save_tool(organization, {"function_definition": own}, by=None, tool=tool)
    save_tool(organization, {"description": "For people."}, by=None, tool=tool)
    assert tool.function_definition["function"]["description"] == "For the model."
    assert (tool.description, tool.version) == ("For people.", "1.0.2")


def test_names_are_unique_until_a_tool_is_archived(organization):
    tool = make_tool(organization)
    assert "lookup_order" in refused(organization)["name"]
    make_tool(Organization.objects.create(name="Other", slug="other"))
    archive_tool(tool)
    assert make_tool(organization).pk != tool.pk
    assert Tool.unscoped.filter(name="lookup_order").count() == 3


@pytest.mark.parametrize(
    ("values", "field"),
    [
        (config(url="api.example.com"), "configuration.url"),
        (config(url="https://127.0.0.1/"), "configuration.url"),
        (config(url="https://user:pw@api.example.com/"), "configuration.url"),
        (config(url="https://api.example.com:22/"), "configuration.url"),
        (config(url="https://${order_id}.example.com/"), "configuration.url"),
        (config(url="https://api.example.com/${nobody}"), "configuration.url"),
        (config(url="https://api.example.com/${order_id"), "configuration.url"),
        (config(url="https://api.example.com/a b"), "configuration.url"),
        (config(url="https://api.example.com/${order_id}\r\nX: y"), "configuration.url"),
        (config(url="https://api.example.com/a\\b"), "configuration.url"),
        (config(url="https://api.example.com/?a=\x7f${order_id}"), "configuration.url"),
        (config(authentication={**LOGIN, "token_url": "https://api.example.com/a b"}),
         "configuration.authentication.token_url"),
        (config(authentication={**LOGIN, "token_url": "https://api.example.com/\\a"}),
         "configuration.authentication.token_url"),
        (config(headers={"X": "a\r\nb: c"}), "configuration.headers.X"),
        (config(headers={"X": "a\nb"}), "configuration.headers.X"),
        (config(headers={"X": "é€"}), "configuration.headers.X"),
        (config(headers={"X": "${order_id}\x01"}), "configuration.headers.X"),
        (mcp(headers={"X": "a\r\nb: c"}), "configuration.headers.X"),
        (mcp(url="https://mcp.example.com/a b"), "configuration.url"),
        (config(method="STEAL"), "configuration.method"),
        (config(headers={"Authorization": "Bearer ${API_KEY}"}), "configuration.headers"),
        (config(headers={"Bad name": "x"}), "configuration.headers"),
        (config(headers={"Host": "x"}), "configuration.headers"),
        (config(headers={"X": 1}), "configuration.headers.X"),
        (config(headers={"content-type": "application/x-www-form-urlencoded"}),
         "configuration.headers.content-type"),
        (config(headers={"Content-Type": "text/xml"}), "configuration.headers.Content-Type"),
        (config(headers={"Content-Type": "application/json"}, body_type="form"),
         "configuration.headers.Content-Type"),
        (config(authentication={"type": "magic"}), "configuration.authentication.type"),
        (config(authentication={"type": "bearer"}), "configuration.authentication.token_field"),
        (config(authentication={"type": "none", "token_field": "KEY"}),
         "configuration.authentication.token_field"),
        (config(authentication={"type": "hmac", "secret_field": "not a name"}),
         "configuration.authentication.secret_field"),
        (config(body_type="text", request_body_template={"a": 1}),
         "configuration.request_body_template"),
        (config(body_type="text"), "configuration.request_body_template"),
        (config(envelope="vapi", request_body_template={"a": 1}),
         "configuration.request_body_template"),
        (config(response_handling={"success_values": []}),
         "configuration.response_handling.success_values"),
        (config(query={"a": "${parameters.nobody}"}), "configuration.query"),
        (config(request_body_template={"a": ["${nobody}"]}),
         "configuration.request_body_template"),
        (config(response_handling={"success_field": "a b"}),
         "configuration.response_handling.success_field"),
        (config(url="https://api.example.com/${call_sid.x}"), "configuration.url"),
        (config(url="https://api.example.com/${order_id.x}"), "configuration.url"),
        (config(headers={"X": "${phone_numbers.via}"}), "configuration.headers"),
        (config(query={"a": "${parameters.order_id.x}"}), "configuration.query"),
        ({"behaviour": {"fixed_parameters": {"who": ["${call_sid.x}"]}}},
         "behaviour.fixed_parameters.who"),
        ({"behaviour": {"fixed_parameters": {"who": "${order_id}"}}},
         "behaviour.fixed_parameters.who"),
        ({"behaviour": {"fixed_parameters": {"who": "${call_sid"}}},
         "behaviour.fixed_parameters.who"),
        (config(colour="red"), "configuration.colour"),
        (config(execution_timeout=0), "configuration.execution_timeout"),
        ({"configuration": []}, "configuration.url"),
        ({"configuration": "x"}, "configuration"),
        ({"tool_type": "telepathy"}, "tool_type"),
        ({"side_effect": "maybe"}, "side_effect"),
        ({"allowed_contexts": ["moon"]}, "allowed_contexts"),
        ({"timeout_seconds": 0}, "timeout_seconds"),
        ({"timeout_seconds": "5"}, "timeout_seconds"),
        ({"retry_attempts": 11}, "retry_attempts"),
        ({"function_definition": "x"}, "function_definition"),
        ({"function_definition": {"parameters": "x"}}, "function_definition.function.parameters"),
        ({"function_definition": {"parameters": [1]}}, "function_definition.function.parameters"),
        ({"function_definition": {"name": "other", "parameters": PARAMETERS}},
         "function_definition.function.name"),
        ({"function_definition": {"parameters": {"type": "array"}}},
         "function_definition.function.parameters.type"),
        ({"function_definition": {"parameters": {
            "type": "object", "properties": {"order_id": {"$ref": "https://example.com/x"}}}}},
         "function_definition.function.parameters.properties.order_id.$ref"),
        ({"function_definition": {"parameters": {"type": "object", "$ref": "#/nowhere"}}},
         "function_definition.function.parameters.$ref"),
        ({"function_definition": {"parameters": {"type": "object", "allOf": [{"$ref": "#"}]}}},
         "function_definition.function.parameters.allOf.0.$ref"),
        ({"function_definition": {"parameters": {**PARAMETERS, "required": ["nobody"]}}},
         "function_definition.function.parameters.required"),
    ],
)  # fmt: skip
def test_each_fault_is_told_at_its_field(organization, values, field):
    credentials.create(organization, "CLIENT", "a-client-of-the-shop")
    errors = refused(organization, **values)
    assert list(errors) == [field]
    assert errors[field].endswith(".")


def test_what_requests_can_carry_may_stand(organization):
    url = "https://api.example.com/grün/a%20b/${ order_id }?q=${parameters.order_id}#x"
    tool = make_tool(organization, **config(url=url, headers={"X": "é\tA ${ order_id }; b"}))
    assert tool.configuration["url"] == url


def test_all_faults_are_told_at_once(organization):
    errors = refused(organization, name="", side_effect="x", **config(url="x"))
    assert set(errors) == {"name", "side_effect", "configuration.url"}


def test_credentials_are_refused_with_the_reason(organization):
    errors = refused(organization, **config(headers={"Authorization": "Bearer ${API_KEY}"}))
    assert "API_KEY" in errors["configuration.headers"]
    assert "Credentials" in errors["configuration.headers"]


@pytest.mark.parametrize(
    "values",
    [
        {"headers": {"Content-Type": "application/json; charset=utf-8"}},
        {"headers": {"Content-Type": "application/vnd.api+json"}},
        {"headers": {"Content-Type": "application/x-www-form-urlencoded"}, "body_type": "form"},
        {"headers": {"Content-Type": "application/xml"}, "body_type": "text",
         "request_body_template": "<a/>"},
        {"headers": {"Content-Type": "text/xml"}, "method": "GET"},
        {"headers": {"Content-Type": "${order_id}"}},
    ],
)  # fmt: skip
def test_a_type_that_fits_the_body_may_stand(organization, values):
    assert make_tool(organization, **config(**values)).configuration["headers"] == values["headers"]


def test_nothing_is_below_a_single_value(organization):
    credentials.create(organization, "SHOP_TOKEN", "a-token-of-the-shop")
    errors = refused(organization, **config(headers={"X": "Bearer ${SHOP_TOKEN.x}"}))
    assert errors == {
        "configuration.headers": "${SHOP_TOKEN.x} is not known: SHOP_TOKEN is a single value; "
        "write ${SHOP_TOKEN}."
    }


def test_what_has_parts_may_be_asked_for_them(organization):
    parameters = {
        "type": "object",
        "properties": {"order": {"type": "object", "properties": {"id": {}}}, "any": {}},
    }
    body = {"a": "${order.id}", "b": "${any.x.0}", "c": "${parameters.order.id}",
            "d": "${phone_numbers.from}", "e": "${fixed.x}"}  # fmt: skip
    tool = make_tool(
        organization,
        function_definition=parameters,
        behaviour={"fixed_parameters": {"fixed": {"x": "${phone_numbers.to}"}}},
        **config(request_body_template=body),
    )
    assert tool.configuration["request_body_template"] == body


def test_a_refused_change_changes_nothing(organization):
    tool = make_tool(organization)
    assert refused(organization, tool=tool, **config(url="x"))
    tool.refresh_from_db()
    assert tool.configuration["url"] == "https://api.example.com/orders"
    assert tool.versions.count() == 1


# --- assigning --------------------------------------------------------------------------------


def test_assigning_configuring_and_taking_away(organization, assistant):
    tool = make_tool(organization)
    row = assign(assistant, tool, execution_order=3)
    assert assign(assistant, tool, enabled=False).pk == row.pk
    row.refresh_from_db()
    assert (row.enabled, row.execution_order) == (False, 3)
    assert assignments.unassign(assistant, tool) is True
    assert assignments.unassign(assistant, tool) is False


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"custom_configuration": {"url": "ftp://x"}}, "custom_configuration.url"),
        ({"custom_configuration": {"timeout": "3"}}, "custom_configuration.timeout"),
        ({"custom_configuration": {"url": None}}, "custom_configuration.url"),
        ({"custom_configuration": []}, "custom_configuration"),
        ({"enabled": "yes"}, "enabled"),
        ({"execution_order": 99_999}, "execution_order"),
        ({"pinned_version": "9.9.9"}, "pinned_version"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_faults_of_an_assignment_are_told_at_their_field(organization, assistant, values, field):
    with pytest.raises(InvalidInput) as caught:
        assign(assistant, make_tool(organization), **values)
    assert list(caught.value.errors) == [field]
    assert not AssistantTool.unscoped.exists()


def test_another_organizations_tool_cannot_be_assigned(assistant):
    other = Organization.objects.create(name="Other", slug="other")
    with pytest.raises(InvalidInput, match="no such tool"):
        assign(assistant, make_tool(other))


# --- the catalogue ----------------------------------------------------------------------------


def test_the_catalogue_lists_what_may_run_in_order(organization, assistant):
    for order, (name, more) in enumerate([
        ("last", {}), ("off", {"is_active": False}), ("chat_only", {"allowed_contexts": ["chat"]}),
        ("first", {"side_effect": "write"}),
    ]):  # fmt: skip
        tool = make_tool(organization, name=name, **more)
        assign(assistant, tool, execution_order=-order)
    make_tool(organization, name="unassigned")
    archived = make_tool(organization, name="archived")
    assign(assistant, archived)
    archive_tool(archived)

    entries = catalog.for_assistant(assistant)

    assert [entry.name for entry in entries] == ["first", "last", "endCall"]
    first = entries[0]
    assert first.definition == {
        "type": "function",
        "name": "first",
        "description": "Says where an order is.",
        "parameters": PARAMETERS,
    }
    assert (first.side_effect, first.runs_at, first.version) == ("write", "worker", "1.0.0")
    chat = [entry.name for entry in catalog.for_assistant(assistant, trigger="chat")]
    assert chat == ["first", "chat_only", "last"]


def test_a_pinned_version_stays_and_others_follow_the_newest(organization, assistant):
    tool = make_tool(organization)
    save_tool(organization, {"timeout_seconds": 7}, by=None, tool=tool)
    assign(assistant, tool)
    assert catalog.for_assistant(assistant)[0].timeout_seconds == 7
    assign(assistant, tool, pinned_version="1.0.0")
    entry = catalog.for_assistant(assistant)[0]
    assert (entry.version, entry.timeout_seconds) == ("1.0.0", None)


def test_end_call_follows_the_assistants_settings(assistant):
    assistant.tools_settings = {
        "end_call": {"enabled": True, "scenarios": ["The caller is rude."], "custom_message": "Bye"}
    }
    (entry,) = catalog.for_assistant(assistant)
    assert "The caller is rude." in entry.definition["description"]
    assert set(entry.parameters["properties"]) == {"reason"}
    assert (entry.runs_at, entry.tool_id, entry.tool_type) == ("session", None, "builtin")
    assistant.language, assistant.tools_settings = "es", {"end_call": {"enabled": True}}
    (entry,) = catalog.for_assistant(assistant)
    assert entry.definition["description"].startswith("Termina")
    assert set(entry.parameters["properties"]) == {"reason", "farewell"}
    assistant.tools_settings = {"end_call": {"enabled": False}}
    assert catalog.for_assistant(assistant) == ()
    assert catalog.for_assistant(assistant, trigger="chat") == ()


@pytest.mark.parametrize("count", [1, 12])
def test_the_catalogue_is_three_queries(organization, assistant, count):
    for number in range(count):
        assign(assistant, make_tool(organization, name=f"tool_{number}"))
    with CaptureQueriesContext(connection) as queries:
        assert len(catalog.for_assistant(assistant)) == count + 1
    assert len(queries) == 3
