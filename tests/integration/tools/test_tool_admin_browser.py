"""Browser tools in the admin: what pages registered is edited there, and given to assistants."""

import json

import pytest
from django.test import Client

from tests.factories.assistants import make_assistant
from tests.factories.organizations import make_member, make_organization
from tests.integration.tools.test_tool_admin import errors_of, initial_of, page
from tools_library.models import Tool, ToolVersion
from tools_library.services import catalog, frontend_tools

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
MAP = {
    "name": "show_map",
    "description": "Show a place.",
    "input_schema": {
        "type": "object",
        "properties": {"place": {"type": "string"}, "zoom": {"type": "integer", "default": 3}},
        "required": ["place"],
    },
    "metadata": {"requires_user_interaction": True, "category": "shop"},
    "timeout_s": 3_600,
}


@pytest.fixture
def shop():
    return make_organization("Harbour Books")


@pytest.fixture
def builder(shop):
    client = Client()
    client.force_login(make_member(shop, "builder"), backend=BACKEND)
    return client


def chat_tools(assistant):
    return {tool.name for tool in catalog.for_assistant(assistant, trigger="chat")}


def test_what_a_page_registered_is_saved_again_unchanged_and_registered_again(builder, shop):
    tool = frontend_tools.register(shop, MAP, None, by=None).tool
    answer = builder.get(page("change", tool.pk))
    shown = initial_of(answer)
    assert (shown["everywhere"], shown["requires_user_interaction"]) == (True, True)
    assert json.loads(shown["metadata"]) == {"category": "shop"}
    assert shown["timeout_seconds"] == 3_600
    saved = builder.post(page("change", tool.pk), {**shown, "display_name": "The map"})
    assert saved.status_code == 302, errors_of(saved)
    tool.refresh_from_db()
    assert (tool.display_name, tool.version) == ("The map", "1.0.0")
    assert frontend_tools.register(shop, MAP, None, by=None).existed


def test_switching_it_off_for_all_makes_a_version_that_says_so(builder, shop):
    tool, assistant = frontend_tools.register(shop, MAP, None, by=None).tool, make_assistant(shop)
    assert "show_map" in chat_tools(assistant)
    shown = initial_of(builder.get(page("change", tool.pk)))
    saved = builder.post(page("change", tool.pk), {**shown, "everywhere": ""})
    assert saved.status_code == 302, errors_of(saved)
    assert "show_map" not in chat_tools(assistant)
    newest = ToolVersion.objects.of(shop).filter(tool=tool).first()
    told = builder.get(page("change", newest.pk, model="toolversion")).content.decode()
    assert '<ins class="va-ins">+ false</ins>' in told.lower()


def test_it_is_given_to_one_assistant_of_the_organization(builder, shop):
    desk, other = make_assistant(shop, name="Desk"), make_assistant(shop, name="Other")
    foreign = make_assistant(make_organization(), name="Theirs")
    written = {
        "tool_type": "frontend", "name": "show_map", "display_name": "Map", "description": "Shows.",
        "side_effect": "write", "is_active": "on", "parameters": "", "give_to": foreign.pk,
    }  # fmt: skip
    assert "Theirs" not in builder.get(page("add")).content.decode()
    assert list(errors_of(builder.post(page("add"), written))) == ["give_to"]
    saved = builder.post(page("add"), {**written, "give_to": desk.pk})
    assert saved.status_code == 302, errors_of(saved)
    assert "show_map" in chat_tools(desk)
    assert "show_map" not in chat_tools(other)
    tool = Tool.objects.of(shop).get()
    assert "Desk</a>" in builder.get(page("change", tool.pk)).content.decode()
