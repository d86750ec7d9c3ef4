"""Plays a scenario's steps on a line: when the caller listens, speaks, presses keys, hangs up.

Imports the demo's scenarios and its voice; knows no sockets.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from voiceassist.demo import scenario as scenarios
from voiceassist.demo.caller.line import Line, to_payloads
from voiceassist.demo.voice import Voice
from voiceassist.demo.watermark import Mark, embed

POLL_S = 0.02
KEY_S = 0.15


@dataclass(frozen=True)
class PlayFile:
    """Play recorded audio; nothing is hidden in it."""

    audio: bytes


Step = scenarios.Step | PlayFile


async def prepare(
    steps: Iterable[Step], language: str, name: str, voice: Voice
) -> dict[str, list[str]]:
    """Return what the steps say, as frames with the words hidden in them, by text."""
    spoken = {}
    for serial, step in enumerate(steps):
        if isinstance(step, scenarios.Speak | scenarios.BargeIn):
            plain = await voice.say(step.text, language, "caller")
            spoken[step.text] = to_payloads(embed(plain, Mark(step.text, serial, name)))
    return spoken


class Script:
    """The steps of one caller; it goes on where it was when the call gets another stream."""

    def __init__(
        self,
        steps: Iterable[Step],
        spoken: dict[str, list[str]],
        on_event: Callable[[str, str], None],
    ) -> None:
        self._steps = list(steps)
        self._spoken = spoken
        self._on_event = on_event
        self._at = 0

    async def run(self, line: Line) -> str:
        """Do what is left; return `hang_up` or `lose_network`, whichever ends the stream."""
        while self._at < len(self._steps):
            step = self._steps[self._at]
            if isinstance(step, scenarios.HangUp):
                break
            if not isinstance(step, scenarios.LoseNetwork):
                await self._do(step, line)
            # Only now: a step that the stream's end interrupts is done again in the next one.
            self._at += 1
            if isinstance(step, scenarios.LoseNetwork):
                return "lose_network"
        return "hang_up"

    async def _do(self, step: Step, line: Line) -> None:
        match step:
            case scenarios.Listen():
                await self._listen(step, line)
            case scenarios.Speak():
                await self._say(step.text, line)
            case scenarios.BargeIn():
                await self._barge_in(step, line)
            case scenarios.Wait():
                await asyncio.sleep(step.ms / 1000)
            case scenarios.Keys():
                await self._press(step.digits, line)
            case scenarios.WaitForEnd():
                await asyncio.sleep(step.at_most_ms / 1000)
            case PlayFile():
                self._on_event("said", "[audio file]")
                await line.say(to_payloads(step.audio))

    async def _say(self, text: str, line: Line) -> None:
        self._on_event("said", text)
        await line.say(self._spoken[text])

    async def _barge_in(self, step: scenarios.BargeIn, line: Line) -> None:
        playback, enough = line.playback, step.after_ms / 1000
        await self._until(
            lambda now: playback.playing(now) and playback.played_s(now) >= enough,
            step.at_most_ms,
            line,
        )
        await self._say(step.text, line)

    async def _press(self, digits: str, line: Line) -> None:
        for digit in digits:
            line.press(digit)
            self._on_event("pressed", digit)
            await asyncio.sleep(KEY_S)

    async def _listen(self, step: scenarios.Listen, line: Line) -> None:
        since = time.monotonic()
        playback = line.playback
        quiet = step.quiet_ms / 1000

        def over(now: float) -> bool:
            if step.words:
                times = [heard.says_by(step.words) for heard in line.ears.heard]
                if not any(at is not None and since <= at <= now for at in times):
                    return False
            elif not playback.runs or playback.runs[-1].end < since:
                return False
            return not quiet or playback.quiet_s(now) >= quiet

        await self._until(over, step.at_most_ms, line)

    async def _until(self, over: Callable[[float], bool], at_most_ms: int, line: Line) -> None:
        deadline = time.monotonic() + at_most_ms / 1000
        while (now := time.monotonic()) < deadline and not over(now):  # noqa: ASYNC110 - time decides, too
            await asyncio.sleep(POLL_S)
