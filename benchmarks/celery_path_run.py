"""Times runs through a worker, and their parts by themselves; prints them as one JSON line.

A program of its own, with the settings of the worker. The parts: a bare task to the worker and back
over pub/sub, the statements of one run sent again without the product, and the engine's part.
"""

import json
import re
import sys
import time
from collections.abc import Callable
from typing import Any

import django

WARMING = 30


def measure(port: int, rounds: int) -> dict[str, list[float]]:
    """Return the times in ms of the whole and of each part, taken in turns."""
    from tests.factories.tools import endpoint_configuration, make_tool
    from tools_library.services.origins import Origin
    from voiceassist.organizations.models import Organization

    organization = Organization.objects.create(name="Celery path", slug="celery-path")
    url = f"http://127.0.0.1:{port}/fast"
    tool = make_tool(organization, configuration=endpoint_configuration(url))
    origin = Origin(organization.pk, "chat")
    works = {
        "whole": _whole(tool, origin),
        "task": _task(),
        "statements": _statements(tool, origin),
        "engine": _engine(),
    }
    times: dict[str, list[float]] = {name: [] for name in works}
    for number in range(rounds + WARMING):
        for name, work in works.items():
            took = work()
            if number >= WARMING:
                times[name].append(took)
    return times


def _timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1_000


def _whole(tool: Any, origin: Any) -> Callable[[], float]:
    from tools_library.services import catalog, execution

    entry = catalog.for_tool(tool)

    def once() -> None:
        row = execution.run_and_wait(entry, {"order_id": "1042"}, origin)
        assert row.status == "success", (row.status, row.error_message)

    return lambda: _timed(once)


def _task() -> Callable[[], float]:
    import redis
    from django.conf import settings

    from voiceassist.foundation.jobs.celery_runner import celery_app

    listening = redis.Redis.from_url(settings.REDIS_URL).pubsub(ignore_subscribe_messages=True)
    listening.subscribe("bench")
    while listening.get_message(timeout=1) is not None:
        pass

    def once() -> None:
        celery_app().send_task("bench.echo", args=["bench"], queue="live", ignore_result=True)
        until = time.monotonic() + 10
        while listening.get_message(timeout=10) is None:
            assert time.monotonic() < until, "the bare task did not come back"

    return lambda: _timed(once)


def _statements(tool: Any, origin: Any) -> Callable[[], float]:
    """Return what sends the statements of a run again, for a new row each time."""
    from django.db import connection

    from tools_library.models import ToolExecution

    row, said = _said(tool, origin)
    own = re.compile(rf'(id"? = ){row.pk}\b')
    print(f"statements of a run: {len(said)}", file=sys.stderr)

    def once() -> float:
        ToolExecution.unscoped.filter(execution_id=row.execution_id).delete()
        connection.ensure_connection()
        raw, pk = connection.connection, None
        began = time.perf_counter()
        for statement in said:
            if pk is not None:
                statement = own.sub(rf"\g<1>{pk}", statement)
            cursor = raw.execute(statement)
            if cursor.description and 'INSERT INTO "tool_execution_logs"' in statement:
                pk = cursor.fetchone()[-1]
            elif cursor.description:
                cursor.fetchall()
        took = (time.perf_counter() - began) * 1_000
        assert ToolExecution.unscoped.get(pk=pk).status == "success"
        return took

    return once


def _said(tool: Any, origin: Any) -> tuple[Any, list[str]]:
    """Return a run that has ended, and what it said to the database; all caches were warm."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from tools_library.services import catalog, execution, queues, rows

    entry = catalog.for_tool(tool)
    enqueue, queues.enqueue = queues.enqueue, lambda *args, **queue: None
    try:
        for _ in range(2):
            with CaptureQueriesContext(connection) as queries:
                asked = execution.request(entry, {"order_id": "1042"}, origin)
                execution.perform(str(asked.execution_id))
                row = rows.one(asked.execution_id)
    finally:
        queues.enqueue = enqueue
    assert row is not None
    assert row.status == "success", row.error_message
    return row, [each["sql"] for each in queries]


def _engine() -> Callable[[], float]:
    """Return what runs the engine on what the product hands it for the newest run."""
    from datetime import timedelta
    from unittest import mock

    from django.utils import timezone

    from tools_library.engine import engine
    from tools_library.models import ToolExecution
    from tools_library.services import running

    row = ToolExecution.unscoped.select_related("tool", "definition").latest("pk")
    row.deadline_at = timezone.now() + timedelta(hours=1)
    with mock.patch.object(engine, "run") as run:
        running.run(row)
    handed = run.call_args.args

    def once() -> None:
        outcome = engine.run(*handed)
        assert outcome.status == "success", outcome

    return lambda: _timed(once)


if __name__ == "__main__":
    django.setup()
    print(json.dumps(measure(int(sys.argv[1]), int(sys.argv[2]))), flush=True)
