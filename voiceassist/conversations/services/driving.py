"""The model's steps, driven on this process's event loop; any process may drive any run.

Whoever makes a step due calls `driver.drive`. A run belongs to the process that claimed it, as
long as that renews its lease; `sweeping` finds runs whose process died.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import aclosing
from typing import Any

from django.db import DatabaseError

from voiceassist.conversations.services import events, leases, settling, stepping
from voiceassist.conversations.services.database import threads
from voiceassist.conversations.services.live import live
from voiceassist.conversations.services.speaking import Speaker
from voiceassist.conversations.services.stepping import StepPlan
from voiceassist.conversations.services.writing import writer
from voiceassist.foundation.events.transport import live_loop
from voiceassist.foundation.providers import chat
from voiceassist.foundation.providers.chat import ChatError, Finished, TextDelta

log = logging.getLogger(__name__)

STEP_SECONDS = 120.0
BROKE = "The assistant could not go on because of an error of this server. Try again."


class Lost(Exception):
    """The run is no longer this process's."""


class Driver:
    """Drives the steps of runs, each in a task of its own."""

    def __init__(self) -> None:
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._again: set[int] = set()

    def drive(self, run_pk: int) -> None:
        """Let the step of a run that is due begin; from any thread, never blocks."""
        live_loop.run(self._start(run_pk))

    async def stop(self) -> None:
        """Give up the steps under way: other processes take them over at once."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _start(self, run_pk: int) -> None:
        if run_pk in self._tasks:
            self._again.add(run_pk)
            return
        task = asyncio.get_running_loop().create_task(self._drive(run_pk), name="conversation")
        self._tasks[run_pk] = task
        task.add_done_callback(lambda ended: self._ended(run_pk, ended))

    def _ended(self, run_pk: int, task: asyncio.Task[None]) -> None:
        self._tasks.pop(run_pk, None)
        if run_pk in self._again:
            self._again.discard(run_pk)
            if not task.cancelled():  # else this process gives its steps up
                self.drive(run_pk)

    async def _drive(self, run_pk: int) -> None:
        try:
            plan = await threads.run(stepping.begin, run_pk, live.name)
        except Exception:
            log.exception("a step could not begin; the sweeper tries again")
            return
        if plan is None:
            return
        speaker = writer.open(plan)
        try:
            await self._step(plan, speaker)
        except Lost:
            await self._leave(speaker)
        except asyncio.CancelledError:
            await asyncio.shield(self._give_up(speaker))
            raise
        except Exception:
            log.exception("a step of a conversation failed")
            await self._fail(speaker, "internal", BROKE)
        finally:
            writer.forget(speaker)

    async def _step(self, plan: StepPlan, speaker: Speaker) -> None:
        try:
            finished = await _while_ours(speaker, _stream(plan, speaker))
        except ChatError as error:
            log.warning("the model failed: %s %s", error.code, error.detail)
            await self._fail(speaker, error.code, error.public_message)
            return
        await writer.close(speaker)
        last, unstored = speaker.last_seq, speaker.unstored
        if await threads.run(stepping.finish, plan, finished, last, unstored):
            await threads.run_open(settling.settle, plan.conversation.pk, plan.tools)

    async def _fail(self, speaker: Speaker, code: str, why: str) -> None:
        await writer.close(speaker)
        shown = speaker.text, speaker.last_seq, speaker.unstored
        await threads.run(stepping.fail, speaker.plan, *shown, code, why)

    async def _leave(self, speaker: Speaker) -> None:
        """Store what was shown of a run that is somebody else's by now, so that replays show it."""
        await writer.close(speaker)
        try:
            await threads.run(events.store_pieces, [speaker.unstored])
        except DatabaseError:
            log.warning("text of a run that was lost is not stored", exc_info=True)

    async def _give_up(self, speaker: Speaker) -> None:
        await self._leave(speaker)
        await threads.run(leases.let_go, speaker.plan.run_id, speaker.plan.claimant)


async def _stream(plan: StepPlan, speaker: Speaker) -> Finished:
    async with aclosing(chat.stream(plan.request, timeout_s=STEP_SECONDS)) as parts:
        async for part in parts:
            if isinstance(part, TextDelta):
                speaker.say(part.text)
            else:
                return part
    raise AssertionError("a stream ends with Finished or an error")


async def _while_ours(speaker: Speaker, work: Coroutine[Any, Any, Finished]) -> Finished:
    """Return the result of `work` unless the run is lost before.

    Raises:
        Lost: it was stopped, or taken over.
    """
    answer = asyncio.create_task(work)
    lost = asyncio.create_task(speaker.lost.wait())
    try:
        await asyncio.wait({answer, lost}, return_when=asyncio.FIRST_COMPLETED)
        if answer.done():
            return answer.result()
        raise Lost
    finally:
        for task in (answer, lost):
            task.cancel()
        await asyncio.gather(answer, lost, return_exceptions=True)


driver = Driver()
