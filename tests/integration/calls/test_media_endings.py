"""How a stream ends when something fails: a stuck phone, a slow database, a fault of ours."""

import asyncio
import json
import logging
import time
from contextlib import contextmanager
from threading import Event

import pytest
from websockets.asyncio.client import connect

from calls import media
from calls.bridge.session import Session
from calls.bridge.speech import Speech
from calls.live import live_calls
from calls.services import recorder as writing
from config.direct_sockets import DirectSocketProtocol
from tests.factories.calls import only_call, post, ring_form, sign
from tests.integration.calls.site import ended_call
from tests.integration.calls.test_bad_input import (
    CONNECTED,
    media_frame,
    open_call,
    send_and_read,
    start_frame,
)
from tests.services.stuck_socket import stuck_socket


def wait_until(holds, seconds=120.0):
    pause, until = Event(), time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it did not come to that in time"
        pause.wait(0.05)


def flood(live):
    """Queue about 8 MB, more than the machine holds between the two ends of a line."""
    body = {"event": "media", "streamSid": "MZ", "media": {"payload": "A" * 1000}}
    for _ in range(8000):
        live.session.phone.send(json.dumps(body))


@contextmanager
def stuck_call(site, settings):
    """A live call whose phone reads nothing; 8 MB wait for it."""
    path = open_call(site)
    with stuck_socket(site.port, path, {"X-Twilio-Signature": sign(path, None)}) as phone:
        phone.say(CONNECTED)
        phone.say(start_frame(settings))
        wait_until(lambda: len(live_calls))
        live = next(iter(live_calls._calls.values()))
        wait_until(lambda: live.session.encoder is not None)
        site.loop.call_soon_threadsafe(flood, live)
        wait_until(lambda: live.session.phone._line.waiting > 1000)
        yield live


def test_a_dropped_stream_is_wound_up_though_the_phone_reads_nothing(site, settings):
    with stuck_call(site, settings) as live:
        site.loop.call_soon_threadsafe(live.drop)
        wait_until(lambda: not len(live_calls))
        assert live.session.model._closed
        assert names_of_tasks(site).isdisjoint({"phone-watch", "model"})


def test_a_phone_that_reads_nothing_loses_its_stream(site, settings, monkeypatch):
    monkeypatch.setattr(media, "READS_WITHIN_S", 1.0)
    with stuck_call(site, settings) as live:
        wait_until(lambda: not len(live_calls))
        assert live.session.model._closed


def test_a_caller_whose_outbox_ran_over_goes_on_with_a_new_stream(site, settings, monkeypatch):
    monkeypatch.setattr(media, "OUTBOX_MAX", 7_000)  # more than the line itself holds
    with stuck_call(site, settings):
        wait_until(lambda: not len(live_calls))
    assert only_call().ended_reason == ""
    status, twiml = post("/twilio/resume", ring_form("CA1"))
    assert (status, "<Stream" in twiml) == (200, True)


def names_of_tasks(site):
    async def names():
        return {task.get_name() for task in asyncio.all_tasks()}

    return site.in_loop(names)


def test_a_step_of_winding_up_that_fails_keeps_none_of_the_others(site, settings, monkeypatch):
    async def broken(self):
        raise ValueError("late words are broken")

    monkeypatch.setattr(media.Stream, "_late_words", broken)
    path, models = open_call(site), []
    close = media.RealtimeModel.close
    monkeypatch.setattr(
        media.RealtimeModel, "close", lambda self: (models.append(self), close(self))
    )
    asyncio.run(send_and_read(site, path, CONNECTED, start_frame(settings)))
    wait_until(lambda: not len(live_calls))
    assert len(models) == 1
    assert names_of_tasks(site).isdisjoint({"phone-watch", "model"})


