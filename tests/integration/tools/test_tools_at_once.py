"""Several people or pages that save, register or give the same tool at the same moment."""

import pytest

from tests.factories.assistants import make_assistant
from tests.factories.organizations import make_organization
from tests.factories.tools import make_tool
from tests.services.locks import beside
from tools_library.models import AssistantTool, Tool, ToolVersion
from tools_library.services import assignments, frontend_tools
from tools_library.services.tools import save_tool
from voiceassist.foundation.events import hold_order

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_who_save_a_tool_at_once_make_a_version_each():
    organization = make_organization()
    tool = make_tool(organization)

    def save(**values):
        return save_tool(organization, values, by=None, tool=Tool.unscoped.get(pk=tool.pk))

    later = beside(lambda: save(timeout_seconds=5), lambda: save(timeout_seconds=6))
    assert (later.version, later.timeout_seconds) == ("1.0.2", 6)
    equal = beside(lambda: save(retry_attempts=1), lambda: save(retry_attempts=1))
    assert equal.version == Tool.unscoped.get().version == "1.0.3"
    made = ToolVersion.unscoped.order_by("id").values_list("version", flat=True)
    assert list(made) == ["1.0.0", "1.0.1", "1.0.2", "1.0.3"]


def test_pages_that_register_a_browser_tool_at_once_all_get_it():
    organization = make_organization()
    assistant = make_assistant(organization)

    def register(**more):
        tool = {"name": "show_note", "description": "Shows a note.", **more}
        return frontend_tools.register(organization, tool, assistant, by=None)

    later = beside(register, register)
    assert later.existed and later.tool.version == "1.0.0"
    changed = beside(lambda: register(timeout_s=9), lambda: register(timeout_s=9))
    assert changed.existed and changed.tool.version == "1.0.1"
    assert (Tool.unscoped.count(), AssistantTool.unscoped.count()) == (1, 1)


def test_a_tool_that_two_give_to_an_assistant_at_once_is_given_once():
    organization = make_organization()
    assistant, tool = make_assistant(organization), make_tool(organization)

    def first():
        hold_order(organization.pk)  # the other one finds the assistant without it, and waits
        give(execution_order=1)

    def give(**values):
        return assignments.assign(assistant, tool, by=None, **values)

    beside(first, lambda: give(execution_order=2))
    assert AssistantTool.unscoped.get().execution_order == 2
