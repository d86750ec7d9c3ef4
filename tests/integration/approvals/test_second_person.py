"""Questions that go to a second person: by the tool's rule, sent on, escalated, with four eyes."""

import re

import pytest
from django.test import Client

from tests.factories.approvals import ask, pass_time
from tests.factories.organizations import make_member
from tests.factories.tools import make_tool, origin
from tests.integration.approvals.conftest import AGAIN
from tests.integration.approvals.test_approvals_api import APPROVALS, Api
from tests.integration.tools.test_tool_admin import FORM, errors_of, initial_of, page
from tools_library.approvals import expiry
from tools_library.models import Approval, ApprovalGrant, Tool, ToolExecution
from tools_library.services import execution
from tools_library.services.tools import save_tool
from voiceassist.foundation.models import Mail
from voiceassist.organizations.models import AuditEntry
from voiceassist.organizations.services import api_keys

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("handed_over", "replies")]

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
YES, NO = {"decision": "approve"}, {"decision": "reject"}


@pytest.fixture
def people(organization):
    """One person of each role, signed in, by role."""
    roles = ("viewer", "operator", "builder", "admin", "owner")
    return {role: make_member(organization, role) for role in roles}


@pytest.fixture
def api(organization, people):
    """Return how a person of a role asks."""
    doors = {role: Api(organization, person=person) for role, person in people.items()}
    return lambda role, *asked: doors[role](*asked)


def refund(organization, **behaviour):
    return make_tool(
        organization, name="refund", side_effect="irreversible",
        behaviour={"approval": "staff", **AGAIN, **behaviour},
    )  # fmt: skip


def path_of(row, what="answer"):
    return f"{APPROVALS}/{row.approval.pk}/{what}"


def inbox(api, role):
    listed = api(role, "GET", f"{APPROVALS}?mine=true")["results"]
    return [each["id"] for each in listed]


@pytest.mark.parametrize(
    ("least", "may", "may_not"),
    [
        ("operator", ["operator", "admin"], ["viewer"]),
        ("admin", ["admin", "owner"], ["viewer", "operator", "builder"]),
        ("owner", ["owner"], ["operator", "admin"]),
    ],
)
def test_second_person_is_one_of_the_role_that_the_tool_names(
    api, organization, least, may, may_not
):
    tool = refund(organization, answered_by=least)
    for role in may_not:
        row = ask(tool, organization, call_id=role)
        problem = api(role, "POST", path_of(row), 403, YES)
        assert f"{least} or above" in problem["detail"] and row.approval.pk not in inbox(api, role)
        key = Api(organization, role)
        key("POST", path_of(row), 403, YES)
        assert Approval.unscoped.get(execution=row).status == "pending"
    for number, role in enumerate(may):
        row = ask(tool, organization, {"order_id": f"m{number}"}, call_id=f"m{number}")
        assert row.approval.pk in inbox(api, role)
        assert (
            Api(organization, role)("GET", path_of(row)[: -len("/answer")])["status"] == "pending"
        )
        assert api(role, "POST", path_of(row), 200, YES)["status"] == "approved"


def test_anybody_of_staff_may_say_no_without_a_second_person(api, organization):
    row = ask(refund(organization, answered_by="owner"), organization)
    api("viewer", "POST", path_of(row), 403, NO)
    assert api("operator", "POST", path_of(row), 200, NO)["status"] == "rejected"


def test_second_person_a_question_is_sent_to_is_told_and_has_it_in_their_inbox(
    api, organization, people
):
    row = ask(refund(organization), organization)
    boss = people["builder"].email
    sent = api("operator", "POST", path_of(row, "send"), 200, {"to": boss.upper()})
    assert (sent["sent_to"], sent["least_role"]) == (boss, "operator")
    assert [entry["action"] for entry in sent["record"]] == ["approval.asked", "approval.sent"]
    assert sent["record"][1]["actor_name"] == people["operator"].email
    mail = Mail.objects.of(organization).get()
    assert mail.recipient == boss and people["operator"].email in mail.text
    assert f"approval/{row.approval.pk}/" in mail.text
    inboxes = {role: inbox(api, role) for role in ("operator", "builder", "admin")}
    assert inboxes == {"operator": [], "builder": [row.approval.pk], "admin": []}
    assert boss in api("operator", "POST", path_of(row), 403, YES)["detail"]
    assert api("builder", "POST", path_of(row), 200, YES)["decided_by"] == boss
    assert inbox(api, "builder") == []


