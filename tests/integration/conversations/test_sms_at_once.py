"""Several workers, and the person, at one conversation by text message at the same moment."""

import threading
from concurrent.futures import ThreadPoolExecutor

from django.db import connection
from django.db.models import F

from tests.factories.calls import CALLER, OUR_NUMBER
from tests.integration.conversations.scripted import call
from tests.integration.conversations.test_sms import (
    ask,
    failing,
    give_order_tool,
    left_waiting,
    statuses,
    wait_for_rows,
)
from tests.integration.conversations.texter import EMPTY, SECONDS
from tests.services.locks import somebody_waits
from tests.services.ports import wait_for
from voiceassist.conversations.models import AgentRun, IncomingText, OutgoingText
from voiceassist.conversations.services import answering, sms_receiving, sms_sending
from voiceassist.conversations.services.sms_receiving import Delivery


def stop_written():
    """Write STOP, in a thread of its own."""
    try:
        return sms_receiving.receive(Delivery("SM-stop", CALLER, OUR_NUMBER, "STOP"))
    finally:
        connection.close()


def test_a_yes_and_a_stop_at_the_same_moment_wait_for_each_other_in_one_order(
    model, texter, monkeypatch
):
    ask(model, texter)
    record, stops = answering.record, []

    def record_while_stop_is_written(*given):
        record(*given)
        stops.append(pool.submit(stop_written))
        wait_for(somebody_waits, seconds=SECONDS, what="the STOP")

    monkeypatch.setattr(answering, "record", record_while_stop_is_written)
    with ThreadPoolExecutor(1) as pool:
        texter.write("Yes")
        wait_for(lambda: stops, seconds=SECONDS, what="the yes")
        assert stops[0].result(SECONDS) == ""
    wait_for_rows(IncomingText, "said", "answered", "kept")


def test_a_job_that_is_overtaken_says_no_yes_to_the_question_of_a_run_that_it_did_not_see(
    model, texter, monkeypatch
):
    give_order_tool(texter, side_effect="write", require_confirmation=True)
    model.says(call("lookup_order", {"order_id": "1042"}))
    model.says("Fine.")
    say, overtaken = sms_receiving._say, threading.Event()

    def say_again_later(*seen):
        monkeypatch.setattr(sms_receiving, "_say", say)
        say(*seen)  # as another job does, before this one comes to it
        wait_for_rows(OutgoingText, "sent")
        left_waiting(texter, "Yes")
        say(*seen)
        overtaken.set()

    monkeypatch.setattr(sms_receiving, "_say", say_again_later)
    assert texter.write("Look up order 1042") == EMPTY
    assert overtaken.wait(SECONDS)
    assert statuses(AgentRun) == ["awaiting_approval"]
    assert statuses(IncomingText) == ["said", "waiting"]


def test_a_text_that_another_worker_has_just_tried_is_not_tried_again_before_its_pause(
    model, texter, settings, long_pauses, monkeypatch
):
    server = failing(settings, b"429 Busy")
    monkeypatch.setattr(sms_sending, "enqueue", lambda *job: None)
    model.says("Hello.")
    texter.write("Hi")
    wait_for_rows(OutgoingText, "due")
    talk, others = texter.conversation().pk, [sms_sending.deliver]

    def overtaken(name):
        if others:
            others.pop()(talk)
        return F(name)

    monkeypatch.setattr(sms_sending, "F", overtaken)
    sms_sending.deliver(talk)
    server.stop()
    assert (len(server.requests), statuses(OutgoingText)) == (1, ["due"])
