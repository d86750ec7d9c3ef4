"""A call as it is read: words by position, tool runs and events on the line where they happened.

Imports the models of calls and tools. `static/js/score.js` places new rows by the same rule.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from calls.choices import FINAL_STATUSES, CallStatus, ItemStatus, Role
from calls.models import Call, TranscriptItem
from tools_library.models import ToolExecution
from voiceassist.foundation.reading_order import in_reading_order

FINAL_RUN_STATUSES = frozenset({"success", "error", "timeout", "cancelled", "denied"})


@dataclass(frozen=True)
class Heard:
    """How much of what was generated the caller heard; `unheard` keeps the space before it."""

    heard: str
    unheard: str
    heard_words: int
    words: int


@dataclass(frozen=True)
class SpokenRow:
    """One utterance, as the template shows it."""

    item_id: str = ""
    role: str = Role.ASSISTANT.value
    position: int = 0
    at_ms: int = 0
    status: str = ItemStatus.COMPLETED.value
    latency_ms: int | None = None
    words: Heard = field(default_factory=lambda: Heard("", "", 0, 0))
    kind: str = "spoken"

    @property
    def partial(self) -> bool:
        """Whether more words may come."""
        return self.status == ItemStatus.IN_PROGRESS

    @property
    def interrupted(self) -> bool:
        """Whether the caller cut it short."""
        return self.status == ItemStatus.INTERRUPTED

    @property
    def failed(self) -> bool:
        """Whether the words could not be made out."""
        return self.status == ItemStatus.FAILED


@dataclass(frozen=True)
class RunRow:
    """One tool run."""

    execution_id: str = ""
    at_ms: int = 0
    name: str = ""
    tool_type: str = ""
    status: str = "queued"
    label: str = "Queued"
    duration_ms: int | None = None
    arguments: str = ""
    answer: str = ""
    message: str = ""
    error_code: str = ""
    kind: str = "run"

    @property
    def going(self) -> bool:
        """Whether its answer is still to come."""
        return self.status not in FINAL_RUN_STATUSES


@dataclass(frozen=True)
class EventRow:
    """Something that happened to the call; `key` tells the page which rows it has."""

    key: str = ""
    at_ms: int = 0
    text: str = ""
    kind: str = "event"


Row = SpokenRow | RunRow | EventRow


def score_of(call: Call) -> list[Row]:
    """Return the rows of a call in reading order; three queries."""
    spoken = [spoken_row(item) for item in call.transcript_items.all()]
    runs = call.tool_executions.select_related("tool").order_by("id")
    return place(spoken, [*events_of(call), *(run_row(run, call) for run in runs)])


def place(spoken: Sequence[SpokenRow], others: Iterable[RunRow | EventRow]) -> list[Row]:
    """Put runs and events after the last utterance that had begun by then.

    Utterances keep their order by position, whenever their words arrived.
    """
    rows: list[Row] = [*sorted(spoken, key=lambda row: row.position)]
    for other in sorted(others, key=lambda row: row.at_ms):
        spot = 0
        for index, row in enumerate(rows):
            if row.at_ms <= other.at_ms:
                spot = index + 1
        rows.insert(spot, other)
    return rows


def heard_of(text: str, heard_text: str) -> Heard:
    """Split generated words into heard and unheard.

    The heard part need not be a prefix letter by letter (spacing and case may differ); then the
    same number of words is taken from the start.
    """
    heard_words, words = len(heard_text.split()), len(text.split())
    heard = heard_text.strip()
    if text.startswith(heard):
        return Heard(heard, text[len(heard) :].rstrip(), heard_words, words)
    pieces = text.split(maxsplit=heard_words) if heard_words else ["", text]
    rest = pieces[heard_words] if len(pieces) > heard_words else ""
    unheard = f" {rest.strip()}" if rest else ""
    return Heard(" ".join(pieces[:heard_words]), unheard, min(heard_words, words), words)


def spoken_row(item: TranscriptItem) -> SpokenRow:
    """Return an utterance as a row."""
    whole = Heard(item.text, "", 0, 0)
    cut = item.status == ItemStatus.INTERRUPTED
    return SpokenRow(
        item_id=item.item_id,
        role=item.role,
        position=item.position,
        at_ms=item.at_ms,
        status=item.status,
        latency_ms=item.latency_ms,
        words=heard_of(item.text, item.heard_text) if cut else whole,
    )


def run_row(run: ToolExecution, call: Call) -> RunRow:
    """Return a tool run as a row, where its live event stood: when the call asked for it.

    Of one that does not know, the place is counted from the answer of the call.
    """
    begin = call.answered_at or call.started_at
    at = run.started_at or run.created_at
    counted = max(0, int((at - begin).total_seconds() * 1000))
    return RunRow(
        execution_id=str(run.execution_id),
        at_ms=counted if run.at_ms is None else run.at_ms,
        name=in_reading_order(run.tool.display_name if run.tool else run.tool_name),
        tool_type=run.tool.tool_type if run.tool else "",
        status=run.status,
        label=run.get_status_display(),
        duration_ms=run.duration_ms,
        arguments=pretty(run.input_parameters),
        answer=pretty(run.output_result),
        message=run.message,
        error_code=run.error_code,
    )


def events_of(call: Call) -> list[EventRow]:
    """Return the turns of the call's own life that the score shows."""
    rows = []
    if call.answered_at is not None:
        rows.append(EventRow("answered", 0, "Answered"))
    if call.status in FINAL_STATUSES:
        rows.append(EventRow("ended", call.duration_ms or 0, ending_of(call)))
    return rows


def ending_of(call: Call) -> str:
    """Return how the call ended, in words: `Ended by the assistant: said goodbye`."""
    reason = call.get_ended_reason_display() if call.ended_reason else CallStatus(call.status).label
    return f"{reason}: {call.ended_detail}" if call.ended_detail else str(reason)


def pretty(value: Any) -> str:
    """Return stored JSON for reading, indented as everywhere; nothing where there is nothing."""
    text = "" if value is None else json.dumps(value, ensure_ascii=False, indent=2)
    return in_reading_order(text)
