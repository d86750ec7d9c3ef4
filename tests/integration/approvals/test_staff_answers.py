"""What staff are asked: who may answer, what a yes, a no and an edit do."""

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from tests.factories.approvals import SECOND, ask
from tests.factories.organizations import make_key, make_member, make_organization
from tools_library.approvals import answering, expiry
from tools_library.approvals.answering import Answer
from tools_library.approvals.errors import AlreadyAnswered
from tools_library.models import Approval
from tools_library.services import execution
from voiceassist.foundation.errors import InvalidInput
from voiceassist.organizations.authentication import KeyUser

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.embedded,
    pytest.mark.usefixtures("handed_over", "replies"),
]


@pytest.mark.parametrize("trigger", ["call", "chat", "sms", "webhook", "test", "api"])
def test_staff_is_asked_wherever_the_run_comes_from(
    organization, staffed, operator, trigger, handed_over
):
    row, before = ask(staffed, organization, trigger=trigger), timezone.now()
    assert (row.status, row.deadline_at, handed_over) == ("awaiting_approval", None, [])
    answering.answer(row.approval, Answer("approve"), by=operator)
    row.refresh_from_db()
    assert row.status == "queued" and handed_over == [("tools.perform", str(row.execution_id))]
    assert before + SECOND * 10 <= row.deadline_at <= timezone.now() + SECOND * 30


def test_the_time_of_a_run_begins_with_the_yes(organization, staffed, operator):
    row = ask(staffed, organization)
    approval = row.approval
    assert approval.expires_at - approval.asked_at == SECOND * 120
    Approval.unscoped.update(asked_at=timezone.now() - SECOND * 100)
    before = timezone.now()
    answering.answer(approval, Answer("approve"), by=operator)
    row.refresh_from_db()
    assert row.deadline_at >= before + SECOND * 10


def test_a_rejection_tells_the_model_why(organization, staffed, operator, replies, handed_over):
    row = ask(staffed, organization)
    answering.answer(row.approval, Answer("reject", reason="The order was sent."), by=operator)
    row.refresh_from_db()
    assert (row.status, row.error_code) == ("denied", "denied")
    assert "The order was sent" in row.message and row.output_result["success"] is False
    assert handed_over == [] and row.completed_at is not None


def test_edited_arguments_replace_the_asked_ones_and_the_model_is_told(
    organization, staffed, operator, monkeypatch, replies
):
    row = ask(staffed, organization)
    edited = {"order_id": "8", "undeclared": 1}
    approval = answering.answer(row.approval, Answer("edit", arguments=edited), by=operator)
    assert approval.arguments == {"order_id": "7"}
    assert approval.edited_arguments == {"order_id": "8"}
    assert approval.changes == [{"path": "order_id", "before": "7", "after": "8"}]
    row.refresh_from_db()
    assert row.input_parameters == {"order_id": "8"}
    assert "order_id from '7' to '8'" in row.notice


def test_edited_arguments_must_fit_the_schema(organization, staffed, operator):
    row = ask(staffed, organization)
    with pytest.raises(InvalidInput) as refused:
        answering.answer(row.approval, Answer("edit", arguments={"order_id": 8}), by=operator)
    assert "order_id" in refused.value.errors["arguments"]
    row.refresh_from_db()
    assert row.status == "awaiting_approval"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (Answer("maybe"), "decision"),
        (Answer("approve", remember="forever"), "remember"),
        (Answer("reject", remember="always"), "remember"),
        (Answer("approve", arguments={"order_id": "1"}), "arguments"),
        (Answer("edit"), "arguments"),
        (Answer("reject", reason="x" * 1001), "reason"),
    ],
)
def test_an_answer_that_makes_no_sense_changes_nothing(
    organization, staffed, operator, given, field
):
    row = ask(staffed, organization)
    with pytest.raises(InvalidInput) as refused:
        answering.answer(row.approval, given, by=operator)
    assert field in refused.value.errors
    assert Approval.unscoped.get().status == "pending"


@pytest.mark.parametrize(
    ("role", "allowed"),
    [("viewer", False), ("operator", True), ("builder", True), ("admin", True), ("owner", True)],
)
def test_who_may_answer_for_staff(organization, staffed, role, allowed):
    row = ask(staffed, organization)
    people = [make_member(organization, role), KeyUser(make_key(organization, role)[0])]
    for number, by in enumerate(people):
        row = ask(staffed, organization, {"order_id": f"x{number}"}, call_id=f"d{number}")
        if allowed:
            assert answering.answer(row.approval, Answer("approve"), by=by).status == "approved"
        else:
            with pytest.raises(PermissionDenied):
                answering.answer(row.approval, Answer("approve"), by=by)


def test_another_organizations_staff_may_not_answer(organization, staffed):
    row = ask(staffed, organization)
    other = make_organization()
    for by in (make_member(other, "owner"), KeyUser(make_key(other, "owner")[0]), None):
        with pytest.raises(PermissionDenied):
            answering.answer(row.approval, Answer("approve"), by=by)


def test_a_cancelled_run_cannot_be_approved_and_its_question_closes(
    organization, staffed, operator, handed_over
):
    row = ask(staffed, organization)
    assert execution.cancel(row.execution_id)
    with pytest.raises(AlreadyAnswered, match="over"):
        answering.answer(row.approval, Answer("approve"), by=operator)
    assert handed_over == []
    assert expiry.sweep() == (1, 0)
    row.refresh_from_db()
    assert row.status == "cancelled" and Approval.unscoped.get().status == "expired"


def test_in_a_chat_its_user_says_yes_and_nobody_else(organization, confirmed, operator):
    user = make_member(organization, "viewer")
    row = ask(confirmed, organization, trigger="chat", user_id=user.pk)
    assert row.status == "awaiting_approval"
    with pytest.raises(PermissionDenied, match="user"):
        answering.answer(row.approval, Answer("approve"), by=operator)
    assert answering.answer(row.approval, Answer("approve"), by=user).status == "approved"


def test_staff_may_reject_what_a_user_was_asked(organization, confirmed, operator):
    row = ask(confirmed, organization, trigger="chat", user_id=make_member(organization).pk)
    assert answering.answer(row.approval, Answer("reject"), by=operator).status == "rejected"


@pytest.mark.parametrize("trigger", ["api", "webhook", "test"])
def test_programs_have_confirmed_by_calling(organization, confirmed, trigger, handed_over):
    assert ask(confirmed, organization, trigger=trigger).status == "queued"
    assert len(handed_over) == 1
