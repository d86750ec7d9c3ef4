"""Writes calls down: one thread per process with its own connection, in batches.

A live call never waits for the database: it hands records over and goes on. Records of one call
are written in the order they were given; what changed several times within a batch is written
once. A database that is away for a while loses nothing until the queue's bound is reached.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import queue
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import InterfaceError, OperationalError, connection, transaction

from calls.bridge.ports import Ending, Utterance
from calls.choices import FINAL_STATUSES
from calls.models import Call, TranscriptItem
from calls.services import lifecycle, transfers
from voiceassist.foundation.events import News, emit, hold_order

log = logging.getLogger(__name__)

BATCH = 500
GATHER_S = 0.15  # waited for more records once the first of a batch is there
RETRY_S = (0.1, 0.5, 2.0, 5.0)
BOUND = 100_000


@dataclass(frozen=True, slots=True)
class CallRef:
    """Which call, and which of its streams, a record belongs to."""

    call_id: int
    organization_id: int
    ticket_id: int = 0


@dataclass(frozen=True, slots=True)
class Answered:
    """The call's stream began; `call_sid` is what the stream says."""

    call: CallRef
    call_sid: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """An utterance as it stands."""

    call: CallRef
    utterance: Utterance


@dataclass(frozen=True, slots=True)
class StreamEnded:
    """A stream is over; with `ending.resume` the call goes on with the next one."""

    call: CallRef
    ending: Ending
    figures: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Barrier:
    """Everything handed over before this has been written when `done` is set."""

    loop: asyncio.AbstractEventLoop
    done: asyncio.Event


@dataclass(frozen=True, slots=True)
class Stop:
    """The writer ends after this."""


Record = Answered | Said | StreamEnded | Barrier | Stop


class Recorder:
    """The process's one writer of live calls."""

    def __init__(self) -> None:
        self._queue: queue.Queue[Record] = queue.Queue(BOUND)
        self._awaited = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def put(self, record: Record) -> None:
        """Hand a record over; never blocks. Beyond the bound records are dropped and logged."""
        self._start()
        try:
            self._queue.put_nowait(record)
        except queue.Full:
            log.error("a record of a call was dropped: the database has been away for too long")
        if isinstance(record, Barrier | Stop):
            self._awaited.set()

    async def flush(self, timeout_s: float) -> bool:
        """Wait until everything handed over so far is written; False after `timeout_s`."""
        barrier = Barrier(asyncio.get_running_loop(), asyncio.Event())
        self.put(barrier)
        try:
            await asyncio.wait_for(barrier.done.wait(), timeout_s)
        except TimeoutError:
            return False
        return True

    def close(self, timeout_s: float) -> None:
        """Write what was handed over, give the connection back, end the thread."""
        thread = self._thread
        if thread is not None:
            self.put(Stop())
            thread.join(timeout_s)
            self._thread = None

    def _start(self) -> None:
        if self._thread is not None and self._thread.is_alive():
            return
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="calls-writer", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        batch: list[Record] = []
        while not any(isinstance(record, Stop) for record in batch):
            batch = self._next_batch()
            self._write(batch)
        connection.close()

    def _next_batch(self) -> list[Record]:
        batch = [self._queue.get()]
        # Not by waiting for each record: every wake-up of this thread holds up the calls' loop.
        self._awaited.wait(GATHER_S)
        self._awaited.clear()
        with contextlib.suppress(queue.Empty):
            while len(batch) < BATCH:
                batch.append(self._queue.get_nowait())
            self._awaited.set()  # there may be more
        return batch

    def _write(self, batch: list[Record]) -> None:
        if not self._write_together(batch):
            self._write_one_by_one(batch)
        for record in batch:
            if isinstance(record, Barrier):
                with contextlib.suppress(RuntimeError):  # its loop is closed: nobody waits
                    record.loop.call_soon_threadsafe(record.done.set)

    def _write_together(self, batch: list[Record]) -> bool:
        """Only a database in trouble is worth waiting for; return False for a bad record."""
        for attempt in itertools.count():
            try:
                write_batch(batch)
            except (OperationalError, InterfaceError):
                log.exception("calls could not be written down and wait")
                connection.close()
                if attempt >= len(RETRY_S) and _database_answers():
                    return False
                time.sleep(RETRY_S[min(attempt, len(RETRY_S) - 1)])
            except Exception:
                log.exception("calls could not be written down together")
                connection.close()
                return False
            else:
                return True
        return False

    def _write_one_by_one(self, batch: list[Record]) -> None:
        """One bad record must not take the others with it."""
        if len(batch) == 1:
            return
        for record in batch:
            try:
                write_batch([record])
            except Exception:
                log.exception("a record of a call could not be written down")
                connection.close()


