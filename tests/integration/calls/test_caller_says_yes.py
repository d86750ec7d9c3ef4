"""Whole calls whose tool needs the caller's yes: it runs once, and only after they said it."""

import pytest

from calls.models import TranscriptItem
from tests.integration.calls.asking import QUESTION, booked, booking, caller, runs_of
from tests.integration.calls.site import ended
from tools_library.approvals import expiry
from tools_library.models import Approval
from voiceassist.demo.scenario import BargeIn, Keys, Listen, Speak, Wait


@pytest.fixture
def shop(site):
    """A site whose workshop is booked only after the caller's yes."""
    booking(site, require_confirmation=True)
    return site


def said(call):
    return [line.text for line in TranscriptItem.unscoped.filter(call=call, role="assistant")]


def in_order(lines, *wanted):
    return [line for line in lines if line in wanted][: len(wanted)] == list(wanted)


DONE = "The workshop expects you on Tuesday at ten."
YES = (Listen(), Speak(text="Yes, please."), Listen(words="expects you"))
YES_TWICE = (*YES, Speak(text="Yes, please."), Listen())
KEY_1 = (Listen(), Keys(digits="1#"), Listen(words="expects you"))


@pytest.mark.parametrize("answer", [YES_TWICE, KEY_1], ids=["says yes", "presses 1"])
def test_a_caller_is_asked_and_their_yes_runs_the_tool_once(shop, answer):
    report = shop.ring(caller(*answer))
    call = ended(report)
    assert report.warnings == []
    assert in_order(said(call), QUESTION, DONE)
    assert (runs_of(call)[0].status, booked(shop)) == ("success", 1)
    question = Approval.unscoped.order_by("id").first()
    assert (question.status, question.decided_by_name) == ("approved", "The caller")
    assert question.asked_at < question.heard_at < question.decided_at


NO = (Listen(), Speak(text="I would rather not."), Listen())
UNCLEAR = (Listen(), Speak(text="Hm, what does that cost?"), Listen())
SILENCE = (Listen(), Wait(ms=2_500))


@pytest.mark.parametrize("answer", [NO, UNCLEAR, SILENCE], ids=["no", "unclear", "silence"])
def test_without_a_yes_nothing_runs_and_the_question_is_closed(shop, answer):
    call = ended(shop.ring(caller(*answer)))
    assert booked(shop) == 0
    (run,) = runs_of(call)
    assert run.status == "awaiting_approval"
    Approval.unscoped.update(expires_at=Approval.unscoped.get().asked_at)
    expiry.sweep()
    (run,) = runs_of(call)
    assert (run.status, run.error_code, booked(shop)) == ("denied", "expired", 0)


def test_a_yes_before_the_question_was_heard_is_asked_for_again(shop):
    early = (
        BargeIn(text="Yes, please.", after_ms=500),
        Listen(words="shall I"),
        Speak(text="Yes, please."),
        Listen(words="expects you"),
    )
    call = ended(shop.ring(caller(*early)))
    assert in_order(said(call), QUESTION, "Once more: shall I?", DONE)
    assert [run.status for run in runs_of(call)] == ["success", "denied"]
    assert booked(shop) == 1


def test_a_model_that_claims_the_callers_yes_runs_nothing(shop):
    insisting = caller(Listen(quiet_ms=900), first="Please insist on Tuesday.")
    report = shop.ring(insisting)
    call = ended(report)
    asked = shop.stand_ins.sessions[-1].sent_of("response.function_call_arguments.done")
    assert len(asked) == 2, "the model called it again by itself"
    waiting, claimed = runs_of(call)
    assert (waiting.status, claimed.status) == ("awaiting_approval", "denied")
    assert "has not answered" in claimed.message
    assert booked(shop) == 0
