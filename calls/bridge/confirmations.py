"""Whether the caller heard a question and took a turn after it; pure.

A tool that needs the caller's yes is answered with a question. The question counts as heard when a
response of the model that knew of it has been played to its end; a turn counts when it began after
that; and only a response that began after the turn can have understood a yes. The model has no
part in any of these three. Times are seconds of `Timers.now`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from calls.bridge.playback import Playback
from calls.bridge.ports import Said

WITHIN_S = 60.0  # from when it was heard


@dataclass(slots=True)
class Question:
    """One question to the caller: `key` is the tool services' name for it."""

    key: int
    tool: str
    call_id: str
    taken_in: bool = False  # the model has the answer that tells it to ask
    responses: set[str] = field(default_factory=set)  # those that knew, not heard to their end
    heard_at: float | None = None
    turn_at: float | None = None


@dataclass(slots=True)
class Confirmations:
    """The questions of one model session."""

    questions: dict[int, Question] = field(default_factory=dict)
    _complete: set[str] = field(default_factory=set)  # responses with nothing more to come
    _response: str = ""
    _said: dict[str, tuple[Said, ...]] = field(default_factory=dict)  # tool → for this response

    def asked(self, key: int, tool: str, call_id: str) -> None:
        """A call was answered with a question; one that is known goes on as it stands."""
        self.questions.setdefault(key, Question(key, tool, call_id))

    def taken_in(self, call_id: str) -> None:
        """The model has a call's answer: responses that begin from now on know of it."""
        for question in self.questions.values():
            if question.call_id == call_id:
                question.taken_in = True

    def response_started(self, response_id: str, now: float, *, asks: bool) -> None:
        """A response begins; what the caller has said until now is all it can have understood.

        Args:
            asks: it is a turn of the model, and no sentence of ours.
        """
        self._response, self._said = response_id, {}
        for question in self.questions.values():
            if question.heard_at is None:
                if asks and question.taken_in:
                    question.responses.add(response_id)
            elif question.turn_at is not None and now - question.heard_at <= WITHIN_S:
                said = Said(question.key, question.heard_at, question.turn_at)
                self._said[question.tool] = (*self._said.get(question.tool, ()), said)

    def response_ended(self, response_id: str, *, completed: bool) -> None:
        """A response is over; one that did not come to its end was no question."""
        if completed:
            self._complete.add(response_id)
        else:
            self._forget(response_id)

    def listen(self, playback: Playback, now: float) -> list[tuple[int, float]]:
        """Return the questions that have now been heard to their end, and when."""
        waiting = {r for q in self.questions.values() for r in q.responses} & self._complete
        heard = []
        for response_id in waiting:
            if not playback.heard_whole(response_id):
                continue
            at = playback.moment(min(playback.clock(now), playback.ends_ms), now)
            for question in self.questions.values():
                if response_id in question.responses and question.heard_at is None:
                    question.heard_at = at
                    heard.append((question.key, at))
            self._forget(response_id)
        return heard

    def turn_began(self, at: float) -> None:
        """The caller began to speak, or pressed 1."""
        for question in self.questions.values():
            heard = question.heard_at
            if heard is not None and heard < at <= heard + WITHIN_S and question.turn_at is None:
                question.turn_at = at

    def said(self, response_id: str, tool: str) -> tuple[Said, ...]:
        """Return what a response can have understood of the caller's answers about a tool."""
        return self._said.get(tool, ()) if response_id == self._response else ()

    def _forget(self, response_id: str) -> None:
        self._complete.discard(response_id)
        for question in self.questions.values():
            question.responses.discard(response_id)
