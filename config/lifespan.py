"""What a server process starts beside its sockets, and stops again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings

from calls import remote
from calls.live import live_calls
from calls.services.recorder import recorder
from tools_library.services.outcomes import process_listener
from tools_library.services.sandbox_health import start_sandbox
from tools_library.services.starting import start_aws
from voiceassist.conversations.services.driving import driver
from voiceassist.foundation import jobs
from voiceassist.foundation.events.transport import live_loop
from voiceassist.foundation.providers import chat

JOBS_END_WITHIN_S = 10.0

log = logging.getLogger(__name__)

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


async def lifespan(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Serve the ASGI lifespan protocol."""
    tasks: list[asyncio.Task[None]] = []
    while True:
        event = await receive()
        if event["type"] == "lifespan.startup":
            try:
                tasks += await start()
            except Exception as error:
                log.exception("the server could not start")
                await send({"type": "lifespan.startup.failed", "message": str(error)})
                return
            await send({"type": "lifespan.startup.complete"})
        else:
            await stop(tasks)
            await send({"type": "lifespan.shutdown.complete"})
            return


async def start() -> list[asyncio.Task[None]]:
    """Take over the live loop, listen for outcomes and control messages, start jobs and sandbox."""
    live_loop.bind(asyncio.get_running_loop())
    await process_listener.start()
    jobs.start_periodic()
    if settings.JOBS_RUNNER == "in_process":
        await asyncio.to_thread(start_sandbox)
        start_aws()
    return [asyncio.create_task(remote.listen(live_calls), name="calls-control")]


async def stop(tasks: list[asyncio.Task[None]]) -> None:
    """End what `start` began; work under way gets a few seconds."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await driver.stop()
    await chat.close()
    await asyncio.to_thread(recorder.close, JOBS_END_WITHIN_S)
    await asyncio.to_thread(jobs.drain, JOBS_END_WITHIN_S)
    await process_listener.stop()
    live_loop.unbind(asyncio.get_running_loop())
