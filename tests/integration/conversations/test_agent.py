"""The agent's run: text, calls on the server and in the browser, pauses, the model's next step."""

import asyncio
import json

import pytest

from tests.factories.conversations import give_browser_tool, make_conversation, make_participant
from tests.integration.conversations.scripted import call, kinds, until_rest
from voiceassist.conversations.models import AgentRun, Conversation, Message, ToolProposal
from voiceassist.conversations.services import answering, starting
from voiceassist.conversations.services.answering import BrowserAnswer
from voiceassist.conversations.services.database import threads
from voiceassist.foundation.events.transport import live_loop

pytestmark = pytest.mark.embedded


@pytest.fixture(autouse=True)
def on_this_loop(model):
    """Drive on the test's own loop."""
    return model


async def say(conversation, text):
    live_loop.bind(asyncio.get_running_loop())
    return await threads.run_open(starting.say, conversation, text)


async def answer(conversation, who, *answers):
    return await threads.run_open(answering.answer, conversation, answers, who)


async def in_db(work, *args, **named):
    return await threads.run_open(work, *args, **named)


async def test_text_is_shown_piece_by_piece_and_kept_whole(model):
    model.says("Hel", "lo ", "there.")
    conversation = await in_db(make_conversation)
    await say(conversation, "Hi")
    frames = await until_rest(conversation)
    assert kinds(frames) == [
        "run_started", "user_message", "text_delta", "message_completed", "run_finished",
    ]  # fmt: skip
    assert "".join(f.data["delta"] for f in frames if f.type == "text_delta") == "Hello there."
    assert [frame.seq for frame in frames] == sorted({frame.seq for frame in frames})
    stored = await in_db(lambda: list(Message.unscoped.values_list("role", "text")))
    assert stored == [("user", "Hi"), ("assistant", "Hello there.")]
    again = await until_rest(conversation)
    assert [(f.seq, f.type, f.data) for f in again] == [(f.seq, f.type, f.data) for f in frames]
    assert (await in_db(Conversation.unscoped.get)).agent_state == "completed"


async def test_a_browser_tool_pauses_the_run_and_its_answer_goes_on(model):
    model.says("One moment.", call("ask_person", {"question": "Your name?"}))
    model.says("Hello Kim.")
    who = await in_db(make_participant)
    conversation = await in_db(make_conversation, who)
    await in_db(give_browser_tool, conversation.assistant)
    await say(conversation, "Ask me")
    frames = await until_rest(conversation)
    assert kinds(frames)[-2:] == ["tool_call_start", "run_paused"]
    start = next(frame for frame in frames if frame.type == "tool_call_start")
    assert json.loads(start.data["delta"]) == {"question": "Your name?", "kind": "text"}
    assert start.data["external"] is True
    row = await in_db(Conversation.unscoped.get)
    assert row.agent_state == "awaiting_frontend_tool"
    assert [each["name"] for each in row.pending_frontend_tools] == ["ask_person"]
    taken = await answer(conversation, who, BrowserAnswer("call_ask_person", "Kim"))
    assert taken == {"call_ask_person": "taken"}
    rest = await until_rest(conversation, frames[-1].seq)
    assert kinds(rest) == [
        "tool_call_resolved", "run_resumed", "text_delta", "message_completed", "run_finished",
    ]  # fmt: skip
    sent = model.requests[1].messages
    assert [each["role"] for each in sent] == ["system", "user", "assistant", "tool"]
    assert json.loads(sent[3]["content"])["message"] == "Kim"
    run = await in_db(AgentRun.unscoped.get)
    assert (run.status, run.step, run.usage) == ("completed", 2, {"total_tokens": 14})


async def test_an_unknown_tool_and_broken_arguments_are_told_to_the_model(model):
    model.says(call("no_such_tool", {}, "a"), call("ask_person", "{not json", "b"))
    model.says("Sorry.")
    conversation = await in_db(make_conversation)
    await in_db(give_browser_tool, conversation.assistant)
    await say(conversation, "Go")
    frames = await until_rest(conversation)
    assert frames[-1].type == "run_finished"
    outputs = [json.loads(each["content"]) for each in model.requests[1].messages[-2:]]
    assert [each["error_code"] for each in outputs] == ["unknown_tool", "invalid_arguments"]
    statuses = await in_db(lambda: list(ToolProposal.unscoped.values_list("status", flat=True)))
    assert statuses == ["failed", "failed"]