def test_the_socket_stays_open_until_the_end_of_the_call_is_stored(site, settings, monkeypatch):
    monkeypatch.setattr(media, "FLUSH_TIMEOUT_S", 0.2)
    monkeypatch.setattr(media, "FINAL_FLUSH_TIMEOUT_S", 60.0)
    path, write, stored = open_call(site), writing.write_batch, []

    def slowly(batch):
        ends = [record for record in batch if isinstance(record, writing.StreamEnded)]
        if ends:
            Event().wait(1.5)
        write(batch)
        if ends:
            stored.append(time.monotonic())

    monkeypatch.setattr(writing, "write_batch", slowly)

    async def hang_up():
        url = f"ws://127.0.0.1:{site.port}{path}"
        headers = {"X-Twilio-Signature": sign(path, None)}
        async with connect(url, additional_headers=headers) as phone:
            await phone.send(CONNECTED)
            await phone.send(start_frame(settings))
            await phone.recv()
            await phone.send(json.dumps({"event": "stop", "streamSid": "MZ", "stop": {}}))
            await asyncio.wait_for(phone.wait_closed(), 60)
            return time.monotonic()

    closed_at = asyncio.run(hang_up())
    wait_until(lambda: stored)
    assert stored[0] <= closed_at


@pytest.mark.parametrize("sockets", [DirectSocketProtocol, "websockets-sansio"])
@pytest.mark.parametrize("says_stop", [True, False])
def test_a_fault_while_a_call_ends_does_not_keep_it_open(site, settings, monkeypatch, says_stop):
    path = open_call(site)

    def broken(*given, **named):
        raise ValueError("our own fault")

    models, tools = [], []

    async def scenario():
        url = f"ws://127.0.0.1:{site.port}{path}"
        headers = {"X-Twilio-Signature": sign(path, None)}
        async with connect(url, additional_headers=headers) as phone:
            await phone.send(start_frame(settings))
            await phone.recv()
            sessions = [live.session for live in live_calls._calls.values()]
            models.extend(session.model for session in sessions)
            tools.extend(session.tools for session in sessions)
            monkeypatch.setattr(Speech, "finalize", broken)
            if says_stop:
                await phone.send(json.dumps({"event": "stop", "streamSid": "MZ", "stop": {}}))
                await asyncio.wait_for(phone.wait_closed(), 60)

    asyncio.run(scenario())
    wait_until(lambda: not len(live_calls))
    assert [model._closed for model in models] == [True]
    assert [each._abandoned for each in tools] == [True]


def test_a_server_stops_though_a_phone_reads_nothing(site, settings, caplog):
    with caplog.at_level(logging.ERROR, logger="uvicorn.error"), stuck_call(site, settings):
        site.stop()
    assert "running task" not in caplog.text  # nothing had to be cancelled


def test_a_fault_in_one_frame_is_logged_and_the_call_goes_on(site, settings, monkeypatch, caplog):
    path, handle = open_call(site), Session.on_frame

    def on_frame(self, frame):
        if getattr(getattr(frame, "media", None), "payload", "") == "BAD0":
            raise ValueError("our own fault")
        handle(self, frame)

    monkeypatch.setattr(Session, "on_frame", on_frame)
    frames = [CONNECTED, start_frame(settings), *[media_frame(1, "BAD0")] * 30, media_frame(2)]
    with caplog.at_level(logging.ERROR, logger="calls.media"):
        received = asyncio.run(send_and_read(site, path, *frames))
    assert any(message["event"] == "media" for message in received)
    assert ended_call("CA1").ended_reason == "caller_hung_up"
    faults = [record for record in caplog.records if record.exc_info]
    assert len(faults) == media.FAULTS_LOGGED


def test_why_a_task_of_a_stream_failed_is_logged(site, settings, monkeypatch, caplog):
    async def broken(self):
        raise ValueError("the watch is broken")

    monkeypatch.setattr(media.Stream, "_watch", broken)
    path = open_call(site)
    with caplog.at_level(logging.ERROR, logger="calls.media"):
        asyncio.run(send_and_read(site, path, CONNECTED, start_frame(settings)))
        wait_until(lambda: not len(live_calls))
    assert "the watch is broken" in caplog.text
