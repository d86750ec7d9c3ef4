"""Runs whose job or worker was lost: taken up again where that is safe, ended where it is not."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from tests.factories.tools import endpoint_configuration, make_tool, origin
from tests.services.ports import wait_for
from tools_library.engine.engine import answered
from tools_library.models import Tool, ToolExecution
from tools_library.services import (
    counting,
    execution,
    leases,
    performing,
    pruning,
    queues,
    sweeping,
)
from voiceassist.foundation.events import pruning as events
from voiceassist.foundation.models import Event

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.embedded]
DONE = answered({"success": True, "message": "done"})


@pytest.fixture(autouse=True)
def handed_over(monkeypatch):
    """Jobs are kept, not run: id and queue."""
    jobs = []
    monkeypatch.setattr(queues, "enqueue", lambda *args, queue: jobs.append((args[1], queue)))
    return jobs


LATER = timedelta(hours=1)  # no test takes so long


def running(organization, side_effect, trigger="api"):
    name = f"tool_{side_effect}_{Tool.unscoped.count()}"
    tool = make_tool(organization, name=name, side_effect=side_effect)
    row = execution.request(tool, {"order_id": "7"}, origin(organization, trigger=trigger))
    return performing.claim(str(row.execution_id))


def change(row, **values):
    ToolExecution.unscoped.filter(pk=row.pk).update(**values)


def stored(row):
    return ToolExecution.unscoped.get(pk=row.pk)


def ago(**age):
    return timezone.now() - timedelta(**age)


@pytest.mark.parametrize(
    ("side_effect", "status"),
    [("read", "queued"), ("idempotent", "queued"), ("write", "running"),
     ("irreversible", "running")],
)  # fmt: skip
def test_a_dead_workers_run_is_taken_up_again_only_where_that_is_safe(
    organization, side_effect, status, handed_over
):
    row = running(organization, side_effect)
    change(row, lease_until=ago(seconds=1), deadline_at=timezone.now() + LATER)
    handed_over.clear()
    assert sweeping.sweep().taken == (status == "queued")
    assert stored(row).status == status
    assert len(handed_over) == (status == "queued")
    if status == "queued":
        assert execution.finish(performing.claim(str(row.execution_id)), DONE)
        assert stored(row).status == "success"


def test_a_living_workers_run_and_one_without_time_are_left_alone(organization, monkeypatch):
    monkeypatch.setattr(sweeping, "GRACE_SECONDS", 600.0)
    alive, late = running(organization, "read"), running(organization, "read")
    change(alive, lease_until=timezone.now() + LATER, deadline_at=timezone.now() + LATER)
    change(late, lease_until=ago(seconds=1), deadline_at=timezone.now())
    assert sweeping.sweep().taken == 0
    assert {stored(alive).status, stored(late).status} == {"running"}


@pytest.mark.parametrize(("side_effect", "honest"), [("read", False), ("irreversible", True)])
def test_past_its_deadline_a_run_ends_and_says_what_is_known(organization, side_effect, honest):
    row = running(organization, side_effect)
    change(row, deadline_at=ago(seconds=3), lease_until=ago(seconds=1))
    assert sweeping.sweep().ended == 1
    ended = stored(row)
    assert (ended.status, ended.error_code) == ("timeout", "timeout")
    assert ("Nobody knows whether it took effect" in ended.message) is honest


def test_a_lost_job_is_handed_over_again_to_its_own_queue_and_not_at_every_sweep(
    organization, handed_over, monkeypatch
):
    monkeypatch.setattr(sweeping, "QUEUED_SECONDS", 300.0)
    rows = [
        execution.request(
            make_tool(organization, name=trigger), {"order_id": "7"},
            origin(organization, trigger=trigger),
        )
        for trigger in ("call", "api")
    ]  # fmt: skip
    first = list(handed_over)
    assert [queue for _, queue in first] == ["live", "default"]
    handed_over.clear()
    for row in rows:
        change(row, deadline_at=timezone.now() + LATER)
    assert sweeping.sweep().again == 0
    for row in rows:
        change(row, queued_at=ago(seconds=301))
    assert (sweeping.sweep().again, sweeping.sweep().again) == (2, 0)
    assert sorted(handed_over) == sorted(first)


def test_many_sweepers_at_once_do_everything_once(organization, handed_over, monkeypatch):
    monkeypatch.setattr(sweeping, "QUEUED_SECONDS", 300.0)
    dead = [running(organization, "read") for _ in range(6)]
    lost = [
        execution.request(make_tool(organization, name=f"l{n}"), {"order_id": "7"},
                          origin(organization))
        for n in range(6)
    ]  # fmt: skip
    over = [running(organization, "write") for _ in range(6)]
    later = timezone.now() + LATER
    for row in dead:
        change(row, lease_until=ago(seconds=1), deadline_at=later)
    for row in lost:
        change(row, queued_at=ago(seconds=301), deadline_at=later)
    for row in over:
        change(row, deadline_at=ago(seconds=6))
    handed_over.clear()
    swept, errors, start = [], [], threading.Barrier(5)

    def work():
        try:
            start.wait(60)
            swept.append(sweeping.sweep())
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    for part in ("again", "taken", "ended"):
        assert sum(getattr(each, part) for each in swept) == 6, part
    jobs = [name for name, _ in handed_over]
    assert sorted(jobs) == sorted(str(row.execution_id) for row in [*dead, *lost])
    assert counting.fold() == 6


def test_a_run_that_takes_longer_keeps_its_lease(organization, tool_server, monkeypatch):
    monkeypatch.setattr(leases, "PROLONG_SECONDS", 0.05)
    tool_server.gate.clear()
    configuration = endpoint_configuration(f"{tool_server.url}/slow")
    tool = make_tool(organization, configuration=configuration, timeout_seconds=300)
    row = execution.request(tool, {"order_id": "7"}, origin(organization))

    def perform():
        execution.perform(str(row.execution_id))
        connection.close()

    worker = threading.Thread(target=perform)
    worker.start()
    assert tool_server.arrived.acquire(timeout=60)
    first = stored(row).lease_until
    wait_for(lambda: stored(row).lease_until > first, seconds=60, what="a longer lease")
    tool_server.gate.set()
    worker.join(60)
    ended = stored(row)
    assert ended.status == "success"
    assert not is_kept(row)


def is_kept(row):
    return row.pk in [pk for pk, _ in leases.keeper._began.values()]


def test_a_run_that_is_taken_up_again_beside_its_first_worker_keeps_its_lease(
    organization, monkeypatch
):
    monkeypatch.setattr(leases, "PROLONG_SECONDS", 0.05)
    row = running(organization, "read")
    with leases.keeper.kept(row.pk):
        with leases.keeper.kept(row.pk):
            pass
        first = stored(row).lease_until
        wait_for(lambda: stored(row).lease_until > first, seconds=60, what="a longer lease")
    assert not is_kept(row)


def test_old_runs_and_events_go_and_totals_stay(organization, settings, monkeypatch):
    monkeypatch.setattr(pruning, "BATCH", 2)
    monkeypatch.setattr(events, "BATCH", 3)
    settings.LOGS_KEPT_DAYS = 30
    tool = make_tool(organization)
    rows = []
    for _ in range(5):
        row = execution.request(tool, {"order_id": "7"}, origin(organization))
        execution.finish(performing.claim(str(row.execution_id)), DONE)
        rows.append(row)
    still_open = performing.claim(
        str(execution.request(tool, {"order_id": "8"}, origin(organization)).execution_id)
    )
    counting.fold()
    change(rows[4], uncounted=True)
    ToolExecution.unscoped.exclude(pk=rows[3].pk).update(completed_at=ago(days=31))
    new = Event.objects.latest("pk").pk
    Event.objects.exclude(pk=new).update(at=ago(days=31))
    old = Event.objects.count() - 1
    assert pruning.prune() == (3, old)
    left = set(ToolExecution.unscoped.values_list("pk", flat=True))
    assert left == {rows[3].pk, rows[4].pk, still_open.pk}
    assert Event.objects.get().pk == new
    assert Tool.unscoped.get().execution_count == 5
    settings.LOGS_KEPT_DAYS = 0
    change(rows[4], uncounted=False)
    assert pruning.prune() == (0, 0)
