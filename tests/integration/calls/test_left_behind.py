"""What a call leaves in memory: nothing that only the collector, which stops all calls, frees."""

import asyncio
import gc
import weakref

import pytest

from calls.live import live_calls
from calls.services.recorder import recorder
from config.direct_sockets import DirectSocketProtocol
from tests.integration.calls.site import ended
from tests.integration.calls.test_bad_input import CONNECTED, open_call, start_frame
from tests.integration.calls.test_lines import heard_media, opened
from tests.integration.calls.test_media_endings import wait_until

OURS = ("calls.", "config.")


@pytest.fixture
def uncollected():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def parts(monkeypatch):
    """The name of, and a weak reference to, everything of ours that live calls are made of."""
    watched, add = [], live_calls.add

    def add_and_watch(call):
        watched.extend((type(part).__name__, weakref.ref(part)) for part in reached(call.drop))
        add(call)

    monkeypatch.setattr(live_calls, "add", add_and_watch)
    return watched


def reached(start):
    """Return the objects of our classes to which an object leads, by attributes and methods."""
    seen, ahead = {}, [start]
    while ahead:
        for each in gc.get_referents(ahead.pop()):
            ours = type(each).__module__.startswith(OURS) and not isinstance(each, type)
            if id(each) not in seen and (ours or type(each) in (dict, type(start))):
                seen[id(each)] = each
                ahead.append(each)
    found = [each for each in seen.values() if type(each).__module__.startswith(OURS)]
    return [each for each in found if type(each).__weakrefoffset__ and each is not recorder]


def still_there(parts):
    return sorted(name for name, part in parts if part() is not None)


def test_a_call_with_a_tool_is_freed_without_the_collector(site, parts, uncollected):
    ended(site.ring())
    names = {name for name, _ in parts}
    assert names >= {"Stream", "Session", "Turns", "DirectLine", "DirectSocketProtocol"}
    wait_until(lambda: not still_there(parts))


@pytest.mark.parametrize("sockets", [DirectSocketProtocol, "websockets-sansio"])
def test_a_call_whose_line_drops_is_freed_without_the_collector(site, settings, parts, uncollected):
    path = open_call(site)

    async def scenario():
        async with opened(site, path) as phone:
            await phone.send(CONNECTED)
            await phone.send(start_frame(settings))
            assert await heard_media(phone)
            phone.transport.abort()

    asyncio.run(scenario())
    wait_until(lambda: parts and not still_there(parts))
