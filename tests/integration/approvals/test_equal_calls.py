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


def look_up(organization, **behaviour):
    """A tool that reads, and which staff approve."""
    return make_tool(organization, behaviour={"approval": "staff", **behaviour})


def test_equal_reads_wait_for_one_yes_and_share_one_run(organization, operator, handed_over):
    tool = look_up(organization)
    first = ask(tool, organization)
    again = ask(tool, organization, call_id="c2")
    assert (again.status, asking.question_of(again)) == ("running", Approval.unscoped.get())
    answering.answer(first.approval, Answer("approve"), by=operator)
    third = ask(tool, organization, call_id="c3")
    assert third.status == "running", "it was just approved, and has not run yet"
    run(first)
    assert [stored(row).status for row in (first, again, third)] == ["success"] * 3
    assert stored(again).output_result == DONE.output and len(handed_over) == 1


def test_a_read_that_has_ended_asks_anew_for_a_yes_is_for_once(organization, operator):
    tool = look_up(organization)
    first = ask(tool, organization)
    answering.answer(first.approval, Answer("approve"), by=operator)
    run(first)
    second = ask(tool, organization, call_id="c2")
    assert second.status == "awaiting_approval"
    remembered = Answer("approve", remember="conversation")
    answering.answer(second.approval, remembered, by=operator)
    run(second)
    assert ask(tool, organization, call_id="c3").status == "queued", "reads run again"
    assert ask(tool, organization, call_id="c4").status == "queued", "nobody was asked about it"


def test_equal_reads_are_denied_together(organization, operator):
    tool = look_up(organization)
    first, again = ask(tool, organization), ask(tool, organization, call_id="c2")
    answering.answer(first.approval, Answer("reject"), by=operator)
    assert [stored(row).status for row in (first, again)] == ["denied", "denied"]
    assert ask(tool, organization, call_id="c3").status == "awaiting_approval"


def test_reads_are_asked_about_each_where_the_tool_says_so(organization):
    tool = look_up(organization, on_duplicate="allow")
    rows = [ask(tool, organization, call_id=each) for each in ("c1", "c2")]
    assert [row.status for row in rows] == ["awaiting_approval"] * 2


def test_a_chats_user_is_asked_once_about_equal_reads(organization):
    user = make_member(organization, "viewer")
    tool = make_tool(organization, require_confirmation=True)
    first, again = (
        ask(tool, organization, trigger="chat", user_id=user.pk, call_id=each)
        for each in ("c1", "c2")
    )
    assert (first.status, again.status) == ("awaiting_approval", "running")
    answering.answer(first.approval, Answer("approve"), by=user)
    run(first)
    assert stored(again).status == "success" and Approval.unscoped.count() == 1


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
