"""Document 003's example session, in Python; its agent is a class."""

import pytest
import requests

from tests.factories.organizations import make_organization
from tests.integration.conversations.client import SECONDS
from tests.integration.conversations.scripted import call
from tests.services.ports import wait_for
from voiceassist.conversations.agents import Agent, Param, Tool, begin, register
from voiceassist.conversations.models import Conversation
from voiceassist.conversations.services import cancelling, python_agents, starting
from voiceassist.foundation.events.transport import live_loop
from voiceassist.foundation.jobs import queueing

pytestmark = pytest.mark.embedded


class ShowEmojiTool(Tool):
    execution_context = "frontend"
    name = "show_emoji"
    description = "Display an emoji or emoticon to the user"
    emoji = Param(str, required=True)
    size = Param(str, default="large", enum=("small", "medium", "large"))
    message = Param(str)


class CountTool(Tool):
    name = "count_verses"
    changes = False
    book = Param(str, required=True)

    def execute(self, params):
        if params["book"] == "broken":
            raise RuntimeError("boom")
        return self.success_response({"verses": 31}, f"{params['book']} has 31")


@register
class BibleStudyAgent(Agent):
    identity = "You help people study."
    tools = (ShowEmojiTool, CountTool)


@pytest.fixture
def own_loop(model, settings):
    """Drive in the background, as a command does."""
    settings.JOBS_RUNNER = "in_process"
    live_loop._loop = None
    yield model
    assert queueing.drain(60)
    queueing._runner.cache_clear()


def test_the_tools_say_where_they_run_and_what_they_take():
    assert ShowEmojiTool.is_frontend() and not ShowEmojiTool.is_backend()
    assert CountTool.is_backend()
    schema = ShowEmojiTool.schema()
    assert schema["required"] == ["emoji"]
    assert schema["properties"]["size"] == {
        "type": "string", "default": "large", "enum": ["small", "medium", "large"],
    }  # fmt: skip


def test_the_documents_session_works_line_for_line(own_loop):
    own_loop.says(call("show_emoji", {"emoji": "🙏"}, "toolu_1"))
    own_loop.says("I've displayed the praying hands emoji for you.")
    conversation = begin(BibleStudyAgent, organization=make_organization(), objective="Bible study")
    agent = BibleStudyAgent(conversation=conversation)
    response = agent.send_message("Show me a praying hands emoji")
    assert response["status"] == "awaiting_frontend_tool"
    assert response["tools"][0]["name"] == "show_emoji"
    assert agent.paused_for_frontend() and agent.state == "awaiting_frontend_tool"
    tool_results = [
        {
            "tool_use_id": response["tools"][0]["id"],
            "tool_name": "show_emoji",
            "result": {
                "success": True,
                "data": {"emoji": "🙏", "size": "large", "displayed": True},
            },
        }
    ]
    again = BibleStudyAgent(conversation=Conversation.unscoped.get(pk=conversation.pk))
    final_response = again.continue_with_tool_results(tool_results)
    assert final_response == "I've displayed the praying hands emoji for you."
    assert agent.state == "completed"


def test_backend_tools_run_on_the_server_and_their_faults_are_told(own_loop):
    own_loop.says(call("count_verses", {"book": "Genesis 1"}, "a"),
                  call("count_verses", {"book": "broken"}, "b"))  # fmt: skip
    own_loop.says("It has 31.")
    conversation = begin("BibleStudyAgent", organization=make_organization())
    agent = BibleStudyAgent(conversation)
    assert agent.send_message("How many verses?") == "It has 31."
    outputs = [each["content"] for each in own_loop.requests[1].messages if each["role"] == "tool"]
    assert "Genesis 1 has 31" in outputs[0] and "code_error" in outputs[1]


def test_a_call_that_is_stopped_before_a_worker_comes_to_it_does_not_take_place(
    own_loop, monkeypatch
):
    own_loop.says(call("count_verses", {"book": "Genesis 1"}))
    handed, done = [], []
    monkeypatch.setattr(python_agents, "enqueue", lambda name, key, **queue: handed.append(key))
    monkeypatch.setattr(CountTool, "execute", lambda tool, params: done.append(params) or {})
    conversation = begin(BibleStudyAgent, organization=make_organization())
    starting.say(conversation, "How many verses?")
    wait_for(lambda: handed, seconds=SECONDS, what="the call")
    assert cancelling.cancel(conversation)
    python_agents.perform(handed[0])
    assert done == []


def test_a_program_talks_over_http_with_an_agent_that_is_a_class(chat):
    def post(path, body):
        url = f"{chat.site.url}/api/conversations{path}"
        return requests.post(url, json=body, headers=chat.headers, timeout=SECONDS)

    made = post("", {"agent_class": "BibleStudyAgent", "objective": "Genesis"})
    assert made.status_code == 201, made.text
    assert made.json()["agent_class_name"] == "BibleStudyAgent"
    messages = f"/{made.json()['conversation_id']}/messages"
    asked = post(messages, {"message": "Show me a praying hands emoji"}).json()
    assert asked["type"] == "frontend_tool_request", asked
    [tool] = asked["tools"]
    assert (tool["name"], tool["parameters"]["emoji"]) == ("show_emoji", "🙏")
    shown = {"tool_use_id": tool["id"], "result": {"success": True, "data": {"displayed": True}}}
    rest = post(messages, {"tool_results": [shown]}).json()
    assert rest["type"] == "completed" and rest["response"]
    assert post("", {"agent_class": "NobodyAgent"}).status_code == 404
