"""Control messages keep reaching the live calls of a process."""

import asyncio
import time
from types import SimpleNamespace

import pytest
from channels.layers import InMemoryChannelLayer

from calls import remote
from calls.services.control import GROUP

CONTROL = {"type": "calls.control", "call_id": 7, "action": "note", "text": "hurry"}


class Calls:
    """One live call that keeps what it is told."""

    def __init__(self):
        self.notes = []
        self.call = SimpleNamespace(session=SimpleNamespace(note=self.notes.append))

    def get(self, call_id):
        return self.call if call_id == CONTROL["call_id"] else None


@pytest.fixture
def listening(monkeypatch):
    """A layer whose groups forget a member that has not joined for a second."""
    layer = InMemoryChannelLayer(group_expiry=1)
    monkeypatch.setattr(remote, "get_channel_layer", lambda: layer)
    monkeypatch.setattr(remote, "REJOIN_S", 0.2, raising=False)
    monkeypatch.setattr(remote, "RETRY_S", 0.1)
    return layer


async def told(layer, calls, count):
    await layer.group_send(GROUP, CONTROL)
    async with asyncio.timeout(2):
        while len(calls.notes) < count:
            await asyncio.sleep(0.02)


async def test_a_process_is_told_after_its_layer_would_have_forgotten_it(listening):
    calls = Calls()
    task = asyncio.create_task(remote.listen(calls))
    try:
        await asyncio.sleep(0.1)
        await told(listening, calls, 1)
        joined = time.monotonic()
        while time.monotonic() < joined + 3:
            await asyncio.sleep(0.5)
        await told(listening, calls, 2)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert calls.notes == ["hurry", "hurry"]


async def test_listening_goes_on_after_a_message_that_cannot_be_understood(listening):
    calls = Calls()
    task = asyncio.create_task(remote.listen(calls))
    try:
        await asyncio.sleep(0.1)
        await listening.group_send(GROUP, {"type": "calls.control"})
        await asyncio.sleep(0.5)
        await told(listening, calls, 1)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()
