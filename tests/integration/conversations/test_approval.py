"""Calls that the conversation's user must say yes to first."""

import json

import pytest
from django.db import OperationalError

from tests.factories.conversations import give_browser_tool, make_conversation, make_participant
from tests.integration.conversations.scripted import call, kinds, until_rest
from tests.integration.conversations.test_agent import answer, in_db, say
from tools_library.approvals import answering as approvals
from tools_library.models import Approval
from voiceassist.conversations.models import Conversation
from voiceassist.conversations.services import settling
from voiceassist.conversations.services.answering import BrowserAnswer
from voiceassist.conversations.services.reading import open_calls

pytestmark = pytest.mark.embedded

QUESTION = {"question": "Really?"}


async def asked(model, **values):
    """Return a conversation that waits for its user's yes, its user, and the events so far."""
    model.says(call("ask_person", QUESTION))
    model.says("Done.")
    who = await in_db(make_participant)
    conversation = await in_db(make_conversation, who)
    await in_db(give_browser_tool, conversation.assistant, require_confirmation=True, **values)
    await say(conversation, "Go")
    frames = await until_rest(conversation)
    return conversation, who, frames


async def test_a_yes_hands_the_call_to_the_browser(model):
    conversation, who, frames = await asked(model)
    assert kinds(frames)[-3:] == ["tool_call_start", "approval_required", "run_paused"]
    required = next(frame for frame in frames if frame.type == "approval_required")
    approval = await in_db(Approval.unscoped.get)
    assert required.data["approval_id"] == approval.pk and required.data["waits_for"] == "user"
    assert (await in_db(Conversation.unscoped.get)).agent_state == "awaiting_frontend_tool"
    await in_db(approvals.answer, approval, approvals.Answer("approve"), by=who.user)
    rest = await until_rest(conversation, frames[-1].seq)
    assert kinds(rest) == ["approval_resolved", "run_paused"]
    await answer(conversation, who, BrowserAnswer("call_ask_person", {"success": True}))
    rest = await until_rest(conversation, rest[-1].seq)
    assert rest[-1].type == "run_finished" and len(model.requests) == 2


async def test_a_question_brings_the_schema_that_an_edit_must_fit(model):
    conversation, _, frames = await asked(model)
    required = next(frame for frame in frames if frame.type == "approval_required")
    [waiting] = await in_db(open_calls, conversation)
    for told in (required.data, waiting):
        assert told["input_schema"]["properties"].keys() == {"question", "kind"}
        assert told["input_schema"]["required"] == ["question"]


async def test_a_no_is_told_to_the_model_with_its_reason(model):
    conversation, who, frames = await asked(model)
    approval = await in_db(Approval.unscoped.get)
    no = approvals.Answer("reject", reason="Not today")
    await in_db(approvals.answer, approval, no, by=who.user)
    rest = await until_rest(conversation, frames[-1].seq)
    assert rest[-1].type == "run_finished"
    told = json.loads(model.requests[1].messages[-1]["content"])
    assert told["success"] is False and "Not today" in told["message"]


async def test_an_edit_changes_the_arguments_and_the_model_is_told(model):
    conversation, who, frames = await asked(model)
    approval = await in_db(Approval.unscoped.get)
    edit = approvals.Answer("edit", arguments={"question": "Sure?"})
    await in_db(approvals.answer, approval, edit, by=who.user)
    rest = await until_rest(conversation, frames[-1].seq)
    resolved = next(frame for frame in rest if frame.type == "approval_resolved")
    assert resolved.data["arguments"]["question"] == "Sure?"
    await answer(conversation, who, BrowserAnswer("call_ask_person", "ok"))
    await until_rest(conversation, rest[-1].seq)
    told = json.loads(model.requests[1].messages[-1]["content"])
    assert "question" in told["notice"]


@pytest.mark.parametrize("action", ["approved", "rejected"])
async def test_document_004s_answer_decides_and_answers_at_once(model, action):
    conversation, who, frames = await asked(model)
    one = BrowserAnswer("call_ask_person", "User did so", user_action=action)
    taken = await answer(conversation, who, one)
    assert taken == {"call_ask_person": "taken"}
    rest = await until_rest(conversation, frames[-1].seq)
    assert rest[-1].type == "run_finished"
    assert await in_db(lambda: Approval.unscoped.get().status) == action


async def test_a_no_is_kept_with_what_it_decides_however_it_goes_on(model, monkeypatch):
    conversation, who, frames = await asked(model)
    one = BrowserAnswer("call_ask_person", "User did so", user_action="rejected")

    def away(*_):
        raise OperationalError("away")

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(settling, "settle", away)
        with pytest.raises(OperationalError):
            await answer(conversation, who, one)
    assert await answer(conversation, who, one) == {"call_ask_person": "replayed"}
    rest = await until_rest(conversation, frames[-1].seq)
    assert rest[-1].type == "run_finished" and len(model.requests) == 2
