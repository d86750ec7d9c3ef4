"""Servers that are killed at every transition: what was begun is ended by the next one, once."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
import requests
from django.utils import timezone

from tests.factories.assistants import make_assistant
from tests.factories.conversations import NOTIFY, give_browser_tool
from tests.factories.organizations import make_key, make_organization
from tests.factories.tools import assign, endpoint_configuration, make_tool
from tests.integration.conversations.dying import POINTS
from tests.integration.conversations.processes import Nursery, StandIns
from tests.integration.conversations.test_agent_routes import events_of
from tests.security.outbound.servers import RawServer, ok
from tests.services.ports import wait_for
from tools_library.models import ToolExecution
from voiceassist.conversations.models import AgentRun, Conversation, RunEvent, ToolProposal

pytestmark = pytest.mark.usefixtures("conversations_db")

DONE = ok(b'{"success": true, "message": "Done."}', b"Content-Type: application/json")


class Tools:
    """A tool server; the first request of each path gets no answer."""

    def __init__(self):
        self.hit = {"/look": threading.Event(), "/mail": threading.Event()}
        self.server = RawServer(self._handle)

    def paths(self):
        return sorted(request.split()[1].decode() for request in self.server.requests)

    def _handle(self, server, connection):
        while request := server.read_request(connection):
            began = self.hit[request.split()[1].decode()]
            if not began.is_set():
                began.set()
                server.ended.wait(300)
                return
            connection.sendall(DONE)


class Talk:
    """A conversation with an agent, over whichever server runs."""

    def __init__(self, slug, key):
        self.slug, self.headers = slug, {"Authorization": f"Bearer {key}"}

    def say(self, server, thread, text):
        """Send a message; None where the server was killed before it answered."""
        return self._post(server, "messages", {"thread_id": thread, "message": text})

    def answer(self, server, thread):
        """Answer the call that waits, as its page does."""
        call = ToolProposal.unscoped.get(
            conversation__thread_id=thread, status="pending_frontend"
        ).tool_call_id
        one = {"tool_call_id": call, "result": "shown"}
        return self._post(server, "continue", {"thread_id": thread, "tool_responses": [one]})

    def events(self, server, thread, after=0):
        url = f"{server.url}/api/v1/agents/{self.slug}/threads/{thread}/events"
        headers = {**self.headers, "Last-Event-ID": str(after)}
        return events_of(requests.get(url, headers=headers, timeout=90))

    def _post(self, server, path, body):
        url = f"{server.url}/api/v1/agents/{self.slug}/{path}"
        try:
            answer = requests.post(url, json=body, headers=self.headers, timeout=90)
        except requests.ConnectionError:
            return None
        return answer.json()


@pytest.fixture
def stand_ins():
    running = StandIns()
    yield running
    running.stop()


@pytest.fixture
def tools():
    running = Tools()
    yield running
    running.server.stop()


@pytest.fixture
def servers(stand_ins, tools, tmp_path):
    """Starts servers that end with the test."""
    nursery = Nursery(stand_ins.server, tmp_path / "servers.log", tools_port=tools.server.port)
    yield nursery.serve
    nursery.stop()


@pytest.fixture
def talk(tools, settings):
    """An agent with a tool in the browser, one that reads and one that mails."""
    settings.OUTBOUND_ALLOW = [f"127.0.0.1:{tools.server.port}"]
    organization = make_organization()
    assistant = make_assistant(organization)
    give_browser_tool(assistant, "show_notification", function_definition=NOTIFY)
    for name, path, side_effect in (("look_up", "/look", "read"), ("mail_it", "/mail", "write")):
        url = f"http://127.0.0.1:{tools.server.port}{path}"
        tool = make_tool(
            organization, name=name, display_name=name, side_effect=side_effect,
            configuration=endpoint_configuration(url), function_definition={"type": "object"},
            timeout_seconds=120,
        )  # fmt: skip
        assign(assistant, tool)
    return Talk(assistant.slug, make_key(organization)[1])


def status(thread):
    return AgentRun.unscoped.get(conversation__thread_id=thread).status


def settled(*threads):
    """Wait until nothing goes on by itself in these conversations."""

    def rest():
        runs = AgentRun.unscoped.filter(conversation__thread_id__in=threads)
        busy = (
            runs.filter(status="running").count()
            or runs.filter(proposals__status__in=("proposed", "executing")).count()
        )
        return not busy and runs.count() == len(threads)

    wait_for(rest, seconds=120, what="the conversations")


IN_THE_MIDDLE = {
    "text": "Hello stand-in:stall:1",
    "reads": "Please call look_up",
    "pauses": "Show me a notification",
    "mails": "Please call mail_it",
}


def under_way(thread):
    """Whether a conversation is where the server is to be killed."""
    if thread == "text":
        return RunEvent.unscoped.filter(conversation__thread_id=thread, type="text_delta").exists()
    wanted = "pending_frontend" if thread == "pauses" else "executing"
    rows = ToolProposal.unscoped.filter(conversation__thread_id=thread, status=wanted)
    return rows.exists()


EVERYTHING = (*POINTS, *IN_THE_MIDDLE)


def killed_at(point, servers, talk):
    """Let a server be killed at a transition; return when it was."""
    dying = servers(point)
    told = talk.say(dying, point, "Show me a notification")
    if point in ("answered", "due"):
        assert told["status"] == "awaiting_frontend_tool", told
        assert talk.answer(dying, point) is None
    return dying.killed()


def killed_in_the_middle(servers, talk, tools):
    """Kill a server that speaks, runs tools and waits for a page; return when."""
    server = servers()
    with ThreadPoolExecutor(4) as pool:
        for thread, text in IN_THE_MIDDLE.items():
            pool.submit(talk.say, server, thread, text)
        wait_for(lambda: all(map(under_way, IN_THE_MIDDLE)), seconds=100, what="the middle")
        assert tools.hit["/look"].wait(90) and tools.hit["/mail"].wait(90)
        killed = server.kill()
    # Nobody can end the mail any more; its time is over now, for the test's sake.
    ToolExecution.unscoped.filter(tool_name="mail_it").update(deadline_at=timezone.now())
    return killed


def asked_again_only_after_a_kill(stand_ins, kills):
    asked = stand_ins.asked()
    for times in asked.values():
        for first, second in pairwise(times):
            assert any(first < kill < second for kill in kills)
    cut = AgentRun.unscoped.get(conversation__thread_id="text")
    assert len(asked[f"{cut.run_id}:1"]) > 1


def told_once(replayed, thread):
    numbers, kinds = [each["seq"] for each in replayed], [each["type"] for each in replayed]
    assert numbers == sorted(set(numbers)) and kinds[-1] == "run_finished"
    results = kinds.count("tool_call_resolved") + kinds.count("tool_call_result")
    assert (kinds.count("run_finished"), results) == (1, 0 if thread == "text" else 1)
    assert "step_restarted" in kinds or thread not in ("text", "claimed")


def one_result_each(tools):
    calls = ToolProposal.unscoped.select_related("execution", "conversation")
    called = sorted(each.conversation.thread_id for each in calls)
    assert called == sorted(set(EVERYTHING) - {"text"})
    assert ToolExecution.unscoped.count() == calls.count()
    unsure = calls.get(conversation__thread_id="mails")
    assert {each.status for each in calls.exclude(pk=unsure.pk)} == {"succeeded"}
    assert unsure.status == "failed" and "Nobody knows" in json.loads(unsure.output)["message"]
    assert tools.paths() == ["/look", "/look", "/mail"]


def test_kill_at_each_transition_and_the_run_completes_with_one_result(
    servers, talk, stand_ins, tools
):
    kills = [killed_at(point, servers, talk) for point in POINTS]
    kills.append(killed_in_the_middle(servers, talk, tools))
    server = servers()
    settled(*EVERYTHING)
    for thread in ("claimed", "proposed", "requested", "pauses"):
        assert status(thread) == "awaiting_frontend_tool", thread
        assert talk.answer(server, thread)["status"] == "completed"
    settled(*EVERYTHING)
    assert {status(thread) for thread in EVERYTHING} == {"completed"}
    one_result_each(tools)
    asked_again_only_after_a_kill(stand_ins, kills)
    for conversation in Conversation.unscoped.all():
        told_once(talk.events(server, conversation.thread_id), conversation.thread_id)
