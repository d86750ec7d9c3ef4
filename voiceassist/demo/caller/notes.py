"""Collects what happens in a call, and makes the report of it; imports the caller's parts."""

from __future__ import annotations

import time
from collections.abc import Callable

from voiceassist.demo.caller.line import Line
from voiceassist.demo.caller.report import (
    CallReport,
    ClearSeen,
    MarkSeen,
    PlayedRun,
    Posted,
    Warned,
    Words,
)
from voiceassist.demo.caller.webhooks import Answer

_SPEAKERS = {"said": "caller", "heard": "assistant", "phone_said": "phone"}


class Notes:
    """One call's notes; times are of the monotonic clock, which is the loop's."""

    def __init__(
        self, call_sid: str, from_: str, to: str, on_event: Callable[[str, str], None] | None
    ) -> None:
        self.twiml: list[str] = []
        self.verbs: list[str] = []
        self._call_sid, self._from, self._to = call_sid, from_, to
        self._on_event = on_event
        self._began = time.monotonic()
        self._rang: float | None = None
        self._lines: list[Line] = []
        self._words: list[Words] = []
        self._keys = ""
        self._dialled: list[str] = []
        self._posts: list[Posted] = []
        self._refusals: list[str] = []

    def rang(self) -> None:
        """The voice webhook is being sent."""
        self._rang = time.monotonic()

    def opened(self, line: Line) -> None:
        """A stream is open."""
        self._lines.append(line)

    def refused(self, text: str) -> None:
        """A stream could not be opened."""
        self._refusals.append(text)

    def posted(self, what: str, url: str, answer: Answer) -> None:
        """A webhook was answered; status 0: it was not."""
        self._posts.append(Posted(what, url, answer.status, answer.ms))

    def happened(self, what: str, text: str) -> None:
        """Something to hear about at once."""
        if what in _SPEAKERS:
            self._words.append(Words(_SPEAKERS[what], text, self._ms(time.monotonic())))
        elif what == "pressed":
            self._keys += text
        elif what == "dialled":
            self._dialled.append(text)
        if self._on_event is not None:
            self._on_event(what, text)

    def duration_ms(self) -> int:
        """How long the call has lasted since the first stream began."""
        return self._ms(time.monotonic()) if self._lines else 0

    def _ms(self, at: float) -> int:
        return round((at - (self._lines[0].began if self._lines else self._began)) * 1000)

    def report(self, ended_by: str, code: str, text: str) -> CallReport:
        """Return the whole report."""
        if not self._lines and self._refusals and not code:
            ended_by, code, text = "error", "stream_refused", self._refusals[0]
        lines = list(enumerate(self._lines))
        clears = [
            ClearSeen(at, self._ms(each.at), round(each.played_ms), round(each.lost_ms))
            for at, line in lines
            for each in line.clears
        ]
        runs = [
            PlayedRun(at, self._ms(run.start), self._ms(run.end))
            for at, line in lines
            for run in line.playback.runs
        ]
        return CallReport(
            call_sid=self._call_sid,
            from_number=self._from,
            to_number=self._to,
            ended_by=ended_by,
            duration_ms=self.duration_ms(),
            error_code=code,
            error=text,
            stream_sids=[line.stream_sid for line in self._lines],
            reconnects=max(0, len(lines) - 1),
            frames_in=sum(line.frames_in for line in self._lines),
            frames_out=sum(line.frames_out for line in self._lines),
            first_greeting_ms=self._first_greeting_ms(),
            turn_latency_ms=[
                round(seconds * 1000) for line in self._lines for seconds in line.latencies
            ],
            barge_in_ms=[
                round(seconds * 1000) for line in self._lines for seconds in line.barge_ins
            ],
            words=self._words,
            keys=self._keys,
            dialled=self._dialled,
            played=runs,
            played_ms=sum(run.end_ms - run.start_ms for run in runs),
            played_ms_at_clear=[each.played_ms for each in clears],
            clears=clears,
            marks=self._marks(),
            warnings=[Warned(*warning, at) for at, line in lines for warning in line.warnings],
            twiml=self.twiml,
            verbs=self.verbs,
            posts=self._posts,
        )

    def _first_greeting_ms(self) -> int | None:
        first = self._lines[0].first_audio_at if self._lines else None
        if first is None or self._rang is None:
            return None
        return round((first - self._rang) * 1000)

    def _marks(self) -> list[MarkSeen]:
        return [
            MarkSeen(at, mark.name, self._ms(mark.received), self._ms(echoed), mark.flushed)
            for at, line in enumerate(self._lines)
            for mark, echoed in line.echoes
        ]
