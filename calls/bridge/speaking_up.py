"""What the assistant says by itself once nobody speaks: outcomes, words around runs; pure."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING
from weakref import proxy

from calls.bridge.responses import exactly

if TYPE_CHECKING:
    from calls.bridge.session import Session

BEGIN = 'Begin your next answer with exactly this, then go on: "{words}"'


class SpeakingUp:
    """Decides which response to ask for when the session is idle."""

    def __init__(self, session: Session) -> None:
        self._session: Session = proxy(session)
        self._late = deque(session.plan.news)

    def late(self, text: str) -> None:
        """Something came of a call that was answered before: a turn of its own tells it."""
        self._late.append(text)

    def ask(self, now: float) -> None:
        """Put into the queue what is to be said; the session is free to speak."""
        session = self._session
        if session.endings.closing or not session.responses.idle():
            return
        if self._late:
            # Only now: a response that begins by itself meanwhile could not know of it.
            while self._late:
                session.model.add_message("system", self._late.popleft())
            session.responses.ask("turn")
        elif session.calls.want_response():
            self._follow_up()
        elif session.responses.at_once(now) and not session.playback.busy():
            words = session.calls.to_say(now)
            if words:
                session.responses.ask("message", exactly(words))

    def _follow_up(self) -> None:
        """Speak of outcomes: in staff's words where each has some, else in the model's own."""
        session = self._session
        session.responses.withdraw("follow_up")
        words, whole = session.calls.messages.outcomes(session.calls.unseen)
        if words and whole:
            session.responses.ask("follow_up", exactly(words))
            return
        if words:
            session.model.add_message("system", BEGIN.format(words=words))
        session.responses.ask("turn")
