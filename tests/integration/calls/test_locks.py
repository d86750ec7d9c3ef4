"""Everybody who changes calls takes locks in one order: nobody waits for each other for ever."""

import threading

import pytest
from django.db import connection, transaction

from calls.bridge.ports import Ending, Utterance
from calls.models import Call, TranscriptItem
from calls.services import lifecycle
from calls.services.recorder import Answered, CallRef, Said, StreamEnded, write_batch
from tests.factories.pages import make_call, make_organization

ROUNDS = 25


def together(*works):
    """Do all at the same moment, each on its own connection; return what went wrong."""
    errors, start = [], threading.Barrier(len(works))

    def do(work):
        try:
            start.wait(60)
            work()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=do, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return errors


def ref(call):
    return CallRef(call.pk, call.organization_id)


def words(call, item_id):
    return Said(ref(call), Utterance(item_id, 1024, "assistant", "x", "x", "completed", 1))


@pytest.mark.parametrize("also", ["status", "end", "answer", "stream_closed"])
def test_the_recorder_and_a_change_of_the_row_do_not_block_each_other(transactional_db, also):
    call = make_call(make_organization(), status="in-progress")
    change = {
        "status": lambda: lifecycle.take_status(call, "completed", 1),
        "end": lambda: lifecycle.end(call, "staff_ended"),
        "answer": lambda: lifecycle.answer(call),
        "stream_closed": lambda: lifecycle.stream_closed(call, 1, {}),
    }[also]
    for number in range(ROUNDS):
        Call.unscoped.update(status="in-progress", ended_reason="", answered_at=None)
        end = StreamEnded(ref(call), Ending("caller_hung_up"))
        batch = [words(call, f"i{number}"), Answered(ref(call)), end]
        assert together(lambda batch=batch: write_batch(batch), change) == []
    assert TranscriptItem.unscoped.count() == ROUNDS


def test_batches_of_the_same_organizations_in_another_order_do_not_block_each_other(
    transactional_db,
):
    calls = [make_call(make_organization(slug)) for slug in ("north", "south")]
    for number in range(ROUNDS):
        one = [words(call, f"a{number}") for call in calls]
        other = [words(call, f"b{number}") for call in reversed(calls)]
        assert together(lambda one=one: write_batch(one), lambda o=other: write_batch(o)) == []


def test_a_row_that_refers_to_the_call_is_written_while_the_call_is_held(transactional_db):
    call = make_call(make_organization())
    row = TranscriptItem(
        organization_id=call.organization_id, call=call, item_id="i1", position=1, role="caller"
    )

    def refer():
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
        row.at_ms = 0
        row.save()

    with transaction.atomic():
        lifecycle.end(call, "staff_ended")
        errors = together(refer)
    assert errors == []
