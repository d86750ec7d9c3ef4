"""A Python agent whose program is killed while a page is asked, and goes on in another one."""

import pytest

from tests.factories.organizations import make_organization
from tests.factories.processes import Program
from tests.integration.conversations.processes import StandIns
from voiceassist.conversations.models import AgentRun, ToolProposal

pytestmark = pytest.mark.usefixtures("conversations_db")

PROGRAM = "tests.integration.conversations.study_program"


@pytest.fixture
def stand_ins():
    running = StandIns()
    yield running
    running.stop()


def test_restart_a_python_agent_goes_on_in_another_process(stand_ins):
    model = {"model": f"{stand_ins.server.url}/v1"}
    organization = make_organization().pk
    with Program(PROGRAM) as first, Program(PROGRAM) as second:  # they load at the same time
        told = first.ask(
            do="start", organization=organization, text="Show me a rocket emoji", **model
        )
        assert told["response"]["status"] == "awaiting_frontend_tool"
        [tool] = told["response"]["tools"]
        assert (tool["name"], tool["parameters"]["emoji"]) == ("show_emoji", "🚀")
        assert first.kill() == -9
        assert AgentRun.unscoped.get().status == "awaiting_frontend_tool"
        done = {"success": True, "data": {"displayed": True}}
        shown = {"tool_use_id": tool["id"], "result": done}
        conversation = told["conversation"]
        rest = second.ask(do="resume", conversation=conversation, results=[shown], **model)
        assert rest["paused"] and isinstance(rest["response"], str)
        said = second.ask(
            do="say", conversation=conversation, text="Please call count_verses", **model
        )
    assert "31 verses" in said["response"]
    assert [each.status for each in ToolProposal.unscoped.order_by("pk")] == ["succeeded"] * 2
    assert {len(times) for times in stand_ins.asked().values()} == {1}
    assert len(stand_ins.asked()) == 4
