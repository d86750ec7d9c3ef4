"""Live calls are written down in order, in batches, whatever the database does meanwhile."""

import asyncio
import threading

import pytest
from django.db import OperationalError, connections

from calls.bridge.ports import Ending, Transfer, Utterance
from calls.models import Call, TranscriptItem
from calls.services import recorder as recording
from calls.services import transfers
from calls.services.journal import CallJournal
from calls.services.recorder import Answered, CallRef, Recorder, Said, StreamEnded, write_batch
from tests.factories.pages import make_call, make_organization
from voiceassist.foundation.models import Event


@pytest.fixture
def call(transactional_db):
    return make_call(make_organization(), status="ringing", answered_at=None)


def ref(call):
    return CallRef(call.pk, call.organization_id)


def utterance(item_id="i1", text="Hello", status="completed", **more):
    values = {"position": 1024, "role": "assistant", "heard_text": text, "at_ms": 10}
    return Utterance(item_id=item_id, text=text, status=status, **(values | more))


def events(call):
    rows = Event.objects.filter(topic=f"call:{call.pk}").order_by("id")
    return [row.type for row in rows]


def test_an_utterance_that_changed_is_one_row_with_its_last_state(call):
    records = [Said(ref(call), utterance(text=text)) for text in ("He", "Hello", "Hello there")]
    write_batch(records)
    write_batch([Said(ref(call), utterance(text="Hello there", heard_text="Hello"))])
    row = TranscriptItem.unscoped.get()
    assert (row.text, row.heard_text) == ("Hello there", "Hello")
    assert events(call) == ["transcript.completed"] * 2


@pytest.mark.parametrize("status", ["completed", "in-progress"])
def test_a_caller_who_had_hung_up_by_then_is_put_through_to_nobody(call, status):
    Call.unscoped.update(status=status)
    transfer = Transfer("+12025550143", "Sales", "c1")
    write_batch([StreamEnded(ref(call), Ending("transferred", transfer=transfer), {})])
    row = transfers.Transfer.unscoped.get()
    assert row.status == ("canceled" if status == "completed" else "asked")


def test_what_has_only_begun_is_a_row_but_no_event(call):
    write_batch([Said(ref(call), utterance(status="in_progress"))])
    assert TranscriptItem.unscoped.count() == 1
    assert events(call) == []


def test_text_that_a_database_cannot_hold_is_cleaned(call):
    write_batch([Said(ref(call), utterance(text="a\0b\ud800c"))])
    assert TranscriptItem.unscoped.get().text == "ab?c"


def test_the_first_ending_counts_and_figures_of_all_streams_add_up(call):
    figures = {"usage": {"total_tokens": 5}, "metrics": {"frames_in": 10}}
    write_batch([Answered(ref(call))])
    write_batch([StreamEnded(ref(call), Ending("model_lost", resume=True), figures)])
    call.refresh_from_db()
    assert (call.status, call.ended_reason) == ("in-progress", "")
    write_batch([Answered(ref(call)), StreamEnded(ref(call), Ending("assistant_ended"), figures)])
    write_batch([StreamEnded(ref(call), Ending("caller_hung_up"), {})])
    call.refresh_from_db()
    assert (call.status, call.ended_reason) == ("completed", "assistant_ended")
    assert call.usage == {"total_tokens": 10}
    assert call.metrics == {"frames_in": 20}


def test_the_writer_survives_a_database_that_goes_away(call, monkeypatch):
    failures = iter([True, True, False])
    real = recording.write_batch

    def flaky(batch):
        if next(failures, False):
            connections["default"].close()
            raise OperationalError("gone")
        return real(batch)

    monkeypatch.setattr(recording, "write_batch", flaky)
    monkeypatch.setattr(recording, "RETRY_S", (0.01, 0.01))
    writer = Recorder()
    writer.put(Said(ref(call), utterance()))
    assert asyncio.run(writer.flush(60))
    writer.close(60)
    assert TranscriptItem.unscoped.count() == 1


def test_one_bad_record_does_not_take_the_others_with_it(call, monkeypatch):
    monkeypatch.setattr(recording, "RETRY_S", (0.01,))
    writer = Recorder()
    nobody = CallRef(call.pk + 1_000_000, call.organization_id)
    writer.put(StreamEnded(nobody, Ending("caller_hung_up")))
    writer.put(Said(ref(call), utterance()))
    assert asyncio.run(writer.flush(60))
    writer.close(60)
    assert TranscriptItem.unscoped.count() == 1


def test_a_bad_record_delays_no_other_ones(call, monkeypatch):
    monkeypatch.setattr(recording, "RETRY_S", (300.0,))  # of a database that is away
    writer = Recorder()
    nobody = CallRef(call.pk + 1_000_000, call.organization_id)
    writer.put(Said(nobody, utterance()))
    writer.put(StreamEnded(ref(call), Ending("assistant_ended")))
    assert asyncio.run(writer.flush(60))
    writer.close(60)
    call.refresh_from_db()
    assert call.ended_reason == "assistant_ended"


def test_a_database_that_is_away_for_longer_than_all_pauses_loses_nothing(call, monkeypatch):
    away = iter([True] * 6)
    real = recording.write_batch

    def absent(batch):
        if next(away, False):
            raise OperationalError("gone")
        return real(batch)

    monkeypatch.setattr(recording, "write_batch", absent)
    monkeypatch.setattr(recording, "_database_answers", lambda: False)
    monkeypatch.setattr(recording, "RETRY_S", (0.01, 0.02))
    writer = Recorder()
    writer.put(Said(ref(call), utterance()))
    assert asyncio.run(writer.flush(60))
    writer.close(60)
    assert TranscriptItem.unscoped.count() == 1


def test_the_writer_survives_a_loop_that_was_closed_while_it_waited(call):
    writer, loop = Recorder(), asyncio.new_event_loop()
    loop.close()
    writer.put(recording.Barrier(loop, asyncio.Event()))
    assert asyncio.run(writer.flush(60))
    writer.put(Said(ref(call), utterance()))
    assert asyncio.run(writer.flush(60))
    writer.close(60)
    assert TranscriptItem.unscoped.count() == 1


def test_a_writer_whose_thread_died_begins_again(call):
    writer = Recorder()
    dead = threading.Thread(target=lambda: None)
    dead.start()
    dead.join()
    writer._thread = dead
    writer.put(Said(ref(call), utterance()))
    assert asyncio.run(writer.flush(60))
    writer.close(60)
    assert TranscriptItem.unscoped.count() == 1


def test_the_stream_names_a_call_whose_sid_is_not_stored_yet(call):
    Call.unscoped.update(call_sid=None)
    write_batch([Answered(ref(call), "CA7")])
    write_batch([Answered(ref(call), "CA8")])
    call.refresh_from_db()
    assert (call.call_sid, call.status) == ("CA7", "in-progress")


def test_the_journal_tells_the_streams_sid_with_the_answer(call):
    kept = []

    class Kept(Recorder):
        def put(self, record):
            kept.append(record)

    journal = CallJournal(ref(call), Kept())
    journal.call_sid = "CA7"
    journal.answered("MZ1")
    assert kept == [Answered(ref(call), "CA7")]
