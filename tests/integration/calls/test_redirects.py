"""What follows a stream: a caller neither goes round for ever nor is lost by a repetition."""

import re
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from calls.live import live_calls
from calls.models import Call, MediaTicket
from calls.services import incoming, lifecycle, plan, tickets
from calls.services.errors import ServerStopping
from calls.services.incoming import Redirected
from calls.services.start import start_call
from tests.factories.calls import make_line, only_call, post, ring_form
from voiceassist.foundation.health import board

pytestmark = pytest.mark.usefixtures("calls_db")


@pytest.fixture
def draining():
    live_calls.draining = True
    yield
    live_calls.draining = False


@pytest.fixture
def line():
    line = make_line()
    post("/twilio/voice", ring_form())
    return line


def token_of(twiml):
    return re.search(r'/twilio/media/([^"]+)"', twiml).group(1)


def resume(delivery="", **more):
    with transaction.atomic():
        return incoming.next_verb(ring_form(), Redirected(delivery, **more))


def test_a_handshake_that_is_always_refused_ends_in_a_goodbye(line):
    verbs = [resume(f"delivery {number}") for number in range(5)]
    assert ["<Stream" in verb for verb in verbs] == [True, True, True, False, False]
    assert "<Say" in verbs[3]
    assert only_call().ended_reason == "stream_lost"


@pytest.mark.parametrize("reason", ["model_lost", "stream_lost", "server_stopped"])
def test_streams_that_break_again_and_again_end_the_call_with_what_broke_them(line, reason):
    for number in range(4):
        twiml = resume(f"delivery {number}")
        if "<Stream" in twiml:
            with transaction.atomic():
                ticket = tickets.claim(token_of(twiml))
            lifecycle.stream_closed(only_call(), ticket.pk, {}, reason)
    assert only_call().ended_reason == reason


def test_without_names_of_deliveries_refusals_are_counted_too(line):
    for _ in range(3):
        assert "<Stream" in resume()
        earlier = timezone.now() - timedelta(seconds=2)
        MediaTicket.unscoped.filter(resumed=True).update(created_at=earlier)
    assert "<Stream" not in resume()


def test_a_delivery_that_is_repeated_after_its_stream_opened_gets_the_same_answer(line):
    first = resume("delivery 1")
    with transaction.atomic():
        tickets.claim(token_of(first))
    assert resume("delivery 1") == first
    assert resume("delivery 2") != first


def test_the_name_of_a_delivery_is_taken_from_its_header(line, monkeypatch):
    seen = []
    monkeypatch.setattr(incoming, "next_verb", lambda form, redirect: seen.append(redirect) or "")
    form = ring_form()
    post("/twilio/resume?waited=3", form, headers={"I-Twilio-Idempotency-Token": "d1"})
    assert seen == [Redirected("d1", waited=3)]


def test_a_stopping_server_lets_a_caller_wait_for_another_one(line, draining):
    status, twiml = post("/twilio/resume", ring_form())
    assert status == 200
    assert '<Pause length="1"' in twiml
    assert "/twilio/resume?waited=1</Redirect>" in twiml
    assert "<Stream" not in twiml
    assert only_call().ended_reason == ""


def test_a_caller_whom_no_server_takes_hears_a_goodbye_at_last(line, draining):
    path, asked = "/twilio/resume", 0
    while path:
        twiml, asked = post(path, ring_form())[1], asked + 1
        again = re.search(r"(/twilio/resume\?waited=\d+)<", twiml)
        path = again.group(1) if again and asked < 50 else ""
    assert asked == incoming.WAITS_MAX + 1
    assert "<Say" in twiml
    assert only_call().ended_reason == "server_stopped"


def test_a_call_that_is_over_is_hung_up_by_a_stopping_server(line, draining):
    lifecycle.end(only_call(), "assistant_ended")
    assert "<Hangup" in post("/twilio/resume", ring_form())[1]


def test_a_stopping_server_starts_no_calls_and_says_so(line, draining):
    with pytest.raises(ServerStopping, match="try again"):
        start_call(line.organization, "+12025550101", "Ask.", line.assistant, None)
    assert Call.unscoped.count() == 1


async def test_health_fails_while_no_calls_are_taken(monkeypatch):
    monkeypatch.setattr(board, "checks", {"calls": board.checks["accepting_calls"]})
    assert (await board.report())[0]
    monkeypatch.setattr(live_calls, "draining", True)
    assert not (await board.report())[0]


def test_the_first_stream_that_opens_late_greets_like_any_first_one(line):
    twiml = resume("delivery 1")
    with transaction.atomic():
        assert not plan.open_stream(token_of(twiml)).plan.resumed


def test_the_stream_after_an_answered_one_goes_on_without_a_greeting(line):
    lifecycle.answer(only_call())
    twiml = resume("delivery 1")
    with transaction.atomic():
        assert plan.open_stream(token_of(twiml)).plan.resumed


def test_an_outgoing_call_may_wait_its_turn_at_the_phone_company(line):
    call = only_call()
    MediaTicket.unscoped.all().delete()
    call.direction = "outbound"
    tickets.issue(call)
    left = MediaTicket.unscoped.get().expires_at - timezone.now()
    assert timedelta(minutes=29) < left <= timedelta(minutes=30)


def test_a_form_with_too_many_fields_is_refused():
    status, text = post("/twilio/voice", {f"f{number}": "1" for number in range(1001)}, "bad")
    assert (status, "fields" in text) == (413, True)
