"""Tool calls on a real Celery worker: one process publishes, another runs, the first is woken."""

import pytest
from django.conf import settings as django_settings
from django.db import connection

from tests.factories.processes import celery_worker
from tests.factories.tools import endpoint_configuration, make_tool, origin
from tests.services.ports import wait_for
from tools_library.models import ToolExecution
from tools_library.services import execution

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def worker(tool_server, tmp_path):
    """A Celery worker for both queues, in its own process, on the test database."""
    assert django_settings.JOBS_RUNNER == "celery"
    with celery_worker(tmp_path / "worker.log", tools_at=tool_server.port) as log:
        yield log


def test_a_worker_runs_calls_and_wakes_whoever_waits(worker, organization, tool_server):
    tool = make_tool(organization, configuration=endpoint_configuration(tool_server.url))

    rows = [
        execution.run_and_wait(tool, {"order_id": str(n)}, origin(organization)) for n in range(5)
    ]

    assert [row.status for row in rows] == ["success"] * 5, worker.read_text()[-3000:]
    assert all(row.output_result["message"] == "done" for row in rows)
    assert len(tool_server.received) == 5


def test_slow_calls_do_not_wait_for_each_other_nor_hold_connections(
    worker, organization, tool_server
):
    configuration = endpoint_configuration(f"{tool_server.url}/slow")
    tool = make_tool(organization, configuration=configuration, timeout_seconds=300)
    tool_server.gate.clear()

    rows = [execution.request(tool, {"order_id": "1"}, origin(organization)) for _ in range(12)]
    for _ in rows:
        assert tool_server.arrived.acquire(timeout=60)
    # The server sees a connection end some time after it was closed.
    wait_for(lambda: held() <= 4, seconds=60, what="the end of the others' connections")
    assert done(rows) == 0
    tool_server.gate.set()

    wait_for(lambda: done(rows) == 12, seconds=60, what="the last run")


def held():
    """How many connections others have to the test's database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return cursor.fetchone()[0]


def done(rows):
    """How many of the runs succeeded."""
    ids = [row.pk for row in rows]
    return ToolExecution.unscoped.filter(pk__in=ids, status="success").count()
