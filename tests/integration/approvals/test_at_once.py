"""Answers, calls and ends of time that meet: one of them counts."""

import pytest
from django.utils import timezone

from tests.factories.approvals import SECOND, ask, said_yes, together
from tests.factories.organizations import make_member
from tools_library.approvals import answering, expiry
from tools_library.approvals.answering import Answer
from tools_library.approvals.errors import AlreadyAnswered
from tools_library.models import Approval, ToolExecution
from voiceassist.organizations.models import AuditEntry

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.embedded,
    pytest.mark.usefixtures("handed_over", "replies"),
]


@pytest.mark.django_db(transaction=True)
def test_of_twenty_answers_at_once_one_wins(organization, staffed, handed_over):
    people = [make_member(organization, "operator") for _ in range(20)]
    key = ask(staffed, organization).approval.pk
    decisions = ["approve", "reject", "edit"]

    def answer(n):
        decision = decisions[n % 3]
        arguments = {"order_id": str(n)} if decision == "edit" else None
        approval = Approval.unscoped.get(pk=key)
        return answering.answer(approval, Answer(decision, arguments), by=people[n])

    outcomes = together(answer)
    winners = [each for each in outcomes if isinstance(each, Approval)]
    losers = [each for each in outcomes if isinstance(each, AlreadyAnswered)]
    assert len(winners) == 1 and len(losers) == 19, outcomes
    stored = Approval.unscoped.get(pk=key)
    assert stored.decided_by_id == winners[0].decided_by_id
    assert all(stored.decided_by_name in each.public_message for each in losers)
    assert len(handed_over) == (stored.status == "approved")
    answers = AuditEntry.unscoped.filter(
        action__in=("approval.approved", "approval.rejected", "approval.edited")
    )
    assert answers.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_twenty_calls_after_one_yes_one_runs(organization, confirmed, handed_over):
    row = ask(confirmed, organization)
    yes = said_yes(row)
    outcomes = together(lambda n: ask(confirmed, organization, said=yes, call_id=f"c{n + 2}"))
    assert not [each for each in outcomes if isinstance(each, Exception)], outcomes
    assert len([each for each in outcomes if each.status == "queued"]) == 1
    assert len(handed_over) == 1
    assert Approval.unscoped.filter(status="pending").count() <= 1


@pytest.mark.django_db(transaction=True)
def test_equal_calls_at_once_are_one_question(organization, confirmed):
    rows = together(lambda n: ask(confirmed, organization, call_id=f"c{n}"))
    assert not [each for each in rows if isinstance(each, Exception)], rows
    assert sorted(each.status for each in ToolExecution.unscoped.all()) == [
        "awaiting_approval", *["denied"] * 19,
    ]  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_an_answer_and_the_end_of_its_time_meet(organization, staffed, operator, handed_over):
    key = ask(staffed, organization).approval.pk
    moment = timezone.now() + SECOND * 0.2
    Approval.unscoped.update(expires_at=moment)

    def step(n):
        while timezone.now() < moment - SECOND * 0.005 * (n % 3):
            pass
        if n % 2:
            return expiry.sweep()
        return answering.answer(Approval.unscoped.get(pk=key), Answer("approve"), by=operator)

    together(step, 8)
    expiry.sweep()
    row, approval = ToolExecution.unscoped.get(), Approval.unscoped.get()
    assert (row.status, approval.status, len(handed_over)) in [
        ("queued", "approved", 1), ("denied", "expired", 0),
    ]  # fmt: skip
