"""What a caller must say yes to, and that no model can say it for them."""

import pytest
from django.core.exceptions import PermissionDenied

from tests.factories.approvals import SECOND, ask, pass_time, said_yes
from tests.factories.organizations import make_member
from tools_library.approvals import answering, asking
from tools_library.approvals.answering import Answer
from tools_library.approvals.gate import CallerSaid
from tools_library.models import Approval

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.embedded,
    pytest.mark.usefixtures("handed_over", "replies"),
]


def test_a_caller_is_asked_and_the_run_waits_for_their_yes(organization, confirmed, handed_over):
    row = ask(confirmed, organization)
    assert (row.status, handed_over) == ("awaiting_approval", [])
    assert "call cancel_order again with exactly the same arguments" in row.message
    again = ask(confirmed, organization, said=said_yes(row), call_id="c2")
    assert again.pk == row.pk and again.status == "queued"
    assert (again.tool_call_id, len(handed_over)) == ("c2", 1)
    assert Approval.unscoped.get().decided_by_name == "The caller"


def test_the_model_cannot_invent_the_yes(organization, confirmed, handed_over):
    row = ask(confirmed, organization)
    at_once = ask(confirmed, organization, call_id="c2")
    assert (at_once.status, at_once.error_code) == ("denied", "denied")
    asked_at = row.approval.asked_at
    for number, said in enumerate([
        [CallerSaid(row.approval.pk, asked_at - SECOND, asked_at)],  # heard before it was asked
        [CallerSaid(row.approval.pk, asked_at, asked_at)],  # no turn after it was heard
        [CallerSaid(row.approval.pk, asked_at, asked_at + SECOND * 3_600)],  # a turn still to come
        [CallerSaid(row.approval.pk + 1, asked_at, asked_at + SECOND * 0.0001)],  # another one
    ]):  # fmt: skip
        assert ask(confirmed, organization, said=said, call_id=f"d{number}").status == "denied"
    assert handed_over == []
    flag = {"order_id": "7", "confirmed": True}
    assert ask(confirmed, organization, flag, call_id="e").status == "denied"


def test_a_yes_is_for_these_arguments_and_for_one_run(organization, confirmed, handed_over):
    row = ask(confirmed, organization)
    yes = said_yes(row)
    other = ask(confirmed, organization, {"order_id": "8"}, said=yes, call_id="c2")
    assert other.status == "awaiting_approval" and other.pk != row.pk
    assert ask(confirmed, organization, said=yes, call_id="c3").status == "queued"
    again = ask(confirmed, organization, said=yes, call_id="c4")
    assert again.status == "awaiting_approval" and again.pk not in (row.pk, other.pk)
    assert len(handed_over) == 1


def test_a_yes_in_one_call_is_none_in_another(organization, confirmed):
    row = ask(confirmed, organization)
    elsewhere = ask(confirmed, organization, said=said_yes(row), call_id="c2", source_id="6")
    assert elsewhere.status == "awaiting_approval" and elsewhere.pk != row.pk


def test_the_caller_has_a_minute_from_when_they_heard_it(organization, confirmed):
    row = ask(confirmed, organization)
    pass_time(50)
    approval = Approval.unscoped.get()
    heard = approval.asked_at + SECOND * 40
    assert asking.heard(organization.pk, approval.pk, heard)
    assert not asking.heard(organization.pk, approval.pk, heard + SECOND)
    approval.refresh_from_db()
    assert approval.expires_at == heard + SECOND * 60
    pass_time(51)
    late = [CallerSaid(approval.pk, heard - SECOND * 51, heard - SECOND * 50)]
    new = ask(confirmed, organization, said=late, call_id="c2")
    assert new.status == "awaiting_approval" and new.pk != row.pk
    row.refresh_from_db()
    assert (row.status, row.error_code) == ("denied", "expired")


def test_the_same_call_delivered_twice_is_one_question_and_one_run(
    organization, confirmed, handed_over
):
    row = ask(confirmed, organization)
    assert Approval.unscoped.count() == 1
    yes = said_yes(row)
    first = ask(confirmed, organization, said=yes, call_id="c2")
    second = ask(confirmed, organization, said=yes, call_id="c2")
    assert first.pk == second.pk == row.pk and len(handed_over) == 1


def test_nobody_is_asked_about_arguments_that_do_not_fit(organization, confirmed):
    row = ask(confirmed, organization, {"order_id": 5})
    assert (row.status, row.error_code) == ("error", "invalid_arguments")
    assert not Approval.unscoped.exists()


def test_nobody_answers_for_the_caller(organization, confirmed, operator):
    row = ask(confirmed, organization)
    for by in (operator, make_member(organization, "owner")):
        with pytest.raises(PermissionDenied, match="caller"):
            answering.answer(row.approval, Answer("approve"), by=by)
