"""Document 002's `tools_settings` of an assistant: read, written, imported over the rows."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from tests.factories.assistants import make_assistant
from tests.factories.organizations import make_organization
from tests.factories.tools import tool_values
from tools_library.models import AssistantTool, Tool, ToolVersion
from tools_library.services import catalog, tools_settings
from voiceassist.assistants.models import Assistant
from voiceassist.foundation.errors import InvalidInput

pytestmark = pytest.mark.django_db

DOCUMENT = {
    "enabled_tools": ["endCall", "transferCall"],
    "end_call": {"enabled": True, "scenarios": ["It is done."], "custom_message": "Bye now."},
    "transfer_call": {
        "enabled": True,
        "scenarios": ["A person is wanted."],
        "transfer_numbers": ["Sales: +12025550143", "+12025550144"],
        "custom_message": None,
    },
    "custom_tools": [{**tool_values(), "execution_order": 3}],
}


@pytest.fixture
def assistant():
    return make_assistant(make_organization(), slug="shop", tools_settings={})


def whats(done):
    return {each.name: each.what for each in done}


def test_what_was_written_is_read_and_writing_it_again_changes_nothing(assistant):
    done = tools_settings.write(assistant, DOCUMENT, None)
    assert whats(done)["lookup_order"] == "made"
    read = tools_settings.read(Assistant.unscoped.get())
    for part in ("enabled_tools", "end_call", "transfer_call"):
        assert read[part] == DOCUMENT[part]
    assert read["custom_tools"][0]["name"] == "lookup_order"
    assert read["custom_tools"][0]["execution_order"] == 3
    for again in (DOCUMENT, read):
        done = tools_settings.write(Assistant.unscoped.get(), again, None)
        assert set(whats(done).values()) == {"kept"}
    assert (Tool.unscoped.count(), ToolVersion.unscoped.count()) == (1, 1)


def test_names_of_the_older_form_and_the_list_alone_switch_tools_on(assistant):
    older = {
        "enabled_tools": ["transferCall", "press_keys"],
        "endCall": {"scenarios": ["x"]},
        "transferCall": {"transfer_numbers": [{"label": "Sales", "number": "+1 202 555 0143"}]},
    }
    tools_settings.write(assistant, {"tools_settings": older}, None)
    read = tools_settings.read(assistant)
    assert (read["end_call"]["enabled"], read["transfer_call"]["enabled"]) == (False, True)
    offered = catalog.for_assistant(assistant, spec=assistant_spec(assistant))
    assert [tool.name for tool in offered] == ["transferCall", "press_keys"]
    enum = offered[0].parameters["properties"]["to"]["enum"]
    assert enum == ["Sales", "+12025550143"]


def assistant_spec(assistant):
    from voiceassist.assistants.services import drafts

    return drafts.check(assistant)


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ([], "tools_settings"),
        ({"nonsense": 1}, "nonsense"),
        ({"end_call": {}, "endCall": {}}, "endCall"),
        ({"transfer_call": {"transfer_numbers": ["0800"]}}, "transfer_call.transfer_numbers"),
        ({"end_call": {"colour": 1}}, "end_call.colour"),
        ({"end_call": 3}, "end_call"),
        ({"custom_tools": {}}, "custom_tools"),
        ({"custom_tools": [3]}, "custom_tools.0"),
        ({"custom_tools": [{**tool_values(), "colour": 1}]}, "custom_tools.0.colour"),
        (
            {"custom_tools": [tool_values(), tool_values(name="b", configuration={"url": 3})]},
            "custom_tools.1.configuration",
        ),
    ],
)
def test_what_is_wrong_is_named_by_its_path_and_nothing_is_stored(assistant, settings, path):
    with pytest.raises(InvalidInput) as error:
        tools_settings.write(assistant, settings, None)
    assert any(field.startswith(path) for field in error.value.errors), error.value.errors
    assert not Tool.unscoped.exists()


def test_a_function_as_models_take_it_is_a_tool(assistant):
    nested = {
        "type": "function",
        "function": {
            "name": "lookup_order",
            "description": "Says where an order is.",
            "parameters": tool_values()["function_definition"],
        },
        "tool_type": "endpoint",
        "configuration": tool_values()["configuration"],
        "side_effect": "read",
    }
    tools_settings.write(assistant, {"custom_tools": [nested]}, None)
    assert AssistantTool.unscoped.get().tool.description == "Says where an order is."


def run(file, **options):
    out = io.StringIO()
    call_command("import_tools_settings", file, stdout=out, **{"assistant": "shop", **options})
    return out.getvalue()


def test_the_command_says_what_it_did(assistant, tmp_path, monkeypatch):
    file = tmp_path / "settings.json"
    file.write_text(json.dumps(DOCUMENT))
    first = run(str(file))
    assert "made    tool lookup_order" in first
    assert "--publish" in first
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(DOCUMENT)))
    assert "Everything was there already." in run("-", publish=True)
    assert Assistant.unscoped.get().published_version.spec.tools_settings.transfer_call.enabled


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        ("{", {}, "no JSON"),
        ("{}", {"assistant": "nobody"}, "There are: shop"),
        ('{"custom_tools": [{"name": "x"}]}', {}, "custom_tools.0.tool_type"),
        (None, {}, "Cannot read"),
    ],
)
def test_the_command_says_what_to_mend(assistant, tmp_path, text, options, words):
    file = tmp_path / "settings.json"
    if text is not None:
        file.write_text(text)
    with pytest.raises(CommandError, match=words):
        run(str(file), **options)