def _database_answers() -> bool:
    try:
        connection.ensure_connection()
    except (OperationalError, InterfaceError):
        return False
    return True


@transaction.atomic
def write_batch(batch: list[Record]) -> None:
    """Write records in order; utterances that changed several times are written once."""
    hold_order(
        *(each.call.organization_id for each in batch if not isinstance(each, Barrier | Stop))
    )
    said: dict[tuple[int, str], Said] = {}
    for record in batch:
        if isinstance(record, Said):
            said[record.call.call_id, record.utterance.item_id] = record
    if said:
        _write_utterances(list(said.values()))
    for record in batch:
        if isinstance(record, Answered):
            lifecycle.answer(Call.unscoped.get(pk=record.call.call_id), record.call_sid)
        elif isinstance(record, StreamEnded):
            _end_stream(record)


def _write_utterances(records: list[Said]) -> None:
    rows = [_row(record) for record in records]
    fields = ["position", "text", "heard_text", "status", "at_ms", "generated_ms", "heard_ms"]
    TranscriptItem.unscoped.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["call", "item_id"],
        update_fields=[*fields, "latency_ms"],
    )
    news: dict[int, list[News]] = {}
    for record in records:
        if record.utterance.status != "in_progress":
            topic = lifecycle.topic(record.call.call_id)
            said = News(topic, "transcript.completed", utterance_data(record.utterance))
            news.setdefault(record.call.organization_id, []).append(said)
    for organization_id, told in news.items():
        emit(organization_id, *told)


def _row(record: Said) -> TranscriptItem:
    utterance = record.utterance
    return TranscriptItem(
        organization_id=record.call.organization_id,
        call_id=record.call.call_id,
        item_id=utterance.item_id[:100],
        position=utterance.position,
        role=utterance.role,
        text=clean(utterance.text),
        heard_text=clean(utterance.heard_text),
        status=utterance.status,
        at_ms=utterance.at_ms,
        generated_ms=utterance.generated_ms,
        heard_ms=utterance.heard_ms,
        latency_ms=utterance.latency_ms,
    )


def utterance_data(utterance: Utterance) -> dict[str, Any]:
    """Return the `data` of `transcript.delta` and `transcript.completed`."""
    return {
        "item_id": utterance.item_id,
        "position": utterance.position,
        "role": utterance.role,
        "text": clean(utterance.text),
        "heard_text": clean(utterance.heard_text),
        "status": utterance.status,
        "at_ms": utterance.at_ms,
        "generated_ms": utterance.generated_ms,
        "heard_ms": utterance.heard_ms,
        "latency_ms": utterance.latency_ms,
    }


def clean(text: str) -> str:
    """Return `text` without what PostgreSQL cannot store: NUL and lone surrogates."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _end_stream(record: StreamEnded) -> None:
    call = Call.unscoped.get(pk=record.call.call_id)
    ending = record.ending
    if ending.resume:
        lifecycle.stream_closed(call, record.call.ticket_id, record.figures, ending.reason)
        return
    if ending.transfer is not None:
        lifecycle.stream_closed(call, record.call.ticket_id, record.figures)
        transfers.ask(call, ending.transfer)
        if call.status in FINAL_STATUSES:  # the phone company was quicker to tell of a hang-up
            transfers.call_over(call)
        return
    lifecycle.end(
        call,
        ending.reason,
        detail=clean(ending.detail),
        last_words=ending.say,
        figures=record.figures,
    )


recorder = Recorder()
