"""Ends loops of live events that tests leave behind; imports the standard library.

A server that a test starts takes over sending live events; the small thread that did it before
would go on asking Redis ten times a second, and complain once Redis is gone.
"""

import asyncio
import sys
import threading
from typing import Any


def end_live_loops(*, all_of_them: bool) -> None:
    """End the threads that send live events no more, or all of them, with what they listen to."""
    transport = sys.modules.get("voiceassist.foundation.events.transport")
    for thread in threading.enumerate():
        if transport is not None and thread.name == "live-events":
            loop = thread._target.__self__  # type: ignore[attr-defined]
            if all_of_them or transport.live_loop._loop is not loop:
                asyncio.run_coroutine_threadsafe(_cancel_the_others(), loop).result(60)
                loop.call_soon_threadsafe(loop.stop)
                thread.join(60)
                loop.close()  # the channel layer gives its connections back


async def _cancel_the_others() -> None:
    others: set[asyncio.Task[Any]] = asyncio.all_tasks() - {asyncio.current_task()}
    for each in others:
        each.cancel()
    await asyncio.gather(*others, return_exceptions=True)