def test_a_question_is_sent_to_a_role_and_those_of_it_or_above_answer(api, organization, people):
    row = ask(refund(organization), organization)
    api("operator", "POST", path_of(row, "send"), 200, {"to": "admin"})
    recipients = set(Mail.objects.of(organization).values_list("recipient", flat=True))
    assert recipients == {people["admin"].email, people["owner"].email}
    assert [inbox(api, role) for role in ("operator", "builder")] == [[], []]
    assert [inbox(api, role) for role in ("admin", "owner")] == [[row.approval.pk]] * 2
    assert "admin or above" in api("builder", "POST", path_of(row), 403, YES)["detail"]
    api("operator", "POST", path_of(row, "send"), 400, {"to": "operator"})
    api("admin", "POST", path_of(row), 200, YES)
    api("operator", "POST", path_of(row, "send"), 409, {"to": "admin"})


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({}, "to", "required"),
        ({"to": "boss"}, "to", "a member's e-mail address, or a role"),
        ({"to": "stranger@example.com"}, "to", "a member's e-mail address"),
        ({"to": "viewer"}, "to", "operator or above"),
        ({"to": "VIEWER"}, "to", "a member's e-mail address"),
        ({"to": "admin", "escalate_after_s": 5}, "escalate_after_s", "10"),
    ],
)
def test_a_question_is_sent_only_to_somebody_whose_yes_would_count(
    api, organization, body, field, words
):
    row = ask(refund(organization), organization)
    problem = api("operator", "POST", path_of(row, "send"), 400, body)
    assert [each["field"] for each in problem["errors"]] == [field]
    assert words in problem["errors"][0]["message"]
    assert not Mail.objects.of(organization).exists()


def test_sending_is_for_staff_and_for_questions_to_staff(
    api, organization, people, staffed, confirmed
):
    row = ask(staffed, organization)
    api("viewer", "POST", path_of(row, "send"), 403, {"to": "admin"})
    problem = api("operator", "POST", path_of(row, "send"), 400, {"to": people["viewer"].email})
    assert "operator or above" in problem["errors"][0]["message"]
    other = ask(confirmed, organization, call_id="c2")
    problem = api("operator", "POST", path_of(other, "send"), 400, {"to": "admin"})
    assert "only they can say yes" in problem["errors"][0]["message"]


def test_an_unanswered_question_escalates_to_the_inboxes_of_admins(api, organization, people):
    row = ask(refund(organization), organization)
    body = {"to": people["builder"].email, "escalate_after_s": 60}
    api("operator", "POST", path_of(row, "send"), 200, body)
    pass_time(10)
    assert (expiry.sweep(), inbox(api, "admin")) == ((0, 0), [])
    pass_time(51)
    assert expiry.sweep() == (0, 1)
    assert inbox(api, "admin") == inbox(api, "builder") == [row.approval.pk]
    assert inbox(api, "operator") == []
    told = set(Mail.objects.of(organization).values_list("recipient", flat=True))
    assert told == {people[role].email for role in ("builder", "admin", "owner")}
    listed = api("admin", "GET", f"{APPROVALS}?escalated=true")["results"]
    assert [each["id"] for each in listed] == [row.approval.pk]
    assert api("admin", "POST", path_of(row), 200, YES)["status"] == "approved"
    actions = [e.action for e in AuditEntry.objects.of(organization).filter(object_kind="approval")]
    assert actions[::-1] == [
        "approval.asked", "approval.sent", "approval.escalated", "approval.approved",
    ]  # fmt: skip


@pytest.mark.parametrize(("more", "escalated"), [({"escalate_after_s": 60}, 0), ({}, 1)])
def test_a_question_that_is_sent_on_as_it_escalates_does_so_as_it_was_sent(
    api, organization, people, monkeypatch, more, escalated
):
    row = ask(refund(organization, escalate_after_s=30), organization)
    pass_time(31)
    escalate = expiry._escalate

    def sent_meanwhile(approval, now):
        api("operator", "POST", path_of(row, "send"), 200, {"to": "owner", **more})
        return escalate(approval, now)

    monkeypatch.setattr(expiry, "_escalate", sent_meanwhile)
    assert expiry.sweep() == (0, escalated)
    recipients = set(Mail.objects.of(organization).values_list("recipient", flat=True))
    assert recipients == {people["owner"].email}


def test_an_owners_question_escalates_to_owners_alone(organization, people):
    ask(refund(organization, answered_by="owner", escalate_after_s=30), organization)
    pass_time(31)
    assert expiry.sweep() == (0, 1)
    assert Mail.objects.of(organization).get().recipient == people["owner"].email


def test_four_eyes_let_nobody_say_yes_to_what_they_asked_for(api, organization, people):
    tool = refund(organization, four_eyes=True)
    row = ask(tool, organization, trigger="chat", user_id=people["operator"].pk)
    assert inbox(api, "operator") == [] and inbox(api, "builder") == [row.approval.pk]
    assert "asked for this yourself" in api("operator", "POST", path_of(row), 403, YES)["detail"]
    own_key = api_keys.create(organization, "Mine", "admin", by=people["operator"])[1]
    door = Api(organization)
    door.headers["Authorization"] = f"Bearer {own_key}"
    assert "asked for this yourself" in door("POST", path_of(row), 403, YES)["detail"]
    assert door("GET", f"{APPROVALS}?mine=true")["results"] == []
    nobodys = Api(organization, "owner")
    assert "Nobody is known" in nobodys("POST", path_of(row), 403, YES)["detail"]
    sent = api("builder", "POST", path_of(row, "send"), 400, {"to": people["operator"].email})
    assert "asked for this" in sent["errors"][0]["message"]
    assert api("builder", "POST", path_of(row), 200, YES)["asked_by_id"] == people["operator"].pk
    assert ToolExecution.unscoped.get(pk=row.pk).status == "queued"


