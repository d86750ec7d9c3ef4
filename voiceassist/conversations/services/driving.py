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

from voiceassist.conversations.services import settling, stepping
from voiceassist.conversations.services.database import threads
from voiceassist.conversations.services.live import live
from voiceassist.conversations.services.speaking import Speaker
from voiceassist.conversations.services.stepping import StepPlan
from voiceassist.foundation.events.transport import live_loop
from voiceassist.foundation.providers import chat
from voiceassist.foundation.providers.chat import ChatError, Finished, TextDelta

log = logging.getLogger(__name__)

STEP_SECONDS = 120.0
KEEP_SECONDS = 5.0
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
        task.add_done_callback(lambda _: self._ended(run_pk))

    def _ended(self, run_pk: int) -> None:
        self._tasks.pop(run_pk, None)
        if run_pk in self._again:
            self._again.discard(run_pk)
            self.drive(run_pk)

    async def _drive(self, run_pk: int) -> None:
        try:
            plan = await threads.run(stepping.begin, run_pk, live.name)
        except Exception:
            log.exception("a step could not begin; the sweeper tries again")
            return
        if plan is None:
            return
        speaker = Speaker(plan)
        try:
            await self._step(plan, speaker)
        except Lost:
            await speaker.close()
        except asyncio.CancelledError:
            await asyncio.shield(self._give_up(plan, speaker))
            raise
        except Exception:
            log.exception("a step of a conversation failed")
            await self._fail(plan, speaker, "internal", BROKE)

    async def _step(self, plan: StepPlan, speaker: Speaker) -> None:
        try:
            finished = await _while_ours(plan, speaker, _stream(plan, speaker))
        except ChatError as error:
            log.warning("the model failed: %s %s", error.code, error.detail)
            await self._fail(plan, speaker, error.code, error.public_message)
            return
        await speaker.close()
        if await threads.run(stepping.finish, plan, finished, speaker.last_seq):
            await threads.run_open(settling.settle, plan.conversation.pk)

    async def _fail(self, plan: StepPlan, speaker: Speaker, code: str, why: str) -> None:
        await speaker.close()
        await threads.run(stepping.fail, plan, speaker.text, speaker.last_seq, code, why)

    async def _give_up(self, plan: StepPlan, speaker: Speaker) -> None:
        await speaker.close()
        await threads.run(stepping.give_up, plan)


async def _stream(plan: StepPlan, speaker: Speaker) -> Finished:
    async with aclosing(chat.stream(plan.request, timeout_s=STEP_SECONDS)) as parts:
        async for part in parts:
            if isinstance(part, TextDelta):
                speaker.say(part.text)
            else:
                return part
    raise AssertionError("a stream ends with Finished or an error")


async def _while_ours(
    plan: StepPlan, speaker: Speaker, work: Coroutine[Any, Any, Finished]
) -> Finished:
    """Return the result of `work` unless the run is lost before.

    Raises:
        Lost: it was stopped, or taken over.
    """
    answer = asyncio.create_task(work)
    lost = asyncio.create_task(_until_lost(plan, speaker))
    try:
        await asyncio.wait({answer, lost}, return_when=asyncio.FIRST_COMPLETED)
        if answer.done():
            return answer.result()
        raise Lost
    finally:
        for task in (answer, lost):
            task.cancel()
        await asyncio.gather(answer, lost, return_exceptions=True)


async def _until_lost(plan: StepPlan, speaker: Speaker) -> None:
    while True:
        try:
            async with asyncio.timeout(KEEP_SECONDS):
                await speaker.lost.wait()
            return
        except TimeoutError:
            if not await threads.run(stepping.keep, plan):
                return


driver = Driver()
