"""Whole calls over real sockets: a simulated phone on one side, the stand-in model on the other."""

import asyncio

import pytest

from calls.bridge.playback import Playback
from calls.choices import EndedReason
from calls.models import Call, TranscriptItem
from calls.services import control
from calls.services.start import start_call
from tests.factories.calls import OUR_NUMBER
from tests.factories.pages import make_call
from tests.integration.calls.site import ended
from tools_library.models import ToolExecution
from voiceassist.demo.scenario import HangUp, Listen, LoseNetwork, Scenario, Speak, WaitForEnd
from voiceassist.foundation.providers import twilio


def lines_of(call):
    return list(TranscriptItem.unscoped.filter(call=call))


def test_a_call_from_the_ring_to_the_heard_farewell(site):
    report = site.ring("demo")
    call = ended(report)
    assert report.warnings == []
    assert (call.status, call.ended_reason) == ("completed", "assistant_ended")
    said = [(line.role, line.text) for line in lines_of(call)]
    assert said == [
        ("assistant", "Hello, this is Juniper Cycles. How can I help?"),
        ("caller", "Hello, where is my order 1042?"),
        ("assistant", "Your order 1042 is on its way."),
        ("caller", "Great, thank you. Goodbye."),
        ("assistant", "You are welcome. Goodbye and safe riding."),
    ]
    assert all(line.heard_text == line.text for line in lines_of(call))
    assert report.ended_by == "server", "the product hangs up after the farewell"
    lookup, hang_up = ToolExecution.unscoped.filter(call=call).order_by("id")
    assert (lookup.status, lookup.input_parameters) == ("success", {"order_id": "1042"})
    assert (hang_up.tool_name, hang_up.status) == ("endCall", "success")
    assert call.usage["total_tokens"] > 0


def test_barge_in_leaves_what_was_really_heard(site, monkeypatch):
    tick, late_ms = Playback.tick, []

    def tick_and_note(self, timestamp_ms, now):
        late_ms.append(now * 1000 - timestamp_ms)
        tick(self, timestamp_ms, now)

    monkeypatch.setattr(Playback, "tick", tick_and_note)
    report = site.ring("barge_in")
    call = ended(report)
    assert report.warnings == []
    cut = [line for line in lines_of(call) if line.status == "interrupted"]
    assert len(cut) == len(report.clears) == 1
    assert 0 < cut[0].heard_ms < cut[0].generated_ms
    kept_waiting_ms = max(late_ms) - min(late_ms)  # either side, by a machine that is busy
    assert abs(cut[0].heard_ms - report.clears[0].played_ms) <= 60 + 2 * kept_waiting_ms
    assert cut[0].text.startswith(cut[0].heard_text)
    assert len(cut[0].heard_text) < len(cut[0].text)
    assert call.metrics["interruptions"] == 1


def test_a_caller_who_says_nothing_is_asked_and_then_left_in_peace(site):
    scenario = Scenario(description="silent", caller=(WaitForEnd(at_most_ms=90_000),))
    report = site.ring(scenario)
    call = ended(report)
    assert call.ended_reason == EndedReason.SILENCE
    texts = [line.text for line in lines_of(call)]
    assert "Are you still there?" in texts[1]
    assert texts[-1].endswith("Goodbye.")
    assert report.ended_by == "server"


def test_a_caller_who_hangs_up_ends_the_call_and_half_a_sentence_stays_half(site):
    report = site.ring("hang_up")
    call = ended(report)
    assert (call.status, call.ended_reason) == ("completed", "caller_hung_up")
    last = lines_of(call)[-1]
    assert last.status == "interrupted"
    assert last.heard_ms < last.generated_ms


def test_keys_reach_the_conversation(site):
    report = site.ring("keys")
    call = ended(report)
    assert "Pressed 1#" in [line.text for line in lines_of(call)]


def test_a_line_that_drops_comes_back_and_the_conversation_goes_on(site):
    caller = (Listen(), Speak(text="Hello, is"), LoseNetwork(), Listen(), HangUp())
    report = site.ring(Scenario(description="lost", caller=caller))
    call = ended(report)
    assert len(report.stream_sids) == 2
    assert call.ended_reason == EndedReason.CALLER_HUNG_UP
    spoken = [line.text for line in lines_of(call) if line.role == "assistant"]
    assert spoken == [
        "Hello, this is Juniper Cycles. How can I help?",
        "I'm sorry, the line dropped for a moment. Please go on.",
    ]


# --- trouble with the model -----------------------------------------------------------------


def test_a_model_that_refuses_us_is_apologized_for_by_the_phone_companys_voice(site):
    site.behave(handshake_status=401)
    report = site.ring("demo")
    call = ended(report)
    assert call.ended_reason == EndedReason.MODEL_UNREACHABLE
    assert "401" in call.ended_detail
    assert report.verbs[-2:] == ["Say", "HangUp"]


@pytest.mark.parametrize("code", ["insufficient_quota", "rate_limit_exceeded"])
def test_a_model_that_fails_gets_a_sentence_and_a_goodbye(site, code):
    site.behave(fail_responses=9, fail_code=code)
    report = site.ring("demo")
    call = ended(report)
    assert (call.ended_reason, call.ended_detail.split(":")[0]) == ("model_failed", code)
    assert report.verbs[-2:] == ["Say", "HangUp"]


def test_a_passing_failure_is_tried_once_more_and_not_noticed(site):
    site.behave(fail_responses=1, fail_code="server_error")
    report = site.ring("demo")
    assert ended(report).ended_reason == "assistant_ended"


