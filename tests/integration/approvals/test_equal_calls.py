"""Equal calls around staff's question: they wait with the first, and equal what really ran."""

import pytest
from django.utils import timezone

from tests.factories.approvals import SECOND, ask, pass_time
from tests.factories.organizations import make_member
from tests.factories.tools import make_tool
from tools_library.approvals import answering, asking, expiry
from tools_library.approvals.answering import Answer
from tools_library.approvals.hashing import arguments_hash
from tools_library.engine.engine import answered
from tools_library.models import Approval, ToolExecution
from tools_library.services import execution, performing, sweeping

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.embedded,
    pytest.mark.usefixtures("handed_over", "replies"),
]

DONE = answered({"success": True, "message": "Refunded"})


@pytest.fixture
def refund(organization):
    """A tool that staff approve and whose equal calls share one run."""
    return make_tool(
        organization, name="refund", side_effect="irreversible", behaviour={"approval": "staff"}
    )


def stored(row):
    return ToolExecution.unscoped.get(pk=row.pk)


def run(row):
    assert execution.finish(performing.claim(str(row.execution_id)), DONE)


def test_an_equal_call_waits_for_staff_as_long_as_the_first(
    organization, refund, operator, handed_over
):
    first = ask(refund, organization)
    again = ask(refund, organization, call_id="c2")
    assert (again.status, again.deadline_at) == ("running", None)
    assert "staff must approve" in again.message
    assert Approval.unscoped.count() == 1
    ToolExecution.unscoped.update(created_at=timezone.now() - SECOND * 100)
    pass_time(100)
    sweeping.sweep()
    assert stored(again).status == "running", "its own ten seconds do not count"
    answering.answer(Approval.unscoped.get(), Answer("approve"), by=operator)
    run(first)
    assert [stored(row).status for row in (first, again)] == ["success", "success"]
    assert stored(again).output_result == DONE.output and len(handed_over) == 1


def test_whoever_calls_again_is_told_about_the_same_question(organization, refund, operator):
    ask(refund, organization)
    again = ask(refund, organization, call_id="c2")
    question = Approval.unscoped.get()
    assert asking.question_of(again) == question
    answering.answer(question, Answer("approve"), by=operator)
    assert asking.question_of(again) is None, "nobody is asked any more"
    late = ask(refund, organization, call_id="c3")
    assert asking.question_of(late) is None and late.deadline_at is not None


@pytest.mark.parametrize("ending", ["rejected", "expired", "cancelled"])
def test_equal_calls_end_with_the_question(organization, refund, operator, replies, ending):
    first = ask(refund, organization)
    again = ask(refund, organization, call_id="c2")
    if ending == "rejected":
        answering.answer(first.approval, Answer("reject", reason="Sold out."), by=operator)
    elif ending == "expired":
        pass_time(121)
        expiry.sweep()
    else:
        execution.cancel(first.execution_id)
    found = stored(again)
    assert (found.status, found.error_code) == (stored(first).status, stored(first).error_code)
    assert found.message == stored(first).message and found.completed_at is not None


def test_what_staff_changed_is_what_later_calls_equal(organization, refund, operator):
    first = ask(refund, organization, {"order_id": "7"})
    edit = Answer("edit", {"order_id": "8"})
    answering.answer(first.approval, edit, by=operator)
    run(first)
    same = ask(refund, organization, {"order_id": "8"}, call_id="c2")
    assert (same.status, same.error_code) == ("success", "duplicate"), "8 has been refunded"
    other = ask(refund, organization, {"order_id": "7"}, call_id="c3")
    assert other.status == "awaiting_approval", "7 never ran"
    kept = Approval.unscoped.get(execution=first)
    assert kept.changes == [{"path": "order_id", "before": "7", "after": "8"}]
    assert kept.arguments_hash == arguments_hash({"order_id": "7"}), "what was asked stays"


def test_a_run_of_no_source_equals_nothing(organization, refund):
    operator = make_member(organization, "operator")
    row = ask(refund, organization, trigger="api", source_kind="", source_id="", call_id="")
    answering.answer(row.approval, Answer("edit", {"order_id": "8"}), by=operator)
    assert stored(row).arguments_hash == ""
