"""Who says what, when: ties the model's items, the playback ledger and the transcript; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from calls.bridge import model_events as ev
from calls.bridge.frames import BYTES_PER_MS
from calls.bridge.playback import Heard, Playback
from calls.bridge.ports import CallPlan, Journal
from calls.bridge.transcript import Line, Transcript


class Speech:
    """The spoken side of a session; ms are of the caller's audio clock."""

    def __init__(self, plan: CallPlan, playback: Playback, journal: Journal) -> None:
        self._playback = playback
        self._journal = journal
        self._offset_ms = plan.offset_ms
        self._silence_ms = plan.settings.turn_detection.get("silence_duration_ms", 0)
        self._padding_ms = plan.settings.turn_detection.get("prefix_padding_ms", 0)
        self.transcript = Transcript(offset=plan.position_offset)
        self._items: dict[str, list[str]] = {}  # response id → its spoken items
        self._cut: set[str] = set()
        self._appended_ms = 0.0
        self._turn_ended_ms: float | None = None
        self._keys = 0
        self._on_all_written: Callable[[], None] | None = None

    # --- the caller -----------------------------------------------------------------------

    def appended(self, payload: str) -> None:
        """Count audio given to the model: its clock for speech is ms of that."""
        self._appended_ms += len(payload) * 3 / 4 / BYTES_PER_MS

    def caller_began(self, event: ev.SpeechStarted, now: float) -> None:
        """Open the caller's line where their speech began."""
        at = self._on_our_clock(event.audio_start_ms, now)
        line = self.transcript.line(event.item_id, "caller", at + self._offset_ms)
        self._journal.said(line.snapshot())

    def onset(self, event: ev.SpeechStarted, now: float) -> float:
        """Return when, in seconds of our clock, the caller really began to speak.

        The model counts what it keeps of the audio before that as part of the speech.
        """
        began = self._on_our_clock(event.audio_start_ms + self._padding_ms, now)
        return self._playback.moment(began, now)

    def caller_stopped(self, event: ev.SpeechStopped) -> None:
        """Remember when the turn ended, for the latency of what follows."""
        # The model counts the silence that ended the turn as part of it.
        self._turn_ended_ms = self._shift() + event.audio_end_ms - self._silence_ms

    def placed(self, event: ev.ItemPlaced) -> None:
        """Take an item's place in the conversation."""
        self.transcript.place(event.item_id, event.previous_item_id)

    def caller_words(self, event: ev.CallerWords) -> None:
        """Add words of the caller."""
        line = self._caller_line(event.item_id)
        line.text += event.delta
        self._journal.words(line.snapshot(), event.delta)

    def caller_said(self, event: ev.CallerSaid) -> None:
        """The caller's words are complete, or could not be understood."""
        line = self._caller_line(event.item_id)
        if event.understood:
            line.text = event.text.strip()
        line.status = "completed" if event.understood else "failed"
        self._journal.said(line.snapshot())
        if self._on_all_written is not None and not self.waiting_for_words():
            self._on_all_written()

    def keys(self, digits: str, now: float) -> None:
        """Write down keys that were pressed."""
        self._keys += 1
        line = self.transcript.line(f"keys_{self._keys}", "caller", self._now_ms(now))
        line.text = f"Pressed {digits}"
        line.status = "completed"
        self._turn_ended_ms = self._playback.clock(now)
        self._journal.said(line.snapshot())

    def waiting_for_words(self) -> bool:
        """Whether the caller said something that is not written down yet."""
        return any(line.role == "caller" for line in self.transcript.open_lines())

    def when_all_written(self, callback: Callable[[], None]) -> None:
        """Call back once everything the caller said is written down."""
        self._on_all_written = callback

    def _caller_line(self, item_id: str) -> Line:
        return self.transcript.line(item_id, "caller", self._playback.media_ms + self._offset_ms)

    # --- the assistant --------------------------------------------------------------------

    def response_began(self, response_id: str) -> None:
        """Expect items of this response."""
        self._items.setdefault(response_id, [])

    def item_began(self, response_id: str, item_id: str) -> None:
        """The response has a spoken item."""
        items = self._items.setdefault(response_id, [])
        if item_id not in items:
            items.append(item_id)

    def speaks(self, event: ev.Audio, now: float) -> None:
        """Audio of an item is about to be sent: open its line and take its latency, once."""
        self.item_began(event.response_id, event.item_id)
        if event.item_id in self._playback.items:
            return
        clock = self._playback.clock(now)
        starts = max(clock, self._playback.ends_ms if self._playback.busy() else 0.0)
        line = self.transcript.line(event.item_id, "assistant", starts + self._offset_ms)
        line.at_ms = round(starts + self._offset_ms)
        if self._turn_ended_ms is not None:
            line.latency_ms = max(round(clock - self._turn_ended_ms), 0)
            self._turn_ended_ms = None
        self._journal.said(line.snapshot())

    def words(self, event: ev.Words, now: float) -> None:
        """Add words of the assistant; they run ahead of the audio."""
        if event.response_id in self._cut:
            return
        self.item_began(event.response_id, event.item_id)
        line = self.transcript.line(event.item_id, "assistant", self._now_ms(now))
        if line.status == "in_progress":
            line.text += event.delta
            self._journal.words(line.snapshot(), event.delta)

    def words_done(self, event: ev.WordsDone) -> None:
        """All words of an item are known."""
        line = self.transcript.known(event.item_id)
        if line is not None and line.status == "in_progress" and event.text:
            line.text = event.text

    def played(self, item_id: str) -> None:
        """The caller heard an item to its end."""
        line = self.transcript.known(item_id)
        if line is not None and line.status == "in_progress":
            line.generated_ms = line.heard_ms = self._playback.items[item_id].sent_ms
            line.status = "completed"
            self._journal.said(line.snapshot())

    def response_ended(self, response_id: str, end_item: Callable[[str], None]) -> bool:
        """Close the response's items; return whether any of it was spoken."""
        items = self._items.pop(response_id, [])
        for item_id in items:
            end_item(item_id)
        self._cut.discard(response_id)
        return any(self._playback.items[i].sent_ms > 0 for i in items if i in self._playback.items)

    # --- interruptions --------------------------------------------------------------------

    def cut(self, response_id: str) -> None:
        """From now on audio of this response is stale."""
        self._cut.add(response_id)

    def is_cut(self, response_id: str) -> bool:
        """Whether the response was interrupted."""
        return response_id in self._cut

    def interrupted(self, heard: Iterable[Heard], response_id: str) -> list[str]:
        """Write down what was heard; return the items of which nothing was."""
        unheard = [item.item_id for item in heard if item.heard_ms < 1 and not item.whole]
        for item in heard:
            self._finish_line(item.item_id, item.heard_ms, whole=item.whole)
        silent = [
            item_id
            for item_id in self._items.get(response_id, [])
            if item_id not in self._playback.items
        ]
        for item_id in silent:
            self._finish_line(item_id, 0.0, whole=False)
        return unheard + silent

    def _finish_line(self, item_id: str, heard_ms: float, *, whole: bool) -> None:
        line = self.transcript.known(item_id)
        if line is None or line.status != "in_progress":
            return
        booked = self._playback.items.get(item_id)
        line.generated_ms = booked.sent_ms if booked else 0.0
        line.heard_ms = min(heard_ms, line.generated_ms)
        line.whole = whole
        line.status = "completed" if whole else "interrupted"
        self._journal.said(line.snapshot())

    def finalize(self, now: float) -> None:
        """The call is over: every line of the assistant gets its final state.

        The caller's open lines stay open, since their words may still come.
        """
        for line in self.transcript.open_lines():
            if line.role == "assistant":
                booked = self._playback.items.get(line.item_id)
                heard = self._playback.heard_ms(line.item_id, now)
                whole = booked is not None and booked.complete and heard >= booked.sent_ms
                self._finish_line(line.item_id, heard, whole=whole)

    def give_up_on_words(self) -> None:
        """Words of the caller that have not come by now will not."""
        for line in self.transcript.open_lines():
            line.status = "completed" if line.text else "failed"
            self._journal.said(line.snapshot())

    # --- clocks ---------------------------------------------------------------------------

    def _shift(self) -> float:
        """Return ms between the model's clock (audio appended) and the stream's."""
        return max(self._playback.media_ms - self._appended_ms, 0.0)

    def _on_our_clock(self, model_ms: float, now: float) -> float:
        return min(self._shift() + model_ms, self._playback.clock(now))

    def _now_ms(self, now: float) -> float:
        return self._playback.clock(now) + self._offset_ms
