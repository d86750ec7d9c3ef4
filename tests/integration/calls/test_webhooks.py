"""What Twilio posts, and what it is answered."""

import re
from datetime import timedelta

import pytest

from calls.models import Call, MediaTicket
from calls.services import lifecycle, tickets
from tests.factories.calls import make_line, only_call, post, ring_form
from voiceassist.assistants.services import drafts

pytestmark = pytest.mark.usefixtures("calls_db")


def token_of(twiml: str) -> str:
    return re.search(r'url="ws://testserver/twilio/media/([^"]+)"', twiml).group(1)


def test_a_ring_makes_a_call_and_opens_a_stream_with_a_way_back():
    line = make_line()
    status, twiml = post("/twilio/voice", ring_form())
    call = only_call()
    assert status == 200
    assert token_of(twiml)
    assert '<Redirect method="POST">http://testserver/twilio/resume</Redirect>' in twiml
    assert "statusCallback" in twiml
    assert (call.call_sid, call.status, call.assistant) == ("CA1", "ringing", line.assistant)
    assert call.assistant_version == line.assistant.published_version


def test_a_repeated_ring_gets_the_same_answer_and_has_one_effect():
    make_line()
    answers = {post("/twilio/voice", ring_form()) for _ in range(3)}
    assert len(answers) == 1
    assert Call.unscoped.count() == MediaTicket.unscoped.count() == 1


@pytest.mark.parametrize("path", ["voice", "status", "stream-status", "resume"])
@pytest.mark.parametrize("signature", ["", "bm9wZQ=="])
def test_nothing_unsigned_is_taken(path, signature):
    make_line()
    status, _ = post(f"/twilio/{path}", ring_form(), signature)
    assert status == 403
    assert not Call.unscoped.exists()


def test_a_signature_over_another_form_is_refused():
    make_line()
    _, form = None, ring_form()
    from tests.factories.calls import sign

    signature = sign("/twilio/voice", form)
    assert post("/twilio/voice", form | {"To": "+12025550199"}, signature)[0] == 403


def test_both_spellings_of_a_route_answer():
    make_line()
    assert post("/twilio/voice/", ring_form())[0] == 200


def test_a_number_that_is_not_ours_hears_so_and_leaves_no_row():
    make_line()
    status, twiml = post("/twilio/voice", ring_form(To="+12025550199"))
    assert status == 200
    assert "not in service" in twiml
    assert "<Hangup" in twiml
    assert not Call.unscoped.exists()


def test_an_assistant_that_is_switched_off_is_not_rung_and_the_row_says_why():
    line = make_line()
    line.assistant.is_active = False
    drafts.save(line.assistant)
    _, twiml = post("/twilio/voice", ring_form())
    call = only_call()
    assert "<Hangup" in twiml
    assert (call.status, call.ended_reason) == ("failed", "rejected")
    assert "active and published" in call.ended_detail


def status_form(word, sequence, **more):
    return ring_form(CallStatus=word, SequenceNumber=str(sequence), **more)


def report(*words):
    for sequence, word in words:
        assert post("/twilio/status", status_form(word, sequence))[0] == 204


def test_statuses_in_any_order_lead_to_the_same_end():
    make_line()
    post("/twilio/voice", ring_form())
    report((3, "completed"), (0, "initiated"), (2, "in-progress"), (1, "ringing"), (3, "completed"))
    call = only_call()
    assert (call.status, call.ended_reason) == ("completed", "caller_hung_up")
    assert call.ended_at is not None


def test_a_late_ringing_does_not_move_an_answered_call_back():
    make_line()
    post("/twilio/voice", ring_form())
    report((2, "in-progress"), (1, "ringing"))
    assert only_call().status == "in-progress"


@pytest.mark.parametrize(
    ("word", "reason"), [("busy", "not_answered"), ("no-answer", "not_answered")]
)
def test_unanswered_calls_say_so(word, reason):
    make_line()
    post("/twilio/voice", ring_form())
    report((1, word))
    assert (only_call().status, only_call().ended_reason) == (word, reason)


def test_unknown_calls_and_words_are_borne():
    assert post("/twilio/status", status_form("completed", 1))[0] == 204
    make_line()
    post("/twilio/voice", ring_form())
    report((1, "levitating"))
    assert only_call().status == "ringing"


def test_a_status_finds_a_call_whose_sid_is_not_stored_yet():
    make_line()
    post("/twilio/voice", ring_form())
    Call.unscoped.update(call_sid=None)
    post(f"/twilio/status?call={only_call().pk}", status_form("ringing", 1, CallSid="CA9"))
    post(f"/twilio/status?call={only_call().pk}", status_form("busy", 2, CallSid="CA9"))
    assert (only_call().status, only_call().call_sid) == ("busy", "CA9")


def test_after_an_ended_stream_comes_the_hang_up_with_last_words():
    make_line()
    post("/twilio/voice", ring_form())
    lifecycle.end(only_call(), "model_failed", last_words="Sorry, goodbye.")
    status, twiml = post("/twilio/resume", ring_form())
    assert status == 200
    assert '<Say language="en-US">Sorry, goodbye.</Say><Hangup' in twiml


def test_a_call_that_goes_on_gets_a_new_stream_at_most_three_times(monkeypatch):
    monkeypatch.setattr(tickets, "REPEATED_WITHIN", timedelta(minutes=1))  # on a slow machine too
    make_line()
    post("/twilio/voice", ring_form())
    tokens = set()
    for _ in range(3):
        _, twiml = post("/twilio/resume", ring_form())
        assert post("/twilio/resume", ring_form())[1] == twiml, "repeated: same answer"
        tokens.add(token_of(twiml))
        tickets.claim(token_of(twiml))
    assert len(tokens) == 3
    _, twiml = post("/twilio/resume", ring_form())
    assert "<Stream" not in twiml
    assert "<Say" in twiml
    assert only_call().ended_reason == "stream_lost"


def test_a_form_that_is_too_large_is_refused():
    make_line()
    assert post("/twilio/voice", ring_form(Body="x" * 70_000))[0] == 413
