"""REST of `tools_settings`, in document 002's shape."""

import pytest

from tests.factories.tools import tool_values
from tools_library.models import AssistantTool, Tool

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


@pytest.fixture
def path(assistant):
    return f"/api/assistants/{assistant.pk}/tools-settings"


def test_settings_are_written_and_read_back(api, assistant, path):
    settings = {
        "enabled_tools": ["endCall"],
        "end_call": {"scenarios": ["They say goodbye."]},
        "custom_tools": [tool_values(execution_order=3)],
    }
    written = api("PUT", path, 200, settings)
    assert api("GET", f"{path}/") == written
    assert set(written) == {"enabled_tools", "end_call", "transfer_call", "custom_tools"}
    assert written["end_call"]["enabled"] is True
    assert written["end_call"]["scenarios"] == ["They say goodbye."]
    assert AssistantTool.unscoped.get().execution_order == 3
    assert api("PUT", path, 200, written) == written, "as it was read"
    assert Tool.unscoped.get().version == "1.0.0"


def test_somebody_must_say_yes_to_what_acts_on_a_call(api, assistant, path):
    assert "approval" not in api("GET", path)
    asked = {"transferCall": "staff", "press_keys": "confirm"}
    assert api("PUT", path, 200, {"approval": asked})["approval"] == asked
    assert api("PUT", path, 200, {"end_call": {"enabled": True}})["approval"] == asked
    assert "approval" not in api("PUT", path, 200, {"approval": {}})


@pytest.mark.parametrize(
    ("approval", "field"),
    [
        ({"transferCall": "mother"}, "approval.transferCall"),
        ({"sing": "staff"}, "approval"), ("staff", "approval"),
    ],
)  # fmt: skip
def test_a_yes_that_cannot_be_asked_for_names_its_field(api, path, approval, field):
    assert list(api.wrong("PUT", path, {"approval": approval})) == [field]


@pytest.mark.parametrize(
    "body",
    [
        [], "text", 5, {"enabled_tools": 5}, {"enabled_tools": {"a": 1}}, {"end_call": [1]},
        {"end_call": {"enabled": "perhaps"}}, {"custom_tools": 5}, {"custom_tools": [5]},
        {"custom_tools": [{}]}, {"custom_tools": [{"name": ["x"]}]}, {"unknown": 1},
        {"transfer_call": None}, {"end_call": {"scenarios": 5}},
        {"custom_tools": [tool_values(is_active="banana")]},
        {"custom_tools": [tool_values(require_confirmation=[1])]},
        {"custom_tools": [tool_values(enabled="banana")]},
        {"custom_tools": [tool_values(execution_order={})]},
        {"custom_tools": [tool_values(custom_configuration=[1])]},
        {"custom_tools": [tool_values(description=[1])]},
        {"custom_tools": [tool_values(display_name={"a": 1}, timeout_seconds="x")]},
        {"custom_tools": [tool_values(tool_type=["endpoint"])]},
        {"custom_tools": [tool_values(side_effect={"read": 1})]},
        {"custom_tools": [tool_values(allowed_contexts={"call": 1})]},
        {"custom_tools": [tool_values(function_definition="x")]},
        {"custom_tools": [tool_values(configuration="x")]},
    ],
)  # fmt: skip
def test_what_is_no_settings_is_refused_whole(api, path, body):
    before = api("GET", path)
    assert api.wrong("PUT", path, body)
    assert api("GET", path) == before
    assert Tool.unscoped.count() == 0


def test_who_may_write_them(api_as, other, path):
    settings = api_as("operator")("GET", path)
    change = {"end_call": {"custom_message": "Goodbye, and thank you!"}}
    api_as("operator")("PUT", path, 403, change)
    api_as("owner", other)("PUT", path, 404, change)
    api_as("owner", other)("GET", path, 404)
    assert api_as("viewer")("GET", path) == settings
    assert api_as("builder")("PUT", path, 200, change) != settings
