"""What the parts of one Realtime session share: its wire, its clock, its conversation.

Imports the pure parts; knows no ASGI.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from voiceassist.demo.stand_ins.behaviour import Behaviour
from voiceassist.demo.stand_ins.realtime.config import SessionConfig
from voiceassist.demo.stand_ins.realtime.conversation import Conversation
from voiceassist.demo.stand_ins.realtime.rules import Mind
from voiceassist.demo.voice import Voice

Event = dict[str, Any]


@dataclass
class SessionContext:
    """One session's common state; `emit` queues a server event and never blocks."""

    emit: Callable[[Event], None]
    config: SessionConfig
    behaviour: Behaviour
    voice: Voice
    mind: Mind
    conversation: Conversation = field(default_factory=Conversation)
    has_spoken: bool = False
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _timers: set[asyncio.TimerHandle] = field(default_factory=set)

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Runs something until the session ends."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def later(self, delay_ms: float, action: Callable[[], None]) -> asyncio.TimerHandle:
        """Runs something after a while, unless the session ended."""

        def run() -> None:
            self._timers.discard(handle)
            action()

        handle = asyncio.get_running_loop().call_later(delay_ms / 1000, run)
        self._timers.add(handle)
        return handle

    async def end(self) -> None:
        """Stops every task and timer of the session."""
        for timer in self._timers:
            timer.cancel()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
