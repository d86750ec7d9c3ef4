"""The phone's socket: taken over from the server, or over ASGI where a server gives none away."""

import asyncio
import contextlib
import json
import os
import socket
import struct
import threading

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from calls import media
from calls.line import direct
from calls.live import live_calls
from tests.factories.calls import only_call, sign
from tests.integration.calls.site import ended_call
from tests.integration.calls.test_bad_input import (
    CONNECTED,
    SID,
    media_frame,
    open_call,
    send_and_read,
    start_frame,
)
from tests.integration.calls.test_media_endings import wait_until
from tests.services.stuck_socket import stuck_socket

OVER_ASGI = pytest.mark.parametrize("sockets", ["websockets-sansio"])
STOP = json.dumps({"event": "stop", "streamSid": SID, "stop": {}})


def opened(site, path):
    headers = {"X-Twilio-Signature": sign(path, None)}
    return connect(f"ws://127.0.0.1:{site.port}{path}", additional_headers=headers)


def masked(text):
    payload, mask = text.encode().ljust(126), os.urandom(4)
    hidden = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
    return bytes([0x81, 0x80 | 126]) + struct.pack("!H", len(payload)) + mask + hidden


def handshake(site, path):
    head = [
        f"GET {path} HTTP/1.1",
        f"Host: 127.0.0.1:{site.port}",
        "Upgrade: WebSocket",
        "Connection: keep-alive, Upgrade",
        "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==",
        "Sec-WebSocket-Version: 13",
        f"X-Twilio-Signature: {sign(path, None)}",
    ]
    return "\r\n".join([*head, "", ""]).encode()


def admit_once(monkeypatch, holds):
    """Let handshakes wait until something holds of their connection; the event: one has come."""
    asked, admit = threading.Event(), media._admit

    async def slowly(scope):
        connection = scope["extensions"][direct.TAKE_OVER].__self__
        asked.set()
        while not holds(connection):
            await asyncio.sleep(0.01)
        return await admit(scope)

    monkeypatch.setattr(media, "_admit", slowly)
    return asked


async def heard_media(phone):
    async with asyncio.timeout(60):
        async for message in phone:
            if json.loads(message)["event"] == "media":
                return True
    return False


def test_what_comes_before_the_handshake_is_answered_is_heard(site, settings, monkeypatch):
    asked = admit_once(
        monkeypatch, lambda connection: not connection._received.endswith(b"\r\n\r\n")
    )
    path = open_call(site)
    with socket.create_connection(("127.0.0.1", site.port), 60) as phone:
        phone.sendall(handshake(site, path))
        assert asked.wait(60)
        phone.sendall(masked(CONNECTED) + masked(start_frame(settings)))
        received = b""
        while b'"event":"media"' not in received:
            part = phone.recv(65_536)
            assert part, received
            received += part
        phone.sendall(masked(STOP))
        assert b" 101 " in received.split(b"\r\n")[0]
    assert ended_call("CA1").ended_reason == "caller_hung_up"


def test_messages_in_pieces_are_heard_and_pings_are_answered(site, settings):
    path = open_call(site)

    async def scenario():
        async with opened(site, path) as phone:
            start = start_frame(settings)
            await phone.send([CONNECTED[:9], CONNECTED[9:]])
            await phone.send([start[:5], start[5:40], start[40:]])
            await asyncio.wait_for(await phone.ping(), 60)
            assert await heard_media(phone)
            await phone.send(STOP)

    asyncio.run(scenario())
    assert ended_call("CA1").ended_reason == "caller_hung_up"


def test_a_message_that_is_too_large_in_all_its_pieces_ends_the_call(site, settings):
    path = open_call(site)

    async def scenario():
        async with opened(site, path) as phone:
            await phone.send(start_frame(settings))
            with pytest.raises(ConnectionClosed) as closed:
                await phone.send(["x" * (direct.MESSAGE_MAX // 2)] * 3)
                await asyncio.wait_for(phone.wait_closed(), 60)
                await phone.send("x")
            assert closed.value.rcvd.code == 1009

    asyncio.run(scenario())
    assert ended_call("CA1").ended_reason == "protocol_error"


def test_a_phone_that_does_not_answer_the_farewell_is_cut_off(site, settings, monkeypatch):
    monkeypatch.setattr(direct, "_CLOSES_WITHIN_S", 0.2)
    path = open_call(site)
    with stuck_socket(site.port, path, {"X-Twilio-Signature": sign(path, None)}) as phone:
        phone.say(CONNECTED)
        phone.say(start_frame(settings))
        phone.say(STOP)
        wait_until(lambda: not connections(site))
    assert ended_call("CA1").ended_reason == "caller_hung_up"


def connections(site):
    async def count():
        return sum(task.get_coro().__name__ == "run_asgi" for task in asyncio.all_tasks())

    return site.in_loop(count)


def test_a_server_that_stops_tells_the_phone_and_the_call_can_go_on(site, settings):
    path = open_call(site)
    stopping = threading.Thread(target=site.stop)

    async def scenario():
        async with opened(site, path) as phone:
            await phone.send(CONNECTED)
            await phone.send(start_frame(settings))
            assert await heard_media(phone)
            stopping.start()
            with pytest.raises(ConnectionClosed) as closed:
                async with asyncio.timeout(60):
                    while True:
                        await phone.recv()
            assert closed.value.rcvd.code == 1012

    asyncio.run(scenario())
    stopping.join(60)
    assert only_call().ended_reason == ""  # the redirect behind the stream takes it up again


def test_a_phone_has_its_time_from_when_it_stops_reading():
    async def scenario():
        line = direct.DirectLine(lambda listener: True)
        before = line.written
        line.pause_writing()
        return before, line.written

    before, after = asyncio.run(scenario())
    assert after > before


def test_who_sends_more_than_a_message_before_the_answer_is_cut_off(site, monkeypatch):
    asked = admit_once(monkeypatch, lambda connection: connection.transport.is_closing())
    path = open_call(site)
    with socket.create_connection(("127.0.0.1", site.port), 60) as phone:
        phone.sendall(handshake(site, path))
        assert asked.wait(60)
        ping = bytes([0x89, 0x80 | 125]) + bytes(4) + bytes(125)
        with contextlib.suppress(ConnectionError):
            phone.sendall(ping * (2 * direct.MESSAGE_MAX // len(ping)))
            while phone.recv(65_536):
                pass
    wait_until(lambda: not connections(site))
    assert not len(live_calls)


@OVER_ASGI
def test_a_whole_call_over_asgi(site):
    report = site.ring("demo")
    assert report.ended_by == "server"
    assert ended_call(report.call_sid).ended_reason == "assistant_ended"


@OVER_ASGI
def test_rubbish_and_lost_lines_over_asgi(site, settings):
    path = open_call(site)
    deep = '{"event":"media","x":' + "[" * 100_000
    frames = [CONNECTED, b"\x00", "{", deep, start_frame(settings), media_frame(1)]
    received = asyncio.run(send_and_read(site, path, *frames))
    assert any(message["event"] == "media" for message in received)
    assert ended_call("CA1").ended_reason == "caller_hung_up"


@OVER_ASGI
def test_a_phone_that_goes_away_over_asgi_leaves_nothing_behind(site, settings):
    path = open_call(site)

    async def scenario():
        async with opened(site, path) as phone:
            await phone.send(start_frame(settings))
            assert await heard_media(phone)

    asyncio.run(scenario())
    wait_until(lambda: not len(live_calls))
    wait_until(lambda: not connections(site))
