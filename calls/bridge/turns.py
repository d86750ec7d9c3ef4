"""Whose turn it is: the caller's speech, interruptions, keys; pure.

An interruption stops the phone first (that is what the caller perceives), then tells the model
what was heard.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import proxy

from calls.bridge.keys import Keys
from calls.bridge.model_events import SpeechStarted, SpeechStopped
from calls.bridge.responses import Request

if TYPE_CHECKING:
    from calls.bridge.session import Session

YES_KEY = "1"  # answers a question with yes
GRACE_S = 0.5  # after the caller's turn the model's own response gets this long to begin


class Turns:
    """Follows the caller's turns in one session."""

    def __init__(self, session: Session) -> None:
        self._session: Session = proxy(session)
        self.caller_speaking = False
        self.interruptions = 0
        self._grace_until = 0.0
        me = proxy(self)
        self.keys = Keys(session.timers, lambda digits: me._keys_pressed(digits))

    def free(self, now: float) -> bool:
        """Whether the assistant may begin to speak by a request of ours."""
        return not self.caller_speaking and now >= self._grace_until

    def answered(self) -> None:
        """A response begins: the model has taken the turn, nothing needs to wait for that."""
        self._grace_until = 0.0

    def silence_caller(self) -> None:
        """Nobody listens to the caller any more."""
        self.caller_speaking = False

    def speech_started(self, event: SpeechStarted) -> None:
        """The caller speaks."""
        session = self._session
        self.caller_speaking = True
        session.endings.limits.noise(by_caller=True)
        if session.plan.settings.turn_detection.get("interrupt_response", True):
            self.interrupt(cancelled_by_model=True)
            session.calls.caller_spoke(session.timers.now())
        session.listen_for_questions()
        now = session.timers.now()
        session.calls.confirmations.turn_began(session.speech.onset(event, now))
        session.speech.caller_began(event, now)

    def speech_stopped(self, event: SpeechStopped) -> None:
        """The caller has finished; if the model does not answer by itself soon, we ask it to."""
        session = self._session
        self.caller_speaking = False
        session.endings.limits.noise(by_caller=True)
        session.speech.caller_stopped(event)
        self._grace_until = session.timers.now() + GRACE_S
        session.timers.later(GRACE_S, session.pump)

    def unwanted(self, request: Request | None) -> bool:
        """Whether a response that begins now would talk over somebody, or comes too late.

        Args:
            request: ours, or None where the model began by itself.
        """
        purpose = request.purpose if request else "turn"
        endings = self._session.endings
        if endings.firm():
            return purpose in {"turn", "follow_up", "message"}
        called_off = purpose == "farewell" and endings.closing is None
        return self.caller_speaking or called_off

    def interrupt(self, *, cancelled_by_model: bool) -> None:
        """Stop playback, then tell the model what was heard and what was not.

        Args:
            cancelled_by_model: it has stopped its response itself, since it heard the caller.
        """
        session = self._session
        session.responses.forget_waiting()
        session.endings.keep_call()
        active = session.responses.active
        if session.speech.is_cut(active):
            active = ""  # it has been stopped, its end is on the way: nothing more to tell
        if not session.playback.busy() and not active:
            return
        cut_short = session.playback.clear(session.timers.now())
        if session.encoder is not None:
            session.phone.send(session.encoder.clear())
        heard = session.pressed.interrupted(cut_short)
        if active:
            if not cancelled_by_model:
                session.model.cancel_response()
            session.speech.cut(active)
        for cut in heard:
            if not cut.whole and cut.heard_ms >= 1:
                session.model.truncate(cut.item_id, cut.content_index, int(cut.heard_ms))
        for item_id in session.speech.interrupted(heard, active):
            session.model.delete_item(item_id)
        self.interruptions += 1
        session.journal.interrupted(self.interruptions)

    def _keys_pressed(self, digits: str) -> None:
        session = self._session
        if session.ended or not session.ready or session.endings.firm():
            return
        session.endings.limits.noise(by_caller=True)
        if digits.rstrip("#") == YES_KEY:
            session.listen_for_questions()
            session.calls.confirmations.turn_began(self.keys.began_at)
        if session.listening:
            self.interrupt(cancelled_by_model=False)
        session.speech.keys(digits, session.timers.now())
        session.model.add_message("user", f"[The caller pressed {digits} on the phone's keys.]")
        session.responses.ask("turn")
        session.pump()
