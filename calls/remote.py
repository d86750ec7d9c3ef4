"""Control messages for the live calls of this process: end, transfer, note, late results, watch."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from channels.layers import get_channel_layer

from calls.bridge.ports import Ending, Transfer
from calls.live import LiveCalls
from calls.services.control import GROUP

log = logging.getLogger(__name__)

RETRY_S = 1.0
REJOIN_S = 60.0


async def listen(calls: LiveCalls) -> None:
    """Act on control messages until cancelled; a broken connection is taken up again."""
    layer = get_channel_layer()
    if layer is None:
        return
    while True:
        try:
            channel = await layer.new_channel("calls")
            async with asyncio.TaskGroup() as both:
                both.create_task(_stay_joined(layer, channel))
                both.create_task(_receive(layer, channel, calls))
        except Exception:
            log.exception("control messages of calls could not be received")
            await asyncio.sleep(RETRY_S)


async def _stay_joined(layer: Any, channel: str) -> None:
    # A layer forgets members: after a day, or once a message has waited for too long.
    while True:
        await layer.group_add(GROUP, channel)
        await asyncio.sleep(REJOIN_S)


async def _receive(layer: Any, channel: str, calls: LiveCalls) -> None:
    # Never with a timeout: the Redis layer drops a channel whose reader was cancelled.
    while True:
        act(calls, await layer.receive(channel))


def act(calls: LiveCalls, message: dict[str, Any]) -> None:
    """Do what a control message asks for, if its call is here."""
    call = calls.get(int(message["call_id"]))
    if call is None:
        return
    action = message["action"]
    if action == "end":
        sentence = call.session.plan.sentences["staff_goodbye"]
        call.session.endings.give_way()
        call.session.close(Ending("staff_ended"), sentence, gentle=False)
    elif action == "transfer":
        wish = Transfer(message["number"], message["name"], asked_by=message["by"])
        call.session.transfers.ordered(wish)
    elif action == "note":
        call.session.note(str(message["text"]))
    elif action == "late":
        call.session.on_late_result(str(message["text"]))
    elif action == "watch":
        call.journal.watch()