def test_a_model_that_is_lost_is_replaced_and_the_conversation_goes_on(site):
    site.behave(drop_at_event="input_audio_buffer.speech_stopped")
    caller = site.caller("demo")

    async def ring():
        task = asyncio.create_task(caller.run())
        while len(site.stand_ins.sessions) < 1:
            await asyncio.sleep(0.05)
        site.behave()
        return await task

    report = asyncio.run(ring())
    call = ended(report)
    assert len(report.stream_sids) == 2
    assert any(line.text.startswith("I'm sorry,") for line in lines_of(call))
    assert [line.text for line in lines_of(call)].count(
        "Hello, this is Juniper Cycles. How can I help?"
    ) == 1
    positions = [line.position for line in lines_of(call)]
    assert positions == sorted(positions)


@pytest.mark.parametrize(
    "behaviour",
    [
        {"malformed_at_event": 5},
        {"error_event_every": 7},
        {"transcripts": "never"},
        {"transcripts": "failed"},
        {"response_races": 3},
        {"stale_deltas": 5},
        {"repeat_calls_done": True},
        {"unknown_event_every": 2},
        {"session_updated_delay_ms": 1_500},
        {"incomplete_responses": 1},
    ],
    ids=lambda behaviour: next(iter(behaviour)),
)
def test_an_odd_model_does_not_end_the_call(site, behaviour):
    site.behave(**behaviour)
    report = site.ring("demo", seconds=25)
    call = ended(report)
    assert report.warnings == []
    assert call.ended_reason in {"assistant_ended", "caller_hung_up", "silence"}
    runs = ToolExecution.unscoped.filter(call=call, tool_name="lookup_order")
    assert runs.count() <= 1, "one run for one function call, however often it is told"


# --- outgoing, control ------------------------------------------------------------------------


def wait_for(probe, seconds=120.0):
    import threading
    import time

    pause, until = threading.Event(), time.monotonic() + seconds
    while time.monotonic() < until:
        if probe():
            return
        pause.wait(0.05)
    raise AssertionError("it did not happen")


def outgoing(site):
    organization = site.assistant.organization
    call = start_call(
        organization, "+1 202 555 0188", "Ask about order 1042.", site.assistant, None
    )
    assert call.call_sid
    assert call.is_simulated
    return call


def test_an_outgoing_call_rings_the_simulated_phone_and_carries_its_instruction(site):
    call = outgoing(site)
    wait_for(lambda: Call.unscoped.get(pk=call.pk).ended_reason)
    call.refresh_from_db()
    assert (call.direction, call.status, call.ended_reason) == (
        "outbound",
        "completed",
        "assistant_ended",
    )
    log = next(iter(site.stand_ins.sessions)).as_json()
    configured = next(e for e in log["received"] if e["event"]["type"] == "session.update")
    assert "Ask about order 1042." in configured["event"]["session"]["instructions"]


@pytest.mark.parametrize("outcome", ["busy", "no-answer", "failed"])
def test_an_outgoing_call_that_nobody_takes_says_so(site, outcome):
    site.behave(phone_outcome=outcome, phone_repeat_statuses=True, phone_shuffle_statuses=True)
    call = outgoing(site)
    wait_for(lambda: Call.unscoped.get(pk=call.pk).ended_reason)
    call.refresh_from_db()
    assert call.status == outcome


def test_staff_end_a_call_politely(site):
    site.behave(phone_scenario="silent_caller")
    call = outgoing(site)
    wait_for(lambda: lines_of(call))  # before that there may be no model to say goodbye
    wait_for(lambda: Call.unscoped.get(pk=call.pk).answered_at)
    control.end_call(Call.unscoped.get(pk=call.pk), None)
    wait_for(lambda: Call.unscoped.get(pk=call.pk).ended_reason)
    call.refresh_from_db()
    assert call.ended_reason == EndedReason.STAFF_ENDED
    assert lines_of(call)[-1].text.startswith("I have to end our call here.")
    assert lines_of(call)[-1].status == "completed", "it was heard"


def test_a_call_that_is_answered_while_staff_end_it_is_hung_up_at_the_phone_company(site):
    """Its stream is not open yet, so that nobody hears that it is to end."""
    waits = "<Response><Pause length='600'/></Response>"
    line = twilio.client().calls.create(to="+12025550188", from_=OUR_NUMBER, twiml=waits)
    wait_for(lambda: line.fetch().status == "in-progress")
    ringing = make_call(
        site.assistant.organization, call_sid=line.sid, status="ringing", answered_at=None
    )
    control.end_call(ringing, None)
    wait_for(lambda: line.fetch().status == "completed")
    ringing.refresh_from_db()
    assert (ringing.status, ringing.ended_reason) == ("completed", EndedReason.STAFF_ENDED)


def test_a_note_of_staff_reaches_the_model_and_not_the_caller(site):
    site.behave(phone_scenario="silent_caller")
    call = outgoing(site)
    wait_for(lambda: Call.unscoped.get(pk=call.pk).answered_at)
    control.give_note(Call.unscoped.get(pk=call.pk), "Offer a discount.", None)

    def told():
        logs = [each.as_json() for each in list(site.stand_ins.sessions)]
        return any("Offer a discount." in str(e["event"]) for log in logs for e in log["received"])

    wait_for(told)
    control.end_call(Call.unscoped.get(pk=call.pk), None)
    wait_for(lambda: Call.unscoped.get(pk=call.pk).ended_reason)
    assert all("discount" not in line.text for line in lines_of(call))
