"""Questions end in time, go to admins, and leave a record that can be proved."""

import pytest

from tests.factories.approvals import ask, pass_time
from tests.factories.organizations import make_member
from tests.factories.tools import make_tool
from tools_library.approvals import answering, expiry
from tools_library.approvals.answering import Answer
from tools_library.approvals.errors import AlreadyAnswered
from tools_library.models import Approval, ToolExecution
from voiceassist.foundation.models import Mail
from voiceassist.organizations.models import AuditEntry
from voiceassist.organizations.services import audit

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.embedded,
    pytest.mark.usefixtures("handed_over", "replies"),
]


def test_an_unanswered_question_expires_and_the_waiting_call_is_told(
    organization, staffed, django_capture_on_commit_callbacks, replies
):
    row = ask(staffed, organization)
    assert expiry.sweep() == (0, 0)
    pass_time(121)
    with django_capture_on_commit_callbacks(execute=True):
        assert expiry.sweep() == (1, 0)
    assert expiry.sweep() == (0, 0)
    row.refresh_from_db()
    assert (row.status, row.error_code) == ("denied", "expired")
    assert [(channel, message["status"]) for channel, message in replies] == [("here", "denied")]


def test_an_answer_after_its_time_is_refused_and_closes_the_question(
    organization, staffed, operator, handed_over
):
    row = ask(staffed, organization)
    pass_time(121)
    with pytest.raises(AlreadyAnswered) as refused:
        answering.answer(Approval.unscoped.get(), Answer("approve"), by=operator)
    assert refused.value.code == "expired" and handed_over == []
    row.refresh_from_db()
    assert (row.status, row.error_code) == ("denied", "expired")


def test_staffs_question_goes_to_admins_once(organization):
    behaviour = {"approval": "staff", "escalate_after_s": 60}
    tool = make_tool(organization, behaviour=behaviour)
    admin, owner = (make_member(organization, role) for role in ("admin", "owner"))
    make_member(organization, "builder")
    ask(tool, organization)
    pass_time(20)
    assert expiry.sweep() == (0, 0)
    pass_time(41)
    assert expiry.sweep() == (0, 1)
    assert expiry.sweep() == (0, 0)
    assert Approval.unscoped.get().escalated_at is not None
    mails = list(Mail.objects.of(organization))
    assert {each.recipient for each in mails} == {admin.email, owner.email}
    assert all(f"approval/{Approval.unscoped.get().pk}/" in each.text for each in mails)
    assert AuditEntry.unscoped.filter(action="approval.escalated").count() == 1


def test_everything_is_on_record_and_the_chain_holds(organization, staffed, operator):
    behaviour = {"approval": "staff"}
    other = make_tool(organization, name="other", behaviour=behaviour)
    answering.answer(ask(staffed, organization).approval, Answer("approve"), by=operator)
    row = ask(staffed, organization, {"order_id": "8"}, call_id="c2")
    answering.answer(row.approval, Answer("reject", reason="no"), by=operator)
    row = ask(staffed, organization, {"order_id": "9"}, call_id="c3")
    edit = Answer("edit", arguments={"order_id": "10"}, remember="always")
    answering.answer(row.approval, edit, by=operator)
    ask(other, organization, call_id="c4")
    pass_time(200)
    expiry.sweep()
    actions = list(
        AuditEntry.unscoped.filter(object_kind__in=("approval", "grant"))
        .order_by("sequence").values_list("action", flat=True)
    )  # fmt: skip
    assert actions == [
        "approval.asked", "approval.approved", "approval.asked", "approval.rejected",
        "approval.asked", "approval.edited", "grant.created", "approval.asked", "approval.expired",
    ]  # fmt: skip
    assert audit.verify(organization.pk).broken is None


def test_a_question_outlives_the_process_that_asked(organization, staffed, operator, replies):
    """Nothing of a question is in memory: whoever answers reads it from the database."""
    key = ask(staffed, organization).pk
    approval = Approval.objects.of(organization).get(execution_id=key)
    answering.answer(approval, Answer("approve"), by=operator)
    row = ToolExecution.unscoped.get(pk=key)
    assert (row.status, row.reply_to) == ("queued", "here")
