"""A yes that comes late is held to the limits of its own moment, and counts from then on."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories.approvals import ask, together
from tests.factories.assistants import make_assistant
from tests.factories.organizations import make_member
from tests.factories.tools import make_tool
from tools_library.approvals import answering
from tools_library.approvals.answering import Answer
from tools_library.approvals.errors import AlreadyAnswered, NotNow
from tools_library.models import Approval, ToolExecution
from tools_library.services import admission
from voiceassist.organizations.models import AuditEntry

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.embedded,
    pytest.mark.usefixtures("replies"),
]

MINUTE = {"runs": 2, "seconds": 60}


def staffed(organization, **behaviour):
    return make_tool(
        organization, side_effect="write", behaviour={"approval": "staff", **behaviour}
    )


def questions(tool, organization, count, **source):
    """So many different runs of one conversation that wait for staff."""
    return [
        ask(tool, organization, {"order_id": str(n)}, call_id=f"c{n}", **source)
        for n in range(count)
    ]


def yes(row, by, decision="approve", arguments=None):
    approval = Approval.unscoped.get(execution_id=row.pk)
    return answering.answer(approval, Answer(decision, arguments), by=by)


def older(rows, **age):
    """They were asked for so much earlier; their answers stay where they are."""
    past = timezone.now() - timedelta(**age)
    ToolExecution.unscoped.filter(pk__in=[row.pk for row in rows]).update(created_at=past)


def status(row):
    return ToolExecution.unscoped.get(pk=row.pk).status


def limit_tool(organization, _assistant):
    return {"rate_limit": MINUTE}


def limit_assistant(_organization, assistant):
    assistant.tool_limit_runs, assistant.tool_limit_seconds = MINUTE["runs"], MINUTE["seconds"]
    assistant.save()
    return {}


def limit_organization(organization, _assistant):
    organization.tool_rate_limit = MINUTE
    organization.save()
    return {}


@pytest.mark.parametrize("limit", [limit_tool, limit_assistant, limit_organization])
def test_of_many_old_questions_only_so_many_are_approved_at_once(
    organization, operator, handed_over, limit
):
    assistant = make_assistant(organization)
    tool = staffed(organization, **limit(organization, assistant))
    rows = questions(tool, organization, 4, assistant_id=assistant.pk)
    older(rows, hours=5)
    yes(rows[0], operator)
    yes(rows[1], operator, "edit", {"order_id": "9"})
    for row in rows[2:]:
        with pytest.raises(NotNow) as refused:
            yes(row, operator)
        told = refused.value.public_message
        assert re.search(r"at most 2 times in 60 seconds\. Say yes in \d+ seconds;", told)
        assert refused.value.code == "rate_limited"
    assert [status(row) for row in rows] == ["queued", "queued", *["awaiting_approval"] * 2]
    assert len(handed_over) == 2 and Approval.unscoped.filter(status="pending").count() == 2
    assert yes(rows[2], operator, "reject").status == "rejected", "a no is held to nothing"
    Approval.unscoped.filter(status="approved").update(
        decided_at=timezone.now() - timedelta(seconds=61)
    )
    assert yes(rows[3], operator).status == "approved"


def test_runs_that_need_no_yes_and_late_yeses_share_a_limit(organization, operator, handed_over):
    organization.tool_rate_limit = MINUTE
    organization.save()
    plain = make_tool(organization, name="plain")
    (old,) = questions(staffed(organization), organization, 1)
    older([old], hours=5)
    yes(old, operator)
    assert ask(plain, organization, call_id="p1").status == "queued"
    late = ask(plain, organization, call_id="p2")
    assert late.error_code == "rate_limited" and "tried again in" in late.message
    older(ToolExecution.unscoped.filter(tool=plain), seconds=61)
    assert ask(plain, organization, call_id="p3").status == "queued"
    assert ask(plain, organization, call_id="p4").error_code == "rate_limited"


def test_the_cap_of_a_conversation_holds_for_questions_side_by_side(organization, operator):
    tool = staffed(organization, runs_per_call=1)
    first, second = questions(tool, organization, 2)
    yes(first, operator)
    with pytest.raises(NotNow) as refused:
        yes(second, operator)
    assert "at most once in one conversation" in refused.value.public_message
    assert "Reject it" in refused.value.public_message
    assert yes(second, operator, "reject").status == "rejected"


def test_what_was_counted_when_it_was_asked_is_not_counted_again(
    organization, operator, monkeypatch
):
    monkeypatch.setattr(admission, "CALLS_AN_HOUR", 2)
    rows = questions(staffed(organization), organization, 2)
    assert [yes(row, operator).status for row in rows] == ["approved"] * 2


def test_of_many_yeses_at_once_exactly_so_many_get_through(organization, handed_over):
    tool = staffed(organization, rate_limit=MINUTE)
    rows = questions(tool, organization, 10)
    people = [make_member(organization, "operator") for _ in rows]
    outcomes = together(lambda n: yes(rows[n], people[n]), len(rows))
    assert len([each for each in outcomes if isinstance(each, Approval)]) == 2, outcomes
    assert len([each for each in outcomes if isinstance(each, NotNow)]) == 8, outcomes
    assert len(handed_over) == 2


def test_the_second_answer_to_a_question_is_late_whatever_the_limit(organization, operator):
    tool = staffed(organization, rate_limit={"runs": 1, "seconds": 60})
    (row,) = questions(tool, organization, 1)
    yes(row, operator)
    with pytest.raises(AlreadyAnswered, match="approved by"):
        yes(row, operator)
    assert AuditEntry.unscoped.filter(action="approval.approved").count() == 1


def test_a_tool_that_was_switched_off_says_so_in_its_run(organization, operator):
    tool = staffed(organization)
    (row,) = questions(tool, organization, 1)
    tool.is_active = False
    tool.save()
    assert yes(row, operator).status == "approved" and status(row) == "queued"
