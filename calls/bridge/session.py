"""One live call: decides what the phone hears and what the model is told; pure, no Django.

Everything happens in one thread, by method calls: frames of the phone, events of the model,
outcomes of tools, time. Turns, tool calls and endings each have a module; here they meet.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

from calls.bridge import frames
from calls.bridge import model_events as ev
from calls.bridge.endings import Endings
from calls.bridge.levels import LevelMeter
from calls.bridge.playback import Playback
from calls.bridge.ports import CallPlan, Ending, Journal, Model, Phone, Timers, Tools
from calls.bridge.press_keys import Pressed
from calls.bridge.responses import Responses, exactly
from calls.bridge.session_tools import SessionTools
from calls.bridge.speaking_up import SpeakingUp
from calls.bridge.speech import Speech
from calls.bridge.tool_calls import ToolCalls
from calls.bridge.transfers import Transfers
from calls.bridge.turns import Turns

TICK_S = 0.25
EARLY_FRAMES = 100  # 2 s of audio kept for a model that is not ready yet
BAD_FRAMES_MAX = 20


class Session:
    """The state of one call; see the ports for what it needs and `CallPlan` for what it follows."""

    def __init__(
        self,
        plan: CallPlan,
        phone: Phone,
        model: Model,
        tools: Tools,
        journal: Journal,
        timers: Timers,
    ) -> None:
        self.plan = plan
        self.phone = phone
        self.model = model
        self.tools = tools
        self.journal = journal
        self.timers = timers
        self.playback = Playback()
        self.responses = Responses(model)
        self.calls = ToolCalls(model, tools, plan.tools)
        self.speech = Speech(plan, self.playback, journal)
        self.endings = Endings(self)
        self.transfers = Transfers(self)
        self.pressed = Pressed(self)
        self.acts = SessionTools(self)
        self.speaking_up = SpeakingUp(self)
        self.meter = LevelMeter(journal, self.playback)
        self.turns = Turns(self)
        self.encoder: frames.Encoder | None = None
        self.early: deque[str] = deque(maxlen=EARLY_FRAMES)
        self.ready = False
        self.ended = False
        self.greeted = False
        self.listening = plan.first_message_interruptible or not plan.first_message or plan.resumed
        self.opened_at = self.heard_from_at = timers.now()
        self.bad_frames = 0
        self.frames_in = 0
        self.frames_out = 0
        self._stop_tick = timers.later(TICK_S, self._tick)
        model.configure(plan.settings, listening=self.listening)

    # --- the phone ------------------------------------------------------------------------

    def on_frame(self, frame: frames.Frame) -> None:
        """Take one frame of the stream; audio first, since it is nearly all of them."""
        if type(frame) is frames.Media:
            self._media(frame.media)
        elif type(frame) is frames.Mark:
            self._mark(frame.mark.name)
        elif type(frame) is frames.Dtmf:
            self.turns.keys.press(frame.dtmf.digit)
        elif type(frame) is frames.Start:
            self._start(frame)
        elif type(frame) is frames.Stop:
            self.hung_up(Ending("caller_hung_up"))

    def on_bad_frame(self, detail: str) -> None:
        """Something unreadable came; the call goes on unless it keeps coming."""
        self.bad_frames += 1
        if self.bad_frames > BAD_FRAMES_MAX:
            self.finish(Ending("protocol_error", detail[:200]))

    def hung_up(self, ending: Ending) -> None:
        """The caller is gone, or the stream is; a call that was ending anyway keeps its reason."""
        self.finish(self.endings.after_hang_up(ending))

    def _start(self, frame: frames.Start) -> None:
        if self.encoder is not None or self.ended:
            return
        self.encoder = frames.Encoder(frame.start.streamSid or frame.streamSid)
        self.endings.limits.started = self.heard_from_at = self.timers.now()
        self.journal.answered(frame.start.streamSid)
        self._greet()

    def _media(self, media: frames.MediaBody) -> None:
        if self.encoder is None or self.ended:
            return
        self.frames_in += 1
        plain = media.timestamp.isascii() and media.timestamp.isdecimal()
        timestamp = float(media.timestamp) if plain else 0.0
        self.heard_from_at = self.timers.now()
        self.playback.tick(timestamp, self.heard_from_at)
        if not self.ready:
            self.early.append(media.payload)
            return
        self.speech.appended(media.payload)
        self.model.append_audio(media.payload)
        self.meter.caller(media.payload, timestamp, speaking=self.turns.caller_speaking)

    def _mark(self, name: str) -> None:
        for item_id in self.playback.acknowledge(name, self.timers.now()):
            self._played(item_id)
        self.listen_for_questions()
        self.pump()

    def _played(self, item_id: str) -> None:
        self.speech.played(item_id)
        self.pressed.played(item_id)

    def listen_for_questions(self) -> None:
        """Note which questions the caller has heard to their end."""
        for question, at in self.calls.confirmations.listen(self.playback, self.timers.now()):
            self.tools.heard(question, at)

    def _listen_after_greeting(self) -> None:
        if self.greeted and not self.listening and not self.assistant_busy():
            self.listening = True
            self.model.listen(self.plan.settings)

    # --- the model ------------------------------------------------------------------------

    def on_model(self, event: ev.Event) -> None:
        """Take one event of the model; unknown kinds do not reach us."""
        if type(event) is ev.Audio:
            self._audio(event)
            return
        handler = _HANDLERS.get(type(event))
        if handler is not None and (not self.ended or type(event) in _AFTER_THE_END):
            handler(self, event)

    def _ready(self, _: ev.SessionReady) -> None:
        if self.ready:
            return
        self.ready = True
        for item in self.plan.history:
            self.model.add_message("user" if item.role == "caller" else item.role, item.text)
        for payload in self.early:
            self.speech.appended(payload)
            self.model.append_audio(payload)
        self.early.clear()
        self._greet()

    def _greet(self) -> None:
        if not self.ready or self.encoder is None or self.greeted:
            return
        self.greeted = True
        if self.plan.resumed:
            self.responses.ask("sentence", exactly(self.plan.sentences[self.plan.returns_with]))
        elif self.plan.first_message:
            self.responses.ask("greeting", exactly(self.plan.first_message))
        self.pump()

    def _response_started(self, event: ev.ResponseStarted) -> None:
        request = self.responses.started(event.response_id, event.request)
        self.turns.answered()
        self.speech.response_began(event.response_id)
        if self.turns.unwanted(request):
            self.speech.cut(event.response_id)
            self.model.cancel_response()
        else:
            purpose = request.purpose if request else "turn"
            self.calls.response_started(event.response_id, self.timers.now(), purpose)

    def _output_started(self, event: ev.OutputStarted) -> None:
        if event.kind != "message":
            return
        self.speech.item_began(event.response_id, event.item_id)
        if self.speech.is_cut(event.response_id):
            self.model.delete_item(event.item_id)  # it was on its way: nobody will hear it

    def _audio(self, event: ev.Audio) -> None:
        stale = event.response_id != self.responses.active or self.speech.is_cut(event.response_id)
        if stale or self.encoder is None or self.ended or not frames.is_base64(event.payload):
            return
        now = self.timers.now()
        self.speech.speaks(event, now)
        sending = self.playback.add(
            event.response_id, event.item_id, event.content_index, event.payload, now
        )
        self.send(sending.payload, sending.mark)
        self.meter.assistant(event.payload)

    def send(self, payload: str, mark: str) -> None:
        """Send what the ledger has booked."""
        assert self.encoder is not None  # noqa: S101 - audio is taken only after `start`
        if payload:
            self.frames_out += 1
            self.phone.send(self.encoder.media(payload))
        if mark:
            self.phone.send(self.encoder.mark(mark))

    def _audio_done(self, event: ev.AudioDone) -> None:
        self.end_item(event.item_id)

    def end_item(self, item_id: str) -> None:
        """An item has all of its audio: the model's, or one of ours."""
        sending = self.playback.end_item(item_id, self.timers.now())
        if self.encoder is not None:
            self.send(sending.payload, sending.mark)
        if sending.all_heard:
            self._played(item_id)

    def _tool_called(self, event: ev.ToolCalled) -> None:
        interrupted = self.speech.is_cut(event.response_id)
        self.calls.called(event, self.timers.now(), interrupted=interrupted)

    def _response_ended(self, event: ev.ResponseEnded) -> None:
        request = self.responses.ended(event.response_id)
        spoken = self.speech.response_ended(event.response_id, self.end_item)
        if spoken:
            self.calls.messages.spoke(event.response_id)
        self.journal.used(event)
        interrupted = event.status in {"cancelled", "failed"}
        completed = event.status == "completed"
        self.calls.confirmations.response_ended(event.response_id, completed=completed)
        self.listen_for_questions()
        silent = event.status == "incomplete" and not spoken
        if event.status == "failed" or (silent and not self.calls.of(event.response_id)):
            self.endings.response_failed(event.error_code, event.error_message, request)
        elif not interrupted:
            self.endings.failures = 0
            self.acts.perform(event.response_id, spoken=spoken)
        self.calls.response_done(event.response_id, interrupted=interrupted, now=self.timers.now())
        self.pump()

    def _problem(self, event: ev.Problem) -> None:
        self.journal.problem(event.code, event.message)
        if event.code == "session_expired":
            self._session_lost(ev.SessionLost(event.message, expired=True))
        elif event.code == "conversation_already_has_active_response":
            self.responses.refused(event.event_id, self.timers.now())
        elif event.event_id in {"setup", "listen"}:
            self.endings.model_failed(event.code, event.message)
        elif (request := self.responses.dropped(event.event_id)) is not None:
            self.endings.response_failed(event.code, event.message, request)
            self.pump()

    def _session_lost(self, event: ev.SessionLost) -> None:
        if not self.ready:
            self.endings.model_unreachable(event.detail)
            return
        self.endings.model_lost(event.detail)
        self.responses = Responses(self.model)
        self.calls.pending.clear()
        self.turns.silence_caller()
        self.pump()

    # --- tools ----------------------------------------------------------------------------

    def on_tool_outcome(self, call_id: str, output: str) -> None:
        """Give the model a tool's output (JSON text); late and repeated outcomes are dropped."""
        if self.ended:
            return
        self.calls.answer(call_id, output)
        self.calls.start_waiting(self.timers.now())
        self.pump()

    def on_tool_question(self, call_id: str, question: int, output: str) -> None:
        """A tool needs the caller's yes: `output` tells the model to ask for it."""
        if not self.ended and self.calls.ask_caller(call_id, question, output):
            self.calls.start_waiting(self.timers.now())
            self.pump()

    def on_tool_waiting(self, call_id: str, seconds: float) -> None:
        """Staff are asked about a tool for at most `seconds`: the caller is told to wait."""
        if self.ended or not self.calls.more_time(call_id, self.timers.now() + seconds):
            return
        if self.endings.closing is None:
            self.responses.ask("sentence", exactly(self.plan.sentences["waiting_for_staff"]))
        self.pump()

    def on_tool_allowed(self, call_id: str, arguments: Mapping[str, Any]) -> None:
        """Somebody said yes to what the session itself performs."""
        self.acts.allow(call_id, arguments)
        self.pump()

    def on_tool_began(self, call_id: str) -> None:
        """Staff said yes to a tool of a worker's: its run has begun."""
        self.calls.begin(call_id, self.timers.now())
        self.pump()

    def on_late_result(self, text: str) -> None:
        """Let the model tell what came of a call that was answered with "accepted" before."""
        if not self.ended:
            self.speaking_up.late(text)
            self.pump()

    # --- ending ---------------------------------------------------------------------------

    def close(self, ending: Ending, sentence: str, *, gentle: bool) -> None:
        """Say `sentence` (if any), wait until it is heard, then end; see `Endings.close`."""
        self.endings.close(ending, sentence, gentle=gentle)

    def finish(self, ending: Ending) -> None:
        """End now; the ending is written down and the stream closed, once."""
        if self.ended:
            return
        self.ended = True
        self._stop_tick()
        self.turns.keys.stop()
        self.speech.finalize(self.timers.now())
        self.endings.ended(ending)
        self.acts.abandon()
        self.pressed.abandon()
        self.tools.abandon()
        self.phone.finish(ending)

    # --- control --------------------------------------------------------------------------

    def at_ms(self) -> int:
        """Return where on the call's timeline we are."""
        return round(self.playback.clock(self.timers.now())) + self.plan.offset_ms

    def note(self, text: str) -> None:
        """Give the model a note of staff; the caller does not hear it."""
        if not self.ended:
            self.model.add_message("system", text)

    # --- time -----------------------------------------------------------------------------

    def _tick(self) -> None:
        if self.ended:
            return
        self._stop_tick = self.timers.later(TICK_S, self._tick)
        now = self.timers.now()
        if self.endings.opening_failed(now - self.opened_at):
            return
        self.calls.overdue(now)
        if (request := self.responses.lost(now)) is not None:
            self.endings.response_failed("", "The voice model did not begin to answer.", request)
        if self.playback.overdue(now):
            for item_id in self.playback.assume_played():
                self._played(item_id)
            self.listen_for_questions()
        if self.encoder is not None:
            self.endings.check_line(now - self.heard_from_at)
            self.endings.check_limits(now)
        self.pump()

    def assistant_busy(self) -> bool:
        return self.playback.busy() or not self.responses.quiet()

    def pump(self) -> None:
        """Do what has become possible: speak, or end."""
        if self.ended or not self.ready:
            return
        now = self.timers.now()
        if self.endings.finish_if_due(now):
            return
        self._listen_after_greeting()
        if not self.turns.free(now):
            return
        self.acts.perform_allowed()
        self.speaking_up.ask(now)
        self.responses.next(now)


_HANDLERS: dict[type[ev.Event], Any] = {
    ev.SessionReady: Session._ready,
    ev.SpeechStarted: lambda session, event: session.turns.speech_started(event),
    ev.SpeechStopped: lambda session, event: session.turns.speech_stopped(event),
    ev.AnswerTaken: lambda session, event: session.calls.taken_in(event.call_id),
    ev.ItemPlaced: lambda session, event: session.speech.placed(event),
    ev.CallerWords: lambda session, event: session.speech.caller_words(event),
    ev.CallerSaid: lambda session, event: session.speech.caller_said(event),
    ev.ResponseStarted: Session._response_started,
    ev.OutputStarted: Session._output_started,
    ev.AudioDone: Session._audio_done,
    ev.Words: lambda session, event: session.speech.words(event, session.timers.now()),
    ev.WordsDone: lambda session, event: session.speech.words_done(event),
    ev.ToolCalled: Session._tool_called,
    ev.ResponseEnded: Session._response_ended,
    ev.Problem: Session._problem,
    ev.SessionLost: Session._session_lost,
}
# Words of the caller that come after the hang-up still belong into the transcript.
_AFTER_THE_END = frozenset({ev.CallerWords, ev.CallerSaid})
