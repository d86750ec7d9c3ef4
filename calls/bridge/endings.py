"""How a call comes to its end: farewells, limits, failures of the model; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import proxy

from calls.bridge.closing import Closing
from calls.bridge.limits import Limit, Limits
from calls.bridge.ports import Ending
from calls.bridge.responses import Request, exactly

if TYPE_CHECKING:
    from calls.bridge.session import Session

SETUP_TIMEOUT_S = 10.0
LINE_TIMEOUT_S = 10.0
SPOKE_UP = "The caller spoke up first, so this did not take place: the call goes on."
AGAIN = "{tool} did not take place, since the caller spoke up. Call it again once it is wanted."
GAVE_WAY = "The call took another end first."
ENDED = "The call was ended."
PASSING_TROUBLE = frozenset({"", "server_error", "internal_error"})


class Endings:
    """Decides when the session is over; `closing` is set while a farewell is on its way."""

    def __init__(self, session: Session) -> None:
        self._session: Session = proxy(session)
        self.limits = Limits(session.plan.silence_timeout_s, session.plan.max_duration_s)
        self.closing: Closing | None = None
        self.failures = 0

    def close(self, ending: Ending, sentence: str, *, gentle: bool) -> None:
        """Say `sentence` (if any), wait until it is heard, then end.

        `gentle`: the caller may still speak up and keep the call; otherwise the assistant is cut
        short, hears nothing any more, and says its sentence at once.
        """
        session = self._session
        if session.ended or self.closing is not None:
            return
        if not session.ready:
            session.finish(ending)
            return
        self.closing = self._closing(ending, gentle=gentle)
        session.responses.forget_waiting()
        if not gentle:
            session.turns.interrupt(cancelled_by_model=False)
            session.model.deafen()
            session.turns.silence_caller()
        if sentence:
            session.responses.ask("farewell", exactly(sentence))
        session.pump()

    def firm(self) -> bool:
        """Whether the call is being ended whatever the caller says."""
        return self.closing is not None and not self.closing.gentle

    def after_hang_up(self, ending: Ending) -> Ending:
        """Return how a call ends whose caller, or only the line, is gone."""
        if self.closing is None or self.closing.ending.resume:
            return ending
        # Nobody is there to be put through, unless only the line broke.
        goes_on = self.closing.ending.transfer is None or ending.resume
        return self.closing.ending if goes_on else ending

    def keep_call(self) -> None:
        """The caller spoke up: a gentle farewell is called off."""
        ending = self._call_off(SPOKE_UP)
        if ending is not None and ending.tool_call_id:
            tool = "transferCall" if ending.transfer is not None else "endCall"
            self._session.model.add_message("system", AGAIN.format(tool=tool))

    def give_way(self) -> None:
        """Something firm comes: a gentle farewell gives in to it."""
        self._call_off(GAVE_WAY)

    def _call_off(self, why: str) -> Ending | None:
        if self.closing is None or not self.closing.gentle:
            return None
        ending, self.closing = self.closing.ending, None
        self.limits.over = False
        if ending.tool_call_id:
            self._session.tools.finish_here(ending.tool_call_id, "cancelled", why)
        return ending

    def ended(self, ending: Ending) -> None:
        """The session ends: so does the run that asked for an end, whichever this one is.

        The phone company ends the run of a transfer that was handed over to it.
        """
        planned = self.closing.ending if self.closing is not None else None
        if planned is None or not planned.tool_call_id:
            return
        if planned is not ending:
            self._session.tools.finish_here(planned.tool_call_id, "cancelled", GAVE_WAY)
        elif ending.transfer is None:
            self._session.tools.finish_here(planned.tool_call_id, "", ENDED)

    def finish_if_due(self, now: float) -> bool:
        """End the call if its farewell has been said and heard; return whether it was ended."""
        session, closing = self._session, self.closing
        if closing is None:
            return False
        due = closing.due(
            now,
            speaking=not session.responses.quiet() or session.calls.under_way(),
            playing=session.playback.busy(),
            remaining_s=session.playback.remaining_ms(now) / 1000,
        )
        if due:
            session.finish(closing.ending)
        return due

    def opening_failed(self, open_for_s: float) -> bool:
        """End a call whose phone or model has not appeared in time; return whether it was ended."""
        session = self._session
        if open_for_s <= SETUP_TIMEOUT_S:
            return False
        if session.encoder is None:
            detail = "The stream was opened and never started."
            session.finish(Ending("protocol_error", detail))
        elif not session.ready:
            self.model_unreachable("The voice model did not answer.")
        return session.ended

    def check_line(self, silent_for_s: float) -> None:
        """A line sends audio all the time: without any it is lost, whatever its socket says."""
        if silent_for_s > LINE_TIMEOUT_S:
            detail = f"No audio came from the phone for {LINE_TIMEOUT_S:.0f} s."
            self._session.hung_up(Ending("stream_lost", detail, resume=True))

    def check_limits(self, now: float) -> None:
        """Ask, or say goodbye, where nobody speaks or the call has lasted long enough."""
        session = self._session
        if session.ended:
            return
        busy = (
            session.turns.caller_speaking or session.assistant_busy() or bool(session.calls.pending)
        )
        limit = self.limits.check(now, busy=busy)
        sentences = session.plan.sentences
        if limit is Limit.ASK:
            session.responses.ask("sentence", exactly(sentences["still_there"]))
        elif limit is Limit.SILENT:
            self.close(Ending("silence"), sentences["silence_goodbye"], gentle=True)
        elif limit is Limit.TOO_LONG:
            # A gentle farewell that is on its way gives in to the hard limit.
            self.give_way()
            self.close(Ending("time_limit"), sentences["time_limit_goodbye"], gentle=False)

    def response_failed(self, code: str, message: str, request: Request | None) -> None:
        """A response failed: try passing trouble once more, else end with a sentence.

        A call that is ending anyway goes without it: what plays or waits is still heard.
        """
        session = self._session
        if self.closing is not None:
            return
        self.failures += 1
        if code in PASSING_TROUBLE and self.failures == 1:
            session.responses.again(request)
        else:
            self.model_failed(code, message)

    def model_failed(self, code: str, message: str) -> None:
        """The model cannot speak any more: the phone company's voice says goodbye.

        What it said before is still heard to its end.
        """
        session = self._session
        say = session.plan.sentences["model_failed"]
        ending = Ending("model_failed", f"{code}: {message}"[:300], say=say)
        if not session.playback.busy():
            session.finish(ending)
            return
        self.ended(ending)
        self.closing = self._closing(ending, gentle=False)
        session.responses.forget_waiting()
        session.model.deafen()
        session.turns.silence_caller()

    def model_unreachable(self, detail: str) -> None:
        """The model was never there."""
        say = self._session.plan.sentences["technical_goodbye"]
        self._session.finish(Ending("model_unreachable", detail[:300], say=say))

    def model_lost(self, detail: str) -> None:
        """The connection broke: let what is queued be heard, then go on with a new stream."""
        if self.closing is None:
            ending = Ending("model_lost", detail[:300], resume=True)
            self.closing = self._closing(ending, gentle=False)
        else:
            self.closing.gentle = False  # nobody is there any more who could go on

    def _closing(self, ending: Ending, *, gentle: bool) -> Closing:
        """Return a closing that begins when what is being played has been heard."""
        session = self._session
        now = session.timers.now()
        return Closing(ending, gentle, now + session.playback.remaining_ms(now) / 1000)
