"""Control messages keep reaching the live calls of a process."""

import asyncio
from contextlib import asynccontextmanager
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


class Layer(InMemoryChannelLayer):
    """Notes which channel joined, each time one does."""

    def __init__(self):
        super().__init__()
        self.joined = []

    async def group_add(self, group, channel):
        await super().group_add(group, channel)
        self.joined.append(channel)

    def forget_members(self):
        """What a layer does with who has not joined for long."""
        self.groups.clear()
        self.joined.clear()


@pytest.fixture
def layer(monkeypatch):
    made = Layer()
    monkeypatch.setattr(remote, "get_channel_layer", lambda: made)
    monkeypatch.setattr(remote, "REJOIN_S", 0.02)
    monkeypatch.setattr(remote, "RETRY_S", 0.02)
    return made


@asynccontextmanager
async def listening(layer, calls):
    task = asyncio.create_task(remote.listen(calls))
    try:
        await until(lambda: layer.joined)
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()


async def until(holds):
    async with asyncio.timeout(60):
        while not holds():
            await asyncio.sleep(0.005)


async def test_a_process_is_told_after_its_layer_has_forgotten_it(layer):
    calls = Calls()
    async with listening(layer, calls):
        await layer.group_send(GROUP, CONTROL)
        await until(lambda: len(calls.notes) == 1)
        layer.forget_members()
        await until(lambda: layer.joined)
        await layer.group_send(GROUP, CONTROL)
        await until(lambda: len(calls.notes) == 2)
    assert calls.notes == ["hurry", "hurry"]


async def test_listening_goes_on_after_a_message_that_cannot_be_understood(layer):
    calls = Calls()
    async with listening(layer, calls):
        first = layer.joined[0]
        await layer.group_send(GROUP, {"type": "calls.control"})
        await until(lambda: layer.joined[-1] != first)
        await layer.group_send(GROUP, CONTROL)
        await until(lambda: calls.notes)
    assert calls.notes == ["hurry"]
