"""Steps with several calls: mixed, refused, stopped, abandoned."""

import asyncio
import json

import pytest

from tests.factories.conversations import give_browser_tool, make_conversation, make_participant
from tests.factories.tools import assign, endpoint_configuration, make_tool
from tests.integration.conversations.scripted import call, kinds, until_rest
from tests.integration.conversations.test_agent import answer, in_db, say
from tests.security.outbound.servers import RawServer, answering, ok
from voiceassist.conversations.loop.steps import MOST_CALLS
from voiceassist.conversations.models import AgentRun, Conversation, ToolProposal
from voiceassist.conversations.services import answering as answers
from voiceassist.conversations.services import cancelling, following, reading, starting
from voiceassist.conversations.services.answering import BrowserAnswer
from voiceassist.conversations.services.errors import Busy, NoSuchCall
from voiceassist.foundation.jobs import queueing

pytestmark = pytest.mark.embedded

ORDER = {"order_id": "1042"}
QUESTION = {"question": "Sure?"}


@pytest.fixture
def orders(settings):
    """A tool server; it answers at once."""
    body = b'{"success": true, "message": "It is on its way."}'
    server = RawServer(answering(ok(body, b"Content-Type: application/json")))
    settings.OUTBOUND_ALLOW = [f"127.0.0.1:{server.port}"]
    settings.JOBS_RUNNER = "in_process"
    yield server
    assert queueing.drain(60)
    queueing._runner.cache_clear()
    server.stop()


def give_server_tool(assistant, server, name="lookup_order"):
    url = f"http://127.0.0.1:{server.port}/orders"
    configuration = endpoint_configuration(url)
    tool = make_tool(
        assistant.organization, name=name, configuration=configuration, timeout_seconds=120
    )
    assign(assistant, tool)


async def test_mixed_step_runs_servers_calls_while_the_browsers_wait(model, orders):
    model.says(
        call("ask_person", QUESTION, "b1"), call("lookup_order", ORDER, "s1"),
        call("ask_person", QUESTION, "b2"), call("lookup_order", ORDER, "s2"),
    )  # fmt: skip
    model.says("All done.")
    who = await in_db(make_participant)
    conversation = await in_db(make_conversation, who)
    await in_db(give_browser_tool, conversation.assistant)
    await in_db(give_server_tool, conversation.assistant, orders)
    await say(conversation, "Go")
    frames = await until_rest(conversation)
    assert kinds(frames)[-1] == "run_paused"
    statuses = await in_db(
        lambda: dict(ToolProposal.unscoped.values_list("tool_call_id", "status"))
    )
    assert statuses == {
        "b1": "pending_frontend", "b2": "pending_frontend", "s1": "succeeded", "s2": "succeeded",
    }  # fmt: skip
    await answer(conversation, who, BrowserAnswer("b2", None, user_action="rejected"))
    assert (await in_db(AgentRun.unscoped.get)).status == "awaiting_frontend_tool"
    await answer(conversation, who, BrowserAnswer("b1", "yes"))
    rest = await until_rest(conversation, frames[-1].seq)
    assert rest[-1].type == "run_finished" and len(model.requests) == 2
    results = [each for each in model.requests[1].messages if each["role"] == "tool"]
    assert [each["tool_call_id"] for each in results] == ["b1", "s1", "b2", "s2"]
    told = [json.loads(each["content"]) for each in results]
    assert [each["success"] for each in told] == [True, True, False, True]
    assert told[2]["error_code"] == "denied"


async def test_a_run_that_goes_on_while_one_looks_does_not_rest(model, monkeypatch):
    on = asyncio.Event()
    model.says(call("ask_person", QUESTION, "b1"))
    model.says(on, "Done.")
    who = await in_db(make_participant)
    conversation = await in_db(make_conversation, who)
    await in_db(give_browser_tool, conversation.assistant)
    await say(conversation, "Go")
    await until_rest(conversation)
    open_run = following.rows.open_run

    def answered_meanwhile(conversation_id):
        run = open_run(conversation_id)
        answers.answer(conversation, [BrowserAnswer("b1", "yes")], who)
        return run

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(following.rows, "open_run", answered_meanwhile)
        assert await in_db(following.at_rest, conversation.pk) is False
    on.set()
    assert (await until_rest(conversation))[-1].type == "run_finished"


async def test_forged_answers_change_nothing(model):
    model.says(call("ask_person", QUESTION, "b1"))
    who = await in_db(make_participant)
    conversation = await in_db(make_conversation, who)
    other = await in_db(make_conversation, who, assistant=conversation.assistant)
    await in_db(give_browser_tool, conversation.assistant)
    await say(conversation, "Go")
    await until_rest(conversation)
    with pytest.raises(NoSuchCall):
        await answer(conversation, who, BrowserAnswer("b1", "x"), BrowserAnswer("made_up", "y"))
    with pytest.raises(NoSuchCall):
        await answer(other, who, BrowserAnswer("b1", "x"))
    row = await in_db(ToolProposal.unscoped.get)
    assert (row.status, row.answer_hash) == ("pending_frontend", "")