def test_four_eyes_see_the_person_behind_a_programs_run(api, organization, people):
    key, _ = api_keys.create(organization, "Mine", "operator", by=people["admin"])
    asked = execution.request(
        refund(organization, four_eyes=True), {"order_id": "7"},
        origin(organization, trigger="test", api_key_id=key.pk), tool_call_id="c1",
    )  # fmt: skip
    assert "asked for this yourself" in api("admin", "POST", path_of(asked), 403, YES)["detail"]
    api("operator", "POST", path_of(asked), 200, YES)


def test_four_eyes_want_the_arguments_as_they_were_asked_and_two_people_each_time(
    api, organization
):
    row = ask(refund(organization, four_eyes=True), organization)
    edit = {"decision": "edit", "arguments": {"order_id": "8"}}
    problem = api("admin", "POST", path_of(row), 400, edit)
    assert problem["errors"][0]["field"] == "decision"
    problem = api("admin", "POST", path_of(row), 400, {**YES, "remember": "always"})
    assert problem["errors"][0]["field"] == "remember"
    api("admin", "POST", path_of(row), 200, YES)
    assert not ApprovalGrant.unscoped.exists()


def test_a_remembered_yes_ends_where_the_tool_asks_somebody_higher(api, organization):
    tool = refund(organization)
    row = ask(tool, organization)
    api("operator", "POST", path_of(row), 200, {**YES, "remember": "always", "exact": False})
    assert ask(tool, organization, call_id="c2").status == "queued"
    raised = {"behaviour": {"approval": "staff", "answered_by": "admin", **AGAIN}}
    save_tool(organization, raised, by=None, tool=tool)
    tool.refresh_from_db()
    again = ask(tool, organization, call_id="c3")
    assert again.status == "awaiting_approval"
    api("admin", "POST", path_of(again), 200, {**YES, "remember": "always", "exact": False})
    assert ask(tool, organization, call_id="c4").status == "queued"


def test_an_inbox_holds_what_is_open_and_theirs(api, organization, people, staffed, confirmed):
    first = ask(staffed, organization)
    chat = ask(confirmed, organization, trigger="chat", user_id=people["viewer"].pk, call_id="c2")
    ask(confirmed, organization, call_id="c3")
    assert inbox(api, "viewer") == [chat.approval.pk]
    assert inbox(api, "operator") == [first.approval.pk]
    others = api("operator", "GET", f"{APPROVALS}?mine=false")["results"]
    assert first.approval.pk not in {each["id"] for each in others} and len(others) == 2
    pass_time(121)
    assert inbox(api, "operator") == [], "its time is over, swept or not"


def test_a_builder_says_who_answers_on_the_tools_page(organization, people):
    client = Client()
    client.force_login(people["builder"], backend=BACKEND)
    rule = {"answered_by": "admin", "four_eyes": "on", "escalate_after_s": "60"}
    answer = client.post(page("add"), {**FORM, "asks": "staff", **rule})
    assert answer.status_code == 302, errors_of(answer)
    tool = Tool.objects.of(organization).get()
    assert tool.behaviour == {
        "approval": "staff", "answered_by": "admin", "four_eyes": True, "escalate_after_s": 60,
    }  # fmt: skip
    shown = initial_of(client.get(page("change", tool.pk)))
    assert client.post(page("change", tool.pk), shown).status_code == 302
    tool.refresh_from_db()
    assert tool.version == "1.0.0"


def test_staff_send_and_see_their_inbox_on_the_pages(organization, people, staffed):
    row = ask(staffed, organization).approval
    client = Client()
    client.force_login(people["operator"], backend=BACKEND)
    path = f"/admin/tools_library/approval/{row.pk}/change/"
    press = {"tools_library_approval_send": "1", "remember": "once", "run_with": "{}"}
    refused = client.post(path, {**press, "send_to": "boss"}, follow=True).content.decode()
    assert "or a role" in refused
    client.post(path, {**press, "send_to": people["builder"].email}, follow=True)
    listed = client.get("/admin/tools_library/approval/?mine=1").content.decode()
    assert f"/approval/{row.pk}/change/" not in listed
    page = client.get(path).content.decode()
    assert f"sent to {people['builder'].email}" in re.sub(r"\s+", " ", page)
    yes = {
        "tools_library_approval_approve": "1",
        "remember": "once",
        "run_with": '{"order_id": "7"}',
    }
    answered = client.post(path, yes, follow=True).content.decode()
    assert "they or an admin say yes" in answered
    assert Approval.unscoped.get().status == "pending"
    client.force_login(people["builder"], backend=BACKEND)
    listed = client.get("/admin/tools_library/approval/?mine=1").content.decode()
    assert f"/approval/{row.pk}/change/" in listed
