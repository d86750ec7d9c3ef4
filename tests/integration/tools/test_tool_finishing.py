"""A run's end, which a caller waits for: few answers of the database, in the events' order."""

import threading

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories.pages import make_call
from tests.factories.tools import make_tool, origin
from tests.services.locks import somebody_waits
from tests.services.ports import wait_for
from tools_library.engine.engine import answered
from tools_library.models import ToolExecution
from tools_library.services import execution, performing, pruning, queues, reporting, rows
from voiceassist.foundation.events import hold_order
from voiceassist.foundation.models import Event

pytestmark = pytest.mark.django_db(transaction=True)
DONE = answered({"success": True, "message": "100 % done", "data": {"days": [1, None]}})
embedded = pytest.mark.embedded


@pytest.fixture(autouse=True)
def nothing_runs_by_itself(monkeypatch):
    monkeypatch.setattr(queues, "enqueue", lambda *args, **queue: None)


@pytest.fixture
def run(organization, call):
    source = origin(organization, trigger="call", call_id=call.pk, reply_to="here")
    row = execution.request(make_tool(organization), {"order_id": "7"}, source)
    return performing.claim(str(row.execution_id))


@pytest.fixture
def call(organization):
    return make_call(organization)


@pytest.fixture
def replies(monkeypatch):
    """What went to the waiting process, with the row's status as another connection saw it."""
    got = []

    def take(channel, message):
        seen = []
        thread = threading.Thread(target=lambda: seen.append(_status(message["execution_id"])))
        thread.start()
        thread.join(60)
        got.append((channel, message["status"], *seen))

    monkeypatch.setattr(reporting, "reply", take)
    return got


def _status(execution_id):
    try:
        return ToolExecution.unscoped.get(execution_id=execution_id).status
    finally:
        connection.close()


def test_claim_and_end_are_one_statement_each(organization, call):
    row = execution.request(
        make_tool(organization), {"order_id": "7"}, origin(organization, call_id=call.pk)
    )
    rows.one(row.execution_id)  # from now on this process knows the version
    with CaptureQueriesContext(connection) as claim:
        claimed = performing.claim(str(row.execution_id))
    assert len(claim) == 2  # one reads the row
    with CaptureQueriesContext(connection) as end:
        assert execution.finish(claimed, DONE)
    assert len(end) == 1
    with CaptureQueriesContext(connection) as late:
        assert not execution.finish(claimed, DONE)
    assert len(late) == 1


@embedded
def test_the_row_is_stored_before_anybody_is_told(run, replies):
    assert execution.finish(run, DONE)
    assert replies == [("here", "success", "success")]


@embedded
def test_inside_a_transaction_nobody_is_told_before_its_commit(run, replies):
    with transaction.atomic():
        assert execution.finish(run, DONE)
        assert replies == []
    assert replies == [("here", "success", "success")]


@embedded
def test_what_is_rolled_back_is_never_told(run, replies):
    before = Event.objects.count()
    with pytest.raises(RuntimeError), transaction.atomic():
        execution.finish(run, DONE)
        raise RuntimeError
    assert replies == [] and Event.objects.count() == before
    assert _status(run.execution_id) == "running"


@embedded
def test_the_row_and_its_events_hold_the_outcome(run, replies):
    execution.finish(run, DONE)
    row = ToolExecution.unscoped.get(pk=run.pk)
    assert (row.status, row.output_result, row.trace) == ("success", DONE.output, None)
    assert row.completed_at is not None and row.completed_at == run.completed_at
    listed, shown = Event.objects.order_by("-pk")[:2][::-1]
    assert (listed.topic, shown.topic) == ("executions", f"call:{run.call_id}")
    assert listed.data == reporting.flat(row)
    assert shown.data["output_result"] == DONE.output
    assert {event.type for event in (listed, shown)} == {"execution.updated"}


@embedded
def test_a_late_outcome_leaves_no_trace(run, replies):
    assert execution.cancel(run.execution_id)
    before = Event.objects.count()
    assert not execution.finish(run, DONE)
    assert _status(run.execution_id) == "cancelled" and Event.objects.count() == before
    assert [status for _, status, _ in replies] == ["cancelled"]


def test_an_end_waits_for_the_events_order_before_it_locks_its_row(organization, run):
    done = threading.Event()

    def finish():
        try:
            execution.finish(run, DONE)
            done.set()
        finally:
            connection.close()

    with transaction.atomic():
        hold_order(organization.pk)
        newest = Event.objects.latest("pk").pk
        thread = threading.Thread(target=finish)
        thread.start()
        wait_for(somebody_waits, seconds=60, what="the wait for the order")
        assert ToolExecution.unscoped.select_for_update(nowait=True).get(pk=run.pk)
        mine = Event.objects.create(
            organization=organization, topic="executions", type="x", at=run.started_at
        )
    thread.join(60)
    assert done.is_set()
    later = Event.objects.filter(pk__gt=newest).order_by("pk")
    assert later[0] == mine and later.count() == 3


def test_a_cancel_and_the_claims_of_two_workers_never_block_each_other(organization, call):
    tool = make_tool(organization)
    for _ in range(15):
        row = execution.request(tool, {"order_id": "7"}, origin(organization, call_id=call.pk))
        key, errors, start, claimed = row.execution_id, [], threading.Barrier(3), []

        def do(work, errors=errors, start=start):
            try:
                start.wait(60)
                work()
            except Exception as error:
                errors.append(error)
            finally:
                connection.close()

        def claim(key=key, claimed=claimed):
            claimed.append(performing.claim(str(key)))

        works = (lambda key=key: execution.cancel(key), claim, claim)
        threads = [threading.Thread(target=do, args=(work,)) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert errors == []
        assert len([each for each in claimed if each is not None]) <= 1
        assert _status(key) == "cancelled"


def test_runs_that_may_be_deleted_are_found_by_an_index_of_their_own():
    with transaction.atomic(), connection.cursor() as cursor:
        for way in ("seqscan", "bitmapscan", "sort"):  # which handle a handful of rows faster
            cursor.execute(f"SET LOCAL enable_{way} = off")
        assert "execution_prune" in pruning._old(timezone.now()).explain()