async def test_cancel_closes_calls_and_asks_the_model_no_more(model):
    model.says(call("ask_person", QUESTION, "b1"))
    who = await in_db(make_participant)
    conversation = await in_db(make_conversation, who)
    await in_db(give_browser_tool, conversation.assistant)
    await say(conversation, "Go")
    frames = await until_rest(conversation)
    assert await in_db(cancelling.cancel, conversation)
    rest = await until_rest(conversation, frames[-1].seq)
    assert kinds(rest) == ["tool_call_resolved", "run_finished"]
    assert rest[-1].data["status"] == "cancelled"
    row = await in_db(lambda: ToolProposal.unscoped.select_related("execution").get())
    assert (row.status, row.execution.status) == ("cancelled", "cancelled")
    assert len(model.requests) == 1


async def test_a_text_that_is_stopped_midway_is_kept_as_far_as_it_was_stored(model):
    on = asyncio.Event()
    model.says("Once upon ", on, "a time")
    conversation = await in_db(make_conversation)
    await say(conversation, "Tell me a tale")
    async with asyncio.timeout(60):
        while not await in_db(lambda: conversation.events.filter(type="text_delta").exists()):
            await asyncio.sleep(0.05)
    with pytest.raises(Busy):
        await in_db(starting.say, conversation, "And?")
    assert await in_db(cancelling.cancel, conversation)
    on.set()
    frames = await until_rest(conversation)
    assert frames[-1].data["status"] == "cancelled"
    said = await in_db(lambda: conversation.messages.get(role="assistant").text)
    assert said == "Once upon "


async def test_abandonment_a_new_message_answers_for_the_open_calls(model):
    model.says(call("ask_person", QUESTION, "b1"))
    model.says("Fine.")
    who = await in_db(make_participant)
    conversation = await in_db(make_conversation, who)
    await in_db(give_browser_tool, conversation.assistant)
    await say(conversation, "Go")
    frames = await until_rest(conversation)
    await say(conversation, "Never mind")
    rest = await until_rest(conversation, frames[-1].seq)
    assert rest[-1].type == "run_finished" and rest[-1].data["status"] == "completed"
    roles = [each["role"] for each in model.requests[1].messages]
    assert roles == ["system", "user", "assistant", "tool", "user"]
    states = await in_db(lambda: list(AgentRun.unscoped.values_list("status", flat=True)))
    assert sorted(states) == ["cancelled", "completed"]
    assert (await in_db(Conversation.unscoped.get)).agent_state == "completed"


async def test_calls_beyond_the_most_of_a_step_are_refused_and_told(model):
    model.says(*[call("ask_person", QUESTION, f"c{number}") for number in range(20)])
    model.says("All done.")
    who = await in_db(make_participant)
    conversation = await in_db(make_conversation, who)
    await in_db(give_browser_tool, conversation.assistant)
    await say(conversation, "Go")
    frames = await until_rest(conversation)
    begun = [frame.data for frame in frames if frame.type == "tool_call_start"]
    assert sorted(each["tool_call_id"] for each in begun) == sorted(f"c{n}" for n in range(20))
    refused = [frame.data for frame in frames if frame.type == "tool_call_result"]
    too_many = [f"c{number}" for number in range(MOST_CALLS, 20)]
    assert [each["tool_call_id"] for each in refused] == too_many
    assert {each["error_code"] for each in refused} == {"not_allowed"}
    assert {each["external"] for each in begun if each["tool_call_id"] in too_many} == {False}
    assert len(frames[-1].data["tools"]) == MOST_CALLS
    await answer(conversation, who, *(BrowserAnswer(f"c{n}", "yes") for n in range(MOST_CALLS)))
    await until_rest(conversation, frames[-1].seq)
    rows = await in_db(
        lambda: list(ToolProposal.unscoped.order_by("position").values_list("status", flat=True))
    )
    assert rows == ["succeeded"] * MOST_CALLS + ["failed"] * (20 - MOST_CALLS)
    told = [json.loads(e["content"]) for e in model.requests[1].messages if e["role"] == "tool"]
    assert len(told) == 20 and all(each["success"] for each in told[:MOST_CALLS])
    assert {each["error_code"] for each in told[MOST_CALLS:]} == {"not_allowed"}
    assert all("at most 16" in each["message"] for each in told[MOST_CALLS:])
    shown = await in_db(reading.detail, conversation)
    calls = shown["messages"][1]["tool_calls"]
    assert len(calls) == 20 and "at most 16" in calls[-1]["result"]["message"]
