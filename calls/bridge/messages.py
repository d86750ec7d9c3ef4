"""What the caller hears around a tool's run, in words that staff chose; pure.

At the start and while a run takes long such a sentence is a response of its own, asked for only
while nobody speaks. The words for its outcome are no response of their own: they are what the
response that follows the outcome says.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from calls.bridge.ports import Phrases

# After these the model goes on by itself: it asks, corrects itself or calls again.
UNSAID = frozenset({
    "invalid_arguments", "duplicate", "cancelled", "rate_limited", "denied", "expired",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Run:
    """A run as far as words for it are concerned; `began` by `Timers.now`."""

    call_id: str
    tool: str
    response_id: str
    began: float
    phrases: Phrases


@dataclass(slots=True)
class Messages:
    """The words around the runs of one model session; each moment of a run is spoken of once."""

    _turn: dict[tuple[str, str], int] = field(default_factory=dict)
    _over: set[tuple[str, str]] = field(default_factory=set)  # call id and moment
    _spoken: set[str] = field(default_factory=set)  # responses that said something themselves
    _outcomes: dict[str, str] = field(default_factory=dict)  # call id → words

    def spoke(self, response_id: str) -> None:
        """A response has said something itself, which stands for the words at the start."""
        self._spoken.add(response_id)

    def has_spoken(self, response_id: str) -> bool:
        """Whether a response has said something itself."""
        return response_id in self._spoken

    def due(self, runs: Iterable[Run], now: float) -> str:
        """Return what is to be said now about one of the runs that go on; empty for nothing."""
        runs = list(runs)
        for run in runs:
            if self._once(run, "start", run.phrases.start) and run.response_id not in self._spoken:
                return self._next(run.tool, "start", run.phrases.start)
            late = now - run.began >= run.phrases.delayed_after_s
            if late and self._once(run, "delayed", run.phrases.delayed):
                # Runs side by side that have the same words are spoken of together.
                same = (each for each in runs if each.phrases.delayed == run.phrases.delayed)
                self._over |= {(each.call_id, "delayed") for each in same}
                return self._next(run.tool, "delayed", run.phrases.delayed)
        return ""

    def ended(self, run: Run, output: str) -> None:
        """A run has its outcome, given as the JSON text that the model gets."""
        told = json.loads(output)
        moment = "complete" if told.get("success") else "failed"
        phrases = run.phrases.complete if told.get("success") else run.phrases.failed
        if phrases and told.get("error_code") not in UNSAID:
            self._outcomes[run.call_id] = self._next(run.tool, moment, phrases)

    def outcomes(self, call_ids: Iterable[str]) -> tuple[str, bool]:
        """Return the words for these calls' outcomes, and whether each of them has some.

        They are given once where others have none: those the model must find words for itself.
        """
        words = [self._outcomes.get(call_id, "") for call_id in call_ids]
        whole = all(words)
        if not whole:
            self._outcomes.clear()
        return " ".join(each for each in words if each), whole

    def _once(self, run: Run, moment: str, phrases: tuple[str, ...]) -> bool:
        key = (run.call_id, moment)
        if not phrases or key in self._over:
            return False
        self._over.add(key)
        return True

    def _next(self, tool: str, moment: str, phrases: tuple[str, ...]) -> str:
        turn = self._turn.get((tool, moment), 0)
        self._turn[tool, moment] = turn + 1
        return phrases[turn % len(phrases)]
