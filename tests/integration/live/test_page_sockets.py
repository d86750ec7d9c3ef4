"""Page sockets as browsers and programs use them: real server, real sockets, both layers."""

import asyncio
import json
import time
from itertools import pairwise
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.factories.pages import make_call, make_organization, make_user
from tests.integration.live.serving import LiveServer, World, act, cookie_of, read, until
from voiceassist.foundation.events import News, emit, hub, publish, socket
from voiceassist.foundation.models import Event
from voiceassist.organizations.services import api_keys

pytestmark = pytest.mark.django_db(transaction=True)


def happen(world: World, count: int = 1, **data: Any) -> list[int]:
    topic = f"call:{world.call.pk}"
    organization = world.organization.pk
    return [
        emit(organization, News(topic, "call.updated", {"number": number} | data))[0].pk
        for number in range(count)
    ]


def speak(world: World, piece: str, whole: str, item: str = "item_1") -> None:
    data = {"item_id": item, "delta": piece, "text": whole}
    publish(world.organization.pk, f"call:{world.call.pk}", "transcript.delta", data)


async def test_stored_events_come_first_then_live_ones_gapless_and_once(
    server: LiveServer, world: World
) -> None:
    before = await act(happen, world, 5)
    async with world.connect(server, f"/ws/calls/{world.call.pk}?after={before[1]}") as line:
        replayed = await read(line, 3)
        # Two writers at once: the frames may overtake each other, the page must not notice.
        after = await asyncio.gather(act(happen, world, 20), act(happen, world, 20))
        live = await read(line, 40)
    seqs = [frame["seq"] for frame in replayed + live]
    assert seqs == before[2:] + sorted(after[0] + after[1])
    assert set(replayed[0]) == {"type", "seq", "at", "call_id", "data"}
    assert replayed[0]["call_id"] == world.call.pk


async def test_without_after_only_what_happens_from_now_on(
    server: LiveServer, world: World
) -> None:
    await act(happen, world, 3)
    async with world.connect(server) as line:
        await line.send("ping")
        assert await line.recv() == "pong"
        [new] = await act(happen, world)
        assert [frame["seq"] for frame in await read(line, 1)] == [new]


async def test_words_are_merged_and_carry_the_last_stored_seq(
    server: LiveServer, world: World
) -> None:
    [seq] = await act(happen, world)
    async with world.connect(server, f"/ws/calls/{world.call.pk}/?after=0") as line:
        await read(line, 1)
        whole, begun, frames = "", time.monotonic(), []
        for number in range(200):
            whole += f" {number}"
            speak(world, f" {number}", whole)
            await asyncio.sleep(0.004)
            if number in (60, 120):  # shown while they are spoken, not at their end
                frames += await read(line, 1)
        while not frames or frames[-1]["data"]["text"] != whole:
            frames += await read(line, 1)
    assert "".join(frame["data"]["delta"] for frame in frames) == whole
    assert {frame["seq"] for frame in frames} == {seq}
    assert 3 <= len(frames) <= 20 * (time.monotonic() - begun) + 2


@pytest.mark.parametrize(
    ("why", "cookie", "headers", "query"),
    [
        ("nobody is signed in", "", {}, ""),
        ("the session is invented", "sessionid=abcdefabcdefabcdefabcdef", {}, ""),
        ("another site's page", None, {"Origin": "https://evil.example.com"}, ""),
        ("another port's page", None, {"Origin": "http://127.0.0.1:1"}, ""),
        ("no number", None, {}, "?after=-1"),
        ("a wrong key", "", {"Authorization": "Bearer vak_nothing"}, ""),
    ],
)
async def test_refused_before_the_accept(
    server: LiveServer, world: World, why: str, cookie: str | None, headers: dict, query: str
) -> None:
    world.cookie = world.cookie if cookie is None else cookie
    with pytest.raises(InvalidStatus) as refusal:
        async with world.connect(server, f"/ws/calls/{world.call.pk}{query}", **headers):
            pass
    assert refusal.value.response.status_code == 403, why


async def test_own_page_may_connect(server: LiveServer, world: World) -> None:
    async with world.connect(server, Origin=f"http://127.0.0.1:{server.port}") as line:
        await line.send("ping")
        assert await line.recv() == "pong"


async def test_calls_of_another_organization_do_not_exist(server: LiveServer, world: World) -> None:
    def elsewhere() -> str:
        return cookie_of(make_user(make_organization("south"), "owner"))

    world.cookie = await act(elsewhere)
    for call_id in (world.call.pk, 999_999):
        with pytest.raises(InvalidStatus) as refusal:
            async with world.connect(server, f"/ws/calls/{call_id}"):
                pass
        assert refusal.value.response.status_code == 403


