"""Live calls are written down in order, in batches, whatever the database does meanwhile."""

import asyncio

import pytest
from django.db import connections

from calls.bridge.ports import Ending, Utterance
from calls.models import TranscriptItem
from calls.services import recorder as recording
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
            raise recording.connection.Database.OperationalError("gone")
        return real(batch)

    monkeypatch.setattr(recording, "write_batch", flaky)
    monkeypatch.setattr(recording, "RETRY_S", (0.01, 0.01))
    writer = Recorder()
    writer.put(Said(ref(call), utterance()))
    assert asyncio.run(writer.flush(5))
    writer.close(5)
    assert TranscriptItem.unscoped.count() == 1


def test_one_bad_record_does_not_take_the_others_with_it(call, monkeypatch):
    monkeypatch.setattr(recording, "RETRY_S", (0.01,))
    writer = Recorder()
    nobody = CallRef(call.pk + 1_000_000, call.organization_id)
    writer.put(StreamEnded(nobody, Ending("caller_hung_up")))
    writer.put(Said(ref(call), utterance()))
    assert asyncio.run(writer.flush(10))
    writer.close(5)
    assert TranscriptItem.unscoped.count() == 1
