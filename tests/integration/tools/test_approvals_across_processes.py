"""Questions outlive processes: whoever asked, whoever answers and whoever waits may be others."""

from contextlib import ExitStack, contextmanager
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories.organizations import make_member
from tests.factories.processes import Program, celery_worker
from tests.factories.tools import endpoint_configuration, make_tool
from tests.services.ports import wait_for
from tools_library.models import Approval, ToolExecution
from tools_library.services import execution, sweeping
from voiceassist.organizations.models import AuditEntry

pytestmark = pytest.mark.django_db(transaction=True)

KILLED = -9


@pytest.fixture
def worker(tool_server, tmp_path):
    """A Celery worker in a process of its own."""
    with celery_worker(tmp_path / "worker.log", tools_at=tool_server.port) as log:
        yield log


@pytest.fixture
def refund(organization, tool_server):
    """A tool that staff approve; its server counts."""
    return make_tool(
        organization, name="refund", side_effect="irreversible", behaviour={"approval": "staff"},
        configuration=endpoint_configuration(tool_server.url),
    )  # fmt: skip


@pytest.fixture
def operator(organization):
    return make_member(organization, "operator")


@contextmanager
def programs(number):
    """New processes, ready; they start at the same time."""
    with ExitStack() as stack:
        started = [
            stack.enter_context(Program("tests.integration.tools.asking")) for _ in range(number)
        ]
        assert [each.read() for each in started] == [{"ready": True}] * number
        yield started


def ended(row):
    found = ToolExecution.unscoped.get(pk=row)
    return found if found.completed_at is not None else None


def test_a_question_is_answered_in_another_process_than_the_one_that_was_killed(
    worker, refund, operator, tool_server
):
    with programs(1) as [first]:
        asked = first.ask(do="call", tool=refund.pk, call_id="c1")
        assert asked["status"] == "awaiting_approval"
        assert first.kill() == KILLED
    with programs(2) as [caller, staff]:
        again = caller.ask(do="call", tool=refund.pk, call_id="c2")
        assert again["question"] == asked["question"], "who waits anew waits for the same answer"
        told = staff.ask(do="answer", question=asked["question"], people=[operator.pk])
        assert told == {"won": [operator.pk], "lost": []}
        assert caller.read() == {"outcome": "success"}
    row = ToolExecution.unscoped.get(pk=asked["row"])
    assert (row.status, row.tool_call_id) == ("success", "c1"), worker.read_text()[-3000:]
    sweeping.sweep()
    execution.perform(str(row.execution_id))
    assert len(tool_server.received) == 1


def test_a_yes_counts_though_its_process_is_killed_before_the_run_is_handed_over(
    worker, refund, operator, tool_server
):
    with programs(1) as [staff]:
        asked = staff.ask(do="call", tool=refund.pk, call_id="c1")
        staff.tell(do="answer", question=asked["question"], people=[operator.pk], dies=True)
        assert staff.process.wait(60) == KILLED
    rows = ToolExecution.unscoped.filter(pk=asked["row"])
    assert rows.get().status == "queued" and Approval.unscoped.get().status == "approved"
    assert tool_server.received == []
    lost = sweeping.QUEUED_SECONDS + 1
    rows.update(queued_at=timezone.now() - timedelta(seconds=lost))
    assert sweeping.sweep().again == 1
    wait_for(lambda: ended(asked["row"]) is not None, seconds=60, what="the run")
    assert rows.get().status == "success" and len(tool_server.received) == 1


def test_of_twenty_answers_from_four_processes_one_wins(organization, refund):
    people = [make_member(organization, "operator").pk for _ in range(20)]
    with programs(4) as everybody:
        asked = everybody[0].ask(do="call", tool=refund.pk, call_id="c1")
        for number, each in enumerate(everybody):
            five = people[number * 5 : number * 5 + 5]
            each.tell(do="answer", question=asked["question"], people=five)
        told = [each.read() for each in everybody]
    won = [person for each in told for person in each["won"]]
    lost = [code for each in told for code in each["lost"]]
    assert len(won) == 1 and lost == ["already_answered"] * 19
    assert Approval.unscoped.get().decided_by_id == won[0]
    assert AuditEntry.unscoped.filter(action="approval.approved").count() == 1
    assert ToolExecution.unscoped.get(pk=asked["row"]).status == "queued"
