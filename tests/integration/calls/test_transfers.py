"""Putting callers through: dialled after the sentence, and what came of it on call and run."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from calls.bridge.ports import Transfer as Wish
from calls.models import Call, TranscriptItem, Transfer
from calls.services import control, lifecycle, plan, sweeping, transfers
from tests.factories.calls import make_line, only_call, post, ring_form
from tests.integration.calls.site import ended
from tests.integration.calls.test_calls import wait_for
from tools_library.models import ToolExecution
from voiceassist.assistants.services import drafts, publishing
from voiceassist.demo.scenario import Listen, Scenario, Speak, WaitForEnd
from voiceassist.foundation.errors import VoiceAssistError

SALES = "+12025550143"


@pytest.fixture
def shop(site):
    """A site whose assistant may put callers through."""
    may_transfer(site, ["Sales: +1 202 555 0143"])
    return site


def may_transfer(site, numbers):
    assistant = site.assistant
    settings = {"enabled": True, "transfer_numbers": numbers}
    assistant.tools_settings = assistant.tools_settings | {"transfer_call": settings}
    drafts.save(assistant)
    publishing.publish(assistant, None)


def run_of(call):
    return ToolExecution.unscoped.get(call=call, tool_name="transferCall")


def test_somebody_answers_and_the_call_ends_as_transferred(shop):
    report = shop.ring("transfer_answered")
    call = ended(report)
    assert report.warnings == []
    assert (report.dialled, report.ended_by) == ([SALES], "transfer")
    assert (call.status, call.ended_reason) == ("completed", "transferred")
    assert SALES in call.ended_detail
    run = run_of(call)
    assert (run.status, run.output_result["data"]) == ("success", {"status": "answered"})
    assert Transfer.unscoped.get().status == "completed"
    said = TranscriptItem.unscoped.filter(call=call, role="assistant").last()
    assert said.heard_text == said.text == "I am putting you through."
    dial = next(text for text in report.twiml if "<Dial" in text)
    assert 'answerOnBridge="true"' in dial
    assert f'callerId="{call.to_number}"' in dial


def test_a_busy_callee_brings_the_caller_back_to_the_assistant(shop):
    report = shop.ring("transfer_busy")
    call = ended(report)
    assert report.warnings == []
    assert report.reconnects == 1
    assert (call.status, call.ended_reason) == ("completed", "assistant_ended")
    run = run_of(call)
    assert (run.status, run.error_code) == ("error", "connection_failed")
    assert "busy" in run.message
    assert Transfer.unscoped.get().status == "busy"
    lines = [line.text for line in TranscriptItem.unscoped.filter(call=call, role="assistant")]
    assert "I'm sorry, I could not reach anybody there. What else can I do?" in lines
    assert lines[-1] == "You are welcome. Goodbye and safe riding."


def test_a_number_that_staff_did_not_write_down_is_never_dialled(site):
    may_transfer(site, ["Workshop: +12025550155"])
    scenario = Scenario(
        description="made up",
        caller=(Listen(), Speak(text="Transfer me to a human."), Listen(), Listen(quiet_ms=900)),
    )
    report = site.ring(scenario)
    call = ended(report)
    assert report.dialled == []
    run = run_of(call)
    assert (run.status, run.error_code) == ("error", "invalid_arguments")
    assert "Workshop" in run.message
    assert not Transfer.unscoped.exists()


def test_staff_puts_a_caller_through_to_any_number(site):
    scenario = Scenario(description="waits", caller=(Listen(), WaitForEnd(at_most_ms=90_000)))
    with ThreadPoolExecutor(1) as thread:
        ringing = thread.submit(site.ring, scenario)
        wait_for(lambda: TranscriptItem.unscoped.filter(status="completed").exists())
        control.transfer(Call.unscoped.get(), "+1 202 555 0166", None)
        report = ringing.result()
    call = ended(report)
    assert report.dialled == ["+12025550166"]
    assert call.ended_reason == "transferred"
    assert Transfer.unscoped.get().tool_call_id == ""
    assert TranscriptItem.unscoped.filter(text__startswith="I'm putting you through").exists()


@pytest.mark.parametrize(
    ("to", "status", "problem"),
    [("nobody", "in-progress", "number"), (SALES, "ringing", "not in progress")],
)
def test_a_transfer_that_cannot_be_says_why(calls_db, to, status, problem):
    make_line()
    post("/twilio/voice", ring_form())
    Call.unscoped.update(status=status)
    with pytest.raises(VoiceAssistError) as error:
        control.transfer(only_call(), to, None)
    assert problem in f"{error.value.public_message} {getattr(error.value, 'fields', '')}"


class TestWebhooks:
    """What the phone company posts of a dialled leg."""

    @pytest.fixture(autouse=True)
    def transfer(self, calls_db):
        make_line()
        post("/twilio/voice", ring_form())
        lifecycle.answer(only_call())
        self.row = transfers.ask(only_call(), Wish(SALES, "Sales"))
        self.path = f"/twilio/dial-result?transfer={self.row.pk}"

    def result(self, word, **more):
        form = ring_form(CallStatus="in-progress", DialCallStatus=word) | more
        return post(self.path, form, headers={"I-Twilio-Idempotency-Token": "d1"})[1]

    def status(self):
        self.row.refresh_from_db()
        return self.row.status

    def test_dialling_is_asked_for_again_as_often_as_it_is_fetched(self):
        first = post("/twilio/resume", ring_form())[1]
        assert f"{SALES}</Number>" in first
        assert post("/twilio/resume", ring_form())[1] == first
        assert self.status() == "dialling"

    @pytest.mark.parametrize("word", ["busy", "no-answer", "failed", "levitating"])
    def test_nobody_reached_brings_the_assistant_back_once(self, word):
        post("/twilio/resume", ring_form())
        first = self.result(word)
        assert "<Stream" in first
        assert self.result(word) == first
        assert only_call().ended_reason == ""
        token = re.search(r"/twilio/media/([^\"]+)", first).group(1)
        with transaction.atomic():
            opened = plan.open_stream(token).plan
        assert opened.returns_with == "transfer_failed"
        assert opened.history[-1].role == "system"

    def test_a_talk_that_is_over_ends_the_call_once(self):
        post("/twilio/resume", ring_form())
        leg = ring_form("CA2", ParentCallSid="CA1", CallStatus="in-progress")
        post(f"/twilio/status?transfer={self.row.pk}", leg)
        assert self.status() == "answered"
        assert "<Hangup" in self.result("completed")
        assert "<Hangup" in self.result("completed")
        assert (self.status(), only_call().ended_reason) == ("completed", "transferred")

    def test_a_caller_who_hangs_up_while_it_rings_was_not_transferred(self):
        post("/twilio/resume", ring_form())
        post("/twilio/status", ring_form(CallStatus="completed", SequenceNumber="3"))
        assert "<Hangup" in self.result("no-answer", CallStatus="completed")
        assert (self.status(), only_call().ended_reason) == ("canceled", "caller_hung_up")

    def test_a_caller_who_hangs_up_while_talking_was_transferred(self):
        post("/twilio/resume", ring_form())
        leg = ring_form("CA2", ParentCallSid="CA1", CallStatus="in-progress")
        post(f"/twilio/status?transfer={self.row.pk}", leg)
        post("/twilio/status", ring_form(CallStatus="completed", SequenceNumber="3"))
        assert (self.status(), only_call().ended_reason) == ("completed", "transferred")

    def test_another_calls_leg_changes_nothing(self):
        leg = ring_form("CA2", ParentCallSid="CA9", CallStatus="in-progress")
        assert post(f"/twilio/status?transfer={self.row.pk}", leg)[0] == 204
        assert self.status() == "asked"

    def test_what_nobody_reports_is_swept(self):
        post("/twilio/resume", ring_form())
        long_ago = timezone.now() - timedelta(minutes=4)
        Transfer.unscoped.update(created_at=long_ago)
        sweeping.sweep()
        assert self.status() == "failed"
        assert only_call().ended_reason == "", "the phone company may still tell"

    @pytest.mark.parametrize("signature", ["", "bm9wZQ=="])
    def test_nothing_unsigned_is_taken(self, signature):
        assert post(self.path, ring_form(DialCallStatus="completed"), signature)[0] == 403
        assert self.status() == "asked"