async def test_events_of_one_organization_never_reach_another(
    server: LiveServer, world: World
) -> None:
    def southern() -> World:
        organization = make_organization("south")
        user = make_user(organization, "viewer")
        return World(organization, user, make_call(organization), cookie_of(user))

    south = await act(southern)
    path = "/ws/tool-executions"
    async with world.connect(server, path) as ours, south.connect(server, path) as theirs:
        await asyncio.gather(*(each.send("ping") for each in (ours, theirs)))
        assert [await ours.recv(), await theirs.recv()] == ["pong", "pong"]
        data = {"execution_id": "e1", "tool_name": "lookup_order", "status": "success"}
        (event,) = await act(
            emit, world.organization.pk, News("executions", "execution.updated", data)
        )
        assert await read(ours, 1) == [data | {"seq": event.pk}]
        with pytest.raises(TimeoutError):
            await read(theirs, 1, within=0.3)


async def test_a_program_watches_with_its_key(server: LiveServer, world: World) -> None:
    def make_key() -> str:
        return api_keys.create(world.organization, "test", "viewer")[1]

    token = await act(make_key)
    world.cookie = ""
    async with world.connect(server, Authorization=f"Bearer {token}") as line:
        await line.send("ping")
        assert await line.recv() == "pong"


async def test_first_viewer_joins_the_group_and_last_leaves_it(
    server: LiveServer, world: World
) -> None:
    key = (world.organization.pk, f"call:{world.call.pk}")
    async with world.connect(server) as first:
        async with world.connect(server) as second:
            await until(lambda: key in server.hub.topics)
            [seq] = await act(happen, world)
            for line in (first, second):
                assert [frame["seq"] for frame in await read(line, 1)] == [seq]
        assert server.hub.topics == {key}
    await until(lambda: server.hub.topics == set())
    async with world.connect(server, f"/ws/calls/{world.call.pk}?after={seq}") as again:
        [newer] = await act(happen, world)
        assert [frame["seq"] for frame in await read(again, 1)] == [newer]


async def test_events_that_the_layer_lost_are_read_from_their_rows(
    server: LiveServer, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "SWEEP_SECONDS", 0.1)

    def store_silently() -> int:
        event = Event.objects.create(
            organization=world.organization,
            topic=f"call:{world.call.pk}",
            type="call.updated",
            data={},
            at=timezone.now(),
        )
        return event.pk

    async with world.connect(server) as line:
        await line.send("ping")
        assert await line.recv() == "pong"
        seq = await act(store_silently)
        assert [frame["seq"] for frame in await read(line, 1)] == [seq]


async def test_a_slow_viewer_holds_up_nobody_and_misses_nothing(
    server: LiveServer, world: World
) -> None:
    path = f"/ws/calls/{world.call.pk}?after=0"
    async with world.connect(server, path) as slow, world.connect(server, path) as quick:
        slow.transport.pause_reading()
        padding = "x" * 20_000
        seqs: list[int] = []
        for _ in range(10):
            seqs += await act(happen, world, 60, padding=padding)
            frames = await read(quick, 60, within=60)
            assert [frame["seq"] for frame in frames] == seqs[-60:]
        slow.transport.resume_reading()
        assert [frame["seq"] for frame in await read(slow, 600, within=60)] == seqs


async def test_watching_ends_soon_after_signing_out(
    server: LiveServer, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "RECHECK_SECONDS", 0.1)
    async with world.connect(server) as line:
        await line.send("ping")
        assert await line.recv() == "pong"
        await act(Session.objects.all().delete)
        with pytest.raises(ConnectionClosed) as closed:
            await asyncio.wait_for(line.recv(), 60)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401


async def test_hostile_words_arrive_as_they_are(server: LiveServer, world: World) -> None:
    words = "<script>alert(1)</script> \u202eرحبا\u202c 👩‍👩‍👧 \u0000\u2028" + "é" * 5000
    async with world.connect(server) as line:
        await line.send("ping")
        await line.recv()
        speak(world, words, words)
        async with asyncio.timeout(60):
            assert json.loads(await line.recv())["data"]["text"] == words


async def test_many_viewers_of_many_calls_each_get_their_own(
    server: LiveServer, world: World
) -> None:
    def more_calls() -> list[World]:
        calls = [make_call(world.organization) for _ in range(8)]
        return [World(world.organization, world.user, call, world.cookie) for call in calls]

    worlds = await act(more_calls)
    lines = [await each.connect(server) for each in worlds for _ in range(3)]
    seqs = [await act(happen, each, 5) for each in worlds]
    received = await asyncio.gather(*(read(line, 5) for line in lines))
    for number, frames in enumerate(received):
        expected = seqs[number // 3]
        assert [frame["seq"] for frame in frames] == expected
        assert all(earlier < later for earlier, later in pairwise(expected))
    await asyncio.gather(*(line.close() for line in lines))
