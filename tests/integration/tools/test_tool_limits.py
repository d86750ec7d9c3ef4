"""How often tools may run: per tool, assistant, organization, call; also when many ask at once."""

import re
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from tests.factories.tools import make_tool, origin
from tools_library.models import ToolExecution
from tools_library.services import admission, execution, queues

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.embedded]


@pytest.fixture(autouse=True)
def nothing_runs_by_itself(monkeypatch):
    monkeypatch.setattr(queues, "enqueue", lambda *args, **queue: None)


def limited(organization, runs, seconds=60, **more):
    return make_tool(
        organization, behaviour={"rate_limit": {"runs": runs, "seconds": seconds}}, **more
    )


def ask(tool, organization, **source):
    return execution.request(tool, {"order_id": "7"}, origin(organization, **source))


def older(rows, **age):
    pks = [row.pk for row in rows]
    ToolExecution.unscoped.filter(pk__in=pks).update(created_at=timezone.now() - timedelta(**age))


def together(count, work):
    got, errors, start = [], [], threading.Barrier(count)

    def do():
        try:
            start.wait(60)
            got.append(work())
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=do) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    return got


def test_over_its_limit_a_tool_is_a_row_that_says_when_to_try_again(organization):
    tool = limited(organization, 2)
    rows = [ask(tool, organization) for _ in range(3)]
    assert [row.status for row in rows] == ["queued", "queued", "error"]
    late = ToolExecution.unscoped.get(pk=rows[2].pk)
    assert late.error_code == "rate_limited"
    assert "at most 2 times in 60 seconds" in late.message
    told = re.search(r"tried again in (\d+) seconds", late.message)
    assert told is not None and 30 < int(told[1]) <= 60


def test_a_limit_holds_for_any_stretch_of_time_and_refusals_do_not_prolong_it(organization):
    tool = limited(organization, 2)
    first, second = ask(tool, organization), ask(tool, organization)
    refused = [ask(tool, organization) for _ in range(5)]
    assert {row.error_code for row in refused} == {"rate_limited"}
    older([first], seconds=61)
    assert ask(tool, organization).status == "queued"
    assert ask(tool, organization).error_code == "rate_limited"
    older([second], seconds=61)
    assert ask(tool, organization).status == "queued"


def test_limits_of_assistant_and_organization_count_all_their_tools(organization, assistant):
    one, other = make_tool(organization), make_tool(organization, name="other")
    assistant.tool_limit_runs, assistant.tool_limit_seconds = 2, 60
    assistant.save()
    mine = {"assistant_id": assistant.pk}
    assert ask(one, organization, **mine).status == "queued"
    assert ask(other, organization, **mine).status == "queued"
    third = ask(one, organization, **mine)
    assert third.error_code == "rate_limited" and "this assistant" in third.message
    assert ask(one, organization).status == "queued"
    organization.tool_rate_limit = {"runs": 3, "seconds": 60}
    organization.save()
    fourth = ask(other, organization)
    assert fourth.error_code == "rate_limited" and "this organization" in fourth.message


@pytest.mark.parametrize("whose", ["tool", "assistant", "organization"])
def test_of_many_who_ask_at_once_exactly_so_many_get_through(organization, assistant, whose):
    tool = limited(organization, 5) if whose == "tool" else make_tool(organization)
    if whose == "assistant":
        assistant.tool_limit_runs = 5
        assistant.save()
    if whose == "organization":
        organization.tool_rate_limit = {"runs": 5, "seconds": 60}
        organization.save()
    rows = together(12, lambda: ask(tool, organization, assistant_id=assistant.pk))
    assert sorted(row.status for row in rows) == ["error"] * 7 + ["queued"] * 5


def test_a_tool_runs_only_so_often_in_one_call(organization):
    tool = make_tool(organization, behaviour={"runs_per_call": 3})
    source = {"source_kind": "call", "source_id": "1"}
    rows = together(8, lambda: ask(tool, organization, **source))
    assert sorted(row.status for row in rows) == ["error"] * 5 + ["queued"] * 3
    refused = next(row for row in rows if row.status == "error")
    assert refused.error_code == "rate_limited" and "at most 3 times" in refused.message
    assert ask(tool, organization, source_kind="call", source_id="2").status == "queued"
    assert ask(tool, organization).status == "queued"


def test_a_call_makes_only_so_many_tool_calls_in_an_hour(organization, monkeypatch):
    monkeypatch.setattr(admission, "CALLS_AN_HOUR", 3)
    tool = make_tool(organization)
    source = {"source_kind": "chat", "source_id": "1"}
    rows = [ask(tool, organization, **source) for _ in range(4)]
    assert [row.status for row in rows] == ["queued"] * 3 + ["error"]
    assert rows[3].error_code == "rate_limited" and "Make no more" in rows[3].message
    older(rows, minutes=61)
    assert ask(tool, organization, **source).status == "queued"
