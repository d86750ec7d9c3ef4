"""How often tools ran: exact at every moment, however often and by how many it is added up."""

import datetime
import threading

import pytest
from django.db import connection
from django.utils import timezone

from tests.factories.tools import make_tool, origin
from tools_library.engine.engine import answered
from tools_library.models import Tool, ToolExecution
from tools_library.services import counting, execution, performing, queues
from tools_library.services.tools import save_tool

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.embedded]
DONE = answered({"success": True, "message": "done"})


@pytest.fixture(autouse=True)
def nothing_runs_by_itself(monkeypatch):
    monkeypatch.setattr(queues, "enqueue", lambda *args, **queue: None)


@pytest.fixture
def tool(organization):
    return make_tool(organization)


def running(tool, organization):
    row = execution.request(tool, {"order_id": "7"}, origin(organization))
    return performing.claim(str(row.execution_id))


def end(tool, organization, runs=1):
    for _ in range(runs):
        assert execution.finish(running(tool, organization), DONE)


def shown(tool):
    row = counting.with_counts(Tool.unscoped.filter(pk=tool.pk)).get()
    return row.runs, row.last_run_at


def stored(tool):
    tool.refresh_from_db()
    return tool.execution_count, tool.last_executed_at


def together(*works):
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
        thread.join(60)
    assert errors == []


def test_what_is_shown_is_exact_before_between_and_after_folding(tool, organization):
    other = make_tool(organization, name="other")
    assert (shown(tool), stored(tool)) == ((0, None), (0, None))
    end(tool, organization, 2)
    newest = ToolExecution.unscoped.latest("completed_at").completed_at
    assert (shown(tool), stored(tool)) == ((2, newest), (0, None))
    assert (counting.fold(), counting.fold()) == (2, 0)
    assert shown(tool) == stored(tool) == (2, newest)
    end(tool, organization)
    newest = ToolExecution.unscoped.latest("completed_at").completed_at
    assert shown(tool) == (3, newest) and stored(tool)[0] == 2
    assert counting.fold() == 1
    assert shown(tool) == stored(tool) == (3, newest)
    assert shown(other) == stored(other) == (0, None)


def test_every_end_of_a_run_counts_once_and_a_refusal_does_not(tool, organization):
    first = running(tool, organization)
    assert execution.finish(first, DONE)
    assert not execution.finish(first, DONE)
    assert not execution.cancel(first.execution_id)
    waiting = execution.request(tool, {"order_id": "7"}, origin(organization))
    assert execution.cancel(waiting.execution_id)
    execution.refuse(tool, {}, origin(organization), code="duplicate", message="Again.")
    execution.request(tool, "no JSON", origin(organization))
    running(tool, organization)
    assert shown(tool)[0] == 2
    counting.fold()
    assert stored(tool)[0] == 2


def test_the_newest_end_stays_when_an_older_one_is_added_later(tool, organization):
    end(tool, organization)
    counting.fold()
    newest = stored(tool)[1]
    end(tool, organization)
    before = timezone.now() - datetime.timedelta(hours=1)
    ToolExecution.unscoped.filter(uncounted=True).update(completed_at=before)
    assert shown(tool) == (2, newest)
    counting.fold()
    assert stored(tool) == (2, newest)


def test_many_who_fold_while_runs_end_count_each_run_once(tool, organization, monkeypatch):
    monkeypatch.setattr(counting, "BATCH", 3)
    other = make_tool(organization, name="other")

    def fold_often():
        for _ in range(10):
            counting.fold()

    ends = [lambda each=each: end(each, organization, 10) for each in (tool, other)]
    together(*ends, fold_often, fold_often)
    assert shown(tool)[0] == shown(other)[0] == 10
    counting.fold()
    assert stored(tool)[0] == stored(other)[0] == 10
    assert not ToolExecution.unscoped.filter(uncounted=True).exists()


def test_runs_of_a_tool_that_is_gone_are_put_away(tool, organization):
    end(tool, organization)
    tool.delete()
    assert (counting.fold(), counting.fold()) == (1, 0)


def test_saving_a_tool_that_was_read_earlier_keeps_what_was_counted_since(organization):
    tool = make_tool(organization)
    Tool.unscoped.update(execution_count=5)
    save_tool(organization, {"timeout_seconds": 3}, by=None, tool=tool)
    assert Tool.unscoped.get().execution_count == 5
