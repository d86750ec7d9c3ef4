"""A call's journal: what the bridge reports goes to the recorder and to live pages."""

from __future__ import annotations

import logging
import time
from typing import Any

from calls.bridge.model_events import ResponseEnded
from calls.bridge.ports import Ending, Utterance
from calls.services import lifecycle
from calls.services.recorder import (
    Answered,
    CallRef,
    Recorder,
    Said,
    StreamEnded,
    utterance_data,
)
from voiceassist.foundation.events import publish

log = logging.getLogger(__name__)

WATCH_S = 40.0  # pages renew their interest well within this
WORDS_EVERY_S = 0.08


class CallJournal:
    """Implements `ports.Journal` for one stream of one call."""

    def __init__(self, call: CallRef, recorder: Recorder) -> None:
        self.call = call
        self.call_sid = ""
        self._recorder = recorder
        self._watched_until = 0.0
        self._words_at: dict[str, float] = {}
        self._unsent: dict[str, str] = {}
        self.usage: dict[str, int] = {}
        self.metrics: dict[str, int] = {}

    def watch(self) -> None:
        """Somebody looks on: words and levels are published for a while."""
        self._watched_until = time.monotonic() + WATCH_S

    def watched(self) -> bool:
        """Whether anybody looks on."""
        return time.monotonic() < self._watched_until

    def answered(self, stream_sid: str) -> None:
        """The stream began."""
        self._recorder.put(Answered(self.call, self.call_sid))

    def words(self, utterance: Utterance, delta: str) -> None:
        """Publish words while they are spoken, a dozen times a second at most."""
        if not self.watched():
            return
        item_id = utterance.item_id
        self._unsent[item_id] = self._unsent.get(item_id, "") + delta
        now = time.monotonic()
        if now - self._words_at.get(item_id, 0.0) >= WORDS_EVERY_S:
            self._words_at[item_id] = now
            self._publish_words(utterance)

    def said(self, utterance: Utterance) -> None:
        """Keep an utterance; one that has only begun is shown at once."""
        self._recorder.put(Said(self.call, utterance))
        if utterance.status != "in_progress":
            self._unsent.pop(utterance.item_id, None)
        elif self.watched():
            self._publish_words(utterance)

    def _publish_words(self, utterance: Utterance) -> None:
        delta = self._unsent.pop(utterance.item_id, "")
        self._publish("transcript.delta", utterance_data(utterance) | {"delta": delta})

    def level(self, caller_db: float, assistant_db: float, speaking: str) -> None:
        """Publish how loud both sides are."""
        data = {"caller_db": caller_db, "assistant_db": assistant_db, "speaking": speaking}
        self._publish("audio.level", data)

    def interrupted(self, count: int) -> None:
        """Count an interruption."""
        self.metrics["interruptions"] = count

    def used(self, response: ResponseEnded) -> None:
        """Sum up the tokens of a response."""
        for name, value in response.usage.items():
            if isinstance(value, int):
                self.usage[name] = self.usage.get(name, 0) + value

    def problem(self, code: str, message: str) -> None:
        """Log what the model refused."""
        log.info(
            "the voice model reported a problem",
            extra={"call_id": self.call.call_id, "code": code, "problem": message[:300]},
        )

    def ended(self, ending: Ending, metrics: dict[str, int]) -> None:
        """Keep how the stream ended, with its figures."""
        figures = {"usage": self.usage, "metrics": self.metrics | metrics}
        self._recorder.put(StreamEnded(self.call, ending, figures))

    def _publish(self, type_: str, data: dict[str, Any]) -> None:
        publish(self.call.organization_id, lifecycle.topic(self.call.call_id), type_, data)
