"""The pages where staff answer questions and admins review versions."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from tests.factories.approvals import SECOND, ask
from tests.factories.assistants import make_assistant
from tests.factories.organizations import make_member
from tests.factories.tools import assign, endpoint_configuration, tool_values
from tools_library.admin.approval import in_words
from tools_library.approvals import answering, whose
from tools_library.approvals.answering import Answer
from tools_library.models import Approval, ApprovalGrant, ToolExecution, ToolReview
from tools_library.services.tools import save_tool

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("handed_over", "replies")]
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
QUESTIONS = "/admin/tools_library/approval/"
REVIEWS = "/admin/tools_library/toolreview/"
GRANTS = "/admin/tools_library/approvalgrant/"


def signed_in(organization, role):
    client = Client()
    client.force_login(make_member(organization, role), backend=BACKEND)
    return client


def choose(client, path, action, *rows):
    data = {"action": action, "_selected_action": [row.pk for row in rows]}
    page = client.post(path, data, follow=True)
    return page.content.decode()


def press(client, path, button, **written):
    model = path.split("/")[3]
    name = f"tools_library_{model}_{button}"
    page = client.post(path, {name: "1", "remember": "once", **written}, follow=True)
    assert page.status_code == 200
    return page.content.decode()


def test_the_list_shows_what_waits_and_for_how_long(organization, staffed):
    row = ask(staffed, organization).approval
    Approval.unscoped.update(expires_at=row.asked_at + SECOND * (23 * 3_600 + 3_500))
    page = signed_in(organization, "operator").get(f"{QUESTIONS}?status__exact=pending")
    text = page.content.decode()
    assert "Look up an order" in text and "order_id: 7" in text
    assert "23 h" in text


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(-1, "Over"), (0, "Over"), (0.4, "1 s"), (599, "599 s"), (600, "10 min"), (7_199, "119 min"),
     (7_200, "2 h"), (86_399, "23 h")],
)  # fmt: skip
def test_time_left_is_told_in_the_unit_that_matters(seconds, told):
    assert in_words(seconds) == told


def test_long_and_hostile_arguments_are_cut_and_escaped(organization, staffed):
    ask(staffed, organization, {"order_id": "<script>alert(1)</script>" + "long " * 100})
    text = signed_in(organization, "operator").get(QUESTIONS).content.decode()
    assert "<script>alert(1)" not in text and "&lt;script&gt;alert(1)" in text
    assert "…" in text and "long " * 40 not in text


def test_arguments_are_read_in_the_order_in_which_they_run(organization, staffed):
    row = ask(staffed, organization, {"order_id": "\u202egnp.exe\u2066"}).approval
    client = signed_in(organization, "operator")
    page = client.get(f"{QUESTIONS}{row.pk}/change/").content.decode()
    assert escape('"\\u202egnp.exe') in page and "\u202e" not in page  # where they can be edited
    Approval.unscoped.update(policy="confirm", trigger_context="call")
    for path in (f"{QUESTIONS}{row.pk}/change/", f"{QUESTIONS}?e=1"):
        text = client.get(path).content.decode()
        assert "\\u202egnp.exe\\u2066" in text
        assert "\u202e" not in text and "\u2066" not in text
    edited = {"order_id": "\u202etxt.exe"}
    Approval.unscoped.update(status="approved", edited_arguments=edited)
    text = client.get(f"{QUESTIONS}{row.pk}/change/").content.decode()
    assert "− \\u202egnp.exe\\u2066<" in text and "+ \\u202etxt.exe<" in text
    run = f"/admin/tools_library/toolexecution/{row.execution_id}/change/"
    ToolExecution.unscoped.update(tool_name="\u202eput", error_message="\u202eno")
    for path in (run, "/admin/tools_library/toolexecution/"):
        assert "\u202e" not in client.get(path).content.decode()
    text = client.get(run).content.decode()
    assert "\\u202eput" in text and "\\u202eno" in text


def test_an_answered_question_shows_what_was_changed(organization, staffed, operator):
    row = ask(staffed, organization).approval
    answering.answer(
        row, Answer("edit", {"order_id": "8"}, reason="", remember="once"), by=operator
    )
    text = signed_in(organization, "builder").get(f"{QUESTIONS}{row.pk}/change/").content.decode()
    assert '<del class="va-del">− 7</del>' in text and '<ins class="va-ins">+ 8</ins>' in text
    assert operator.email in text and "Queued" in text


def test_a_removed_tools_question_is_shown_by_its_name(organization, staffed):
    row = ask(staffed, organization).approval
    Approval.unscoped.update(tool=None)
    client = signed_in(organization, "operator")
    assert "lookup_order" in client.get(QUESTIONS).content.decode()
    assert "lookup_order" in client.get(f"{QUESTIONS}{row.pk}/change/").content.decode()


def test_several_are_answered_from_the_list_and_late_ones_say_why(organization, staffed):
    rows = [ask(staffed, organization, call_id=f"c{n}").approval for n in range(3)]
    Approval.unscoped.filter(pk=rows[2].pk).update(expires_at=rows[2].asked_at - SECOND)
    text = choose(signed_in(organization, "operator"), QUESTIONS, "approve_chosen", *rows)
    assert "Approved: 2." in text and "nobody answered in time" in text
    assert sorted(Approval.unscoped.values_list("status", flat=True)) == [
        "approved", "approved", "expired",
    ]  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_each_one_is_answered_in_a_transaction_of_its_own(organization, staffed, monkeypatch):
    """Two at once would take the locks of their limits in different orders, and wait for ever."""
    rows = [ask(staffed, organization, call_id=f"c{n}").approval for n in range(2)]
    inside, answer = [], answering.answer

    def noting(*given, **who):
        inside.append(connection.in_atomic_block)
        return answer(*given, **who)

    monkeypatch.setattr(answering, "answer", noting)
    text = choose(signed_in(organization, "operator"), QUESTIONS, "approve_chosen", *rows)
    assert "Approved: 2." in text and inside == [False, False]


def test_a_question_to_the_caller_cannot_be_approved_from_the_list(organization, confirmed):
    row = ask(confirmed, organization).approval
    text = choose(signed_in(organization, "owner"), QUESTIONS, "approve_chosen", row)
    assert "Only the caller" in text
    assert Approval.unscoped.get().status == "pending"


def test_who_lost_the_right_to_say_yes_while_the_page_was_open_is_told_so(organization, staffed):
    row = ask(staffed, organization).approval
    client, path = signed_in(organization, "operator"), f"{QUESTIONS}{row.pk}/change/"
    assert "tools_library_approval_approve" in client.get(path).content.decode()
    Approval.unscoped.update(least_role="admin")  # somebody sent it on
    page = press(client, path, "approve", run_with='{"order_id": "7"}')
    assert "Staff answer this: it needs the role admin or above." in page
    assert "changed successfully" not in page
    assert Approval.unscoped.get().status == "pending"


def test_whose_yes_does_not_count_can_say_no_and_is_told_why(organization, confirmed):
    row = ask(confirmed, organization).approval
    client, path = signed_in(organization, "owner"), f"{QUESTIONS}{row.pk}/change/"
    page = client.get(path).content.decode()
    assert "Only the caller can say yes to this, on the phone. You can say no." in page
    assert "tools_library_approval_reject" in page
    for hidden in ("tools_library_approval_approve", "tools_library_approval_send", "run_with"):
        assert hidden not in page
    press(client, path, "approve")
    assert Approval.unscoped.get().status == "pending"
    press(client, path, "reject", reason="They rang off.")
    answered = Approval.unscoped.get()
    assert (answered.status, answered.reason) == ("rejected", "They rang off.")


def test_one_is_approved_with_other_arguments_and_remembered(organization, staffed):
    row = ask(staffed, organization).approval
    client, path = signed_in(organization, "operator"), f"{QUESTIONS}{row.pk}/change/"
    assert escape('"order_id": "7"') in client.get(path).content.decode()
    text = press(client, path, "approve", run_with='{"order_id": 5}')
    assert "not of type" in text or "order_id" in text
    assert Approval.unscoped.get().status == "pending"
    press(client, path, "approve", run_with='{"order_id": "5"}', remember="always")
    row.refresh_from_db()
    assert (row.status, row.edited_arguments) == ("approved", {"order_id": "5"})
    assert ApprovalGrant.unscoped.get().scope == "always"
    assert "Approved" in client.get(path).content.decode()


def test_one_is_approved_as_it_is_or_rejected_with_a_reason(organization, staffed):
    client = signed_in(organization, "operator")
    first = ask(staffed, organization, call_id="c1").approval
    press(client, f"{QUESTIONS}{first.pk}/change/", "approve", run_with='{"order_id": "7"}')
    second = ask(staffed, organization, call_id="c2").approval
    path = f"{QUESTIONS}{second.pk}/change/"
    press(client, path, "reject", run_with='{"order_id": "7"}', reason="Not today.")
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, first.edited_arguments) == ("approved", None)
    assert (second.status, second.reason) == ("rejected", "Not today.")


def test_a_viewer_answers_nothing(organization, staffed):
    row = ask(staffed, organization).approval
    client = signed_in(organization, "viewer")
    choose(client, QUESTIONS, "approve_chosen", row)
    pressed = {"tools_library_approval_approve": "1", "run_with": "{}", "remember": "once"}
    assert client.post(f"{QUESTIONS}{row.pk}/change/", pressed).status_code in (302, 403)
    assert Approval.unscoped.get().status == "pending"


def test_grants_are_revoked(organization, staffed):
    row = ask(staffed, organization).approval
    client = signed_in(organization, "operator")
    path = f"{QUESTIONS}{row.pk}/change/"
    press(client, path, "approve", run_with='{"order_id": "7"}', remember="always")
    grant = ApprovalGrant.unscoped.get()
    listed = client.get(GRANTS).content.decode()
    assert "Look up an order" in listed and "with any arguments" in listed
    shown = client.get(f"{GRANTS}{grant.pk}/change/").content.decode()
    assert "With any." in shown and "Always" in shown
    client.post(f"{GRANTS}{grant.pk}/delete/", {"post": "yes"})
    assert ApprovalGrant.unscoped.get().revoked_at is not None
    assert client.get(f"{GRANTS}{grant.pk}/change/").status_code == 302


def test_admins_review_and_see_what_changed(organization):
    builder = make_member(organization, "builder")
    tool = save_tool(organization, tool_values(), by=None)
    new = endpoint_configuration("https://new.example.com/orders")
    save_tool(organization, {"configuration": new}, by=builder, tool=tool)
    review = ToolReview.unscoped.get(status="pending")
    client, path = signed_in(organization, "admin"), f"{REVIEWS}{review.pk}/change/"
    text = client.get(path).content.decode()
    assert '<del class="va-del">− https://api.example.com/orders</del>' in text
    assert '<ins class="va-ins">+ https://new.example.com/orders</ins>' in text
    assert "Version 1.0.0." in text, "what is in use meanwhile"
    press(client, path, "approve", reason="Their new address.")
    review.refresh_from_db()
    assert (review.status, review.reason) == ("approved", "Their new address.")
    choose(client, REVIEWS, "reject_chosen", review)
    review.refresh_from_db()
    assert review.status == "rejected"


def test_a_review_shows_all_that_changed_and_code_line_by_line(organization):
    builder = make_member(organization, "builder")
    code = {"code": "def execute_tool(p, c):\n    return {'success': True}\n"}
    tool = save_tool(
        organization, tool_values(tool_type="python_function", configuration=code), by=None
    )
    own = {"fixed_parameters": {"to": "you@example.com"}}
    save_tool(organization, {"behaviour": own, "timeout_seconds": 9}, by=builder, tool=tool)
    review = ToolReview.unscoped.get(status="pending")
    path = f"{REVIEWS}{review.pk}/change/"
    text = signed_in(organization, "admin").get(path).content.decode()
    assert '<ins class="va-ins">+ you@example.com</ins>' in text
    assert '<ins class="va-ins">+ 9</ins>' in text
    assert escape("def execute_tool(p, c):\n    return {'success': True}") in text


def test_code_is_reviewed_in_the_order_in_which_it_runs(organization):
    builder = make_member(organization, "builder")
    code = "def execute_tool(p, c):\n    return {'success': p['a'] == '\u202e'}\n"
    values = tool_values(tool_type="python_function", configuration={"code": code})
    save_tool(organization, values, by=builder)
    review = ToolReview.unscoped.get(status="pending")
    text = signed_in(organization, "admin").get(f"{REVIEWS}{review.pk}/change/").content.decode()
    assert "\\u202e" in text and "\u202e" not in text


def test_a_page_asks_once_whether_somebodys_yes_counts(organization, staffed, monkeypatch):
    row = ask(staffed, organization).approval
    asked, why_not = [], whose.why_not
    monkeypatch.setattr(whose, "why_not", lambda *given: asked.append(given) or why_not(*given))
    client, path = signed_in(organization, "operator"), f"{QUESTIONS}{row.pk}/change/"
    assert "tools_library_approval_approve" in client.get(path).content.decode()
    assert len(asked) == 1


def test_the_tools_page_says_which_version_assistants_use(organization):
    builder, admin = make_member(organization, "builder"), signed_in(organization, "admin")
    tool = save_tool(organization, tool_values(), by=builder)
    path = f"/admin/tools_library/tool/{tool.pk}/change/"
    assert "No assistant can use this tool yet." in admin.get(path).content.decode()
    (first,) = ToolReview.unscoped.all()
    press(admin, f"{REVIEWS}{first.pk}/change/", "approve")
    assert "va-warn" not in admin.get(path).content.decode()
    save_tool(organization, {"timeout_seconds": 9}, by=builder, tool=tool)
    text = admin.get(path).content.decode()
    assert "Assistants use version 1.0.0." in text and "waits for an admin" in text
    second = ToolReview.unscoped.get(status="pending")
    assert f"{REVIEWS}{second.pk}/change/" in text
    press(admin, f"{REVIEWS}{second.pk}/change/", "reject", reason="Too long.")
    assert "was rejected in its review: Too long." in admin.get(path).content.decode()


def test_a_review_of_an_own_configuration_names_its_assistants(organization):
    builder = make_member(organization, "builder")
    tool = save_tool(organization, tool_values(), by=None)
    front, back = (make_assistant(organization, name=name) for name in ("Front", "Back"))
    assign(front, tool, by=builder, custom_configuration={"timeout": 4})
    assign(back, tool, by=builder)
    review = ToolReview.unscoped.get(status="pending")
    path = f"{REVIEWS}{review.pk}/change/"
    text = signed_in(organization, "admin").get(path).content.decode()
    assert "As an assistant configures it" in text
    assert "Front uses no version: none may run." in text and "Back uses" not in text
    assign(front, tool, by=builder, custom_configuration={})
    text = signed_in(organization, "admin").get(path).content.decode()
    assert "No assistant configures it like this any more." in text


def test_a_builder_only_reads_reviews(organization):
    builder = make_member(organization, "builder")
    save_tool(organization, tool_values(), by=builder)
    review = ToolReview.unscoped.get()
    client = signed_in(organization, "builder")
    assert client.get(f"{REVIEWS}{review.pk}/change/").status_code == 200
    choose(client, REVIEWS, "approve_chosen", review)
    client.post(f"{REVIEWS}{review.pk}/change/", {"tools_library_toolreview_approve": "1"})
    assert ToolReview.unscoped.get().status == "pending"


def test_lists_ask_the_database_as_often_for_few_rows_as_for_many(organization, operator):
    client = signed_in(organization, "admin")
    builder = make_member(organization, "builder")

    def more(first, count):
        for number in range(first, first + count):
            asking = {"behaviour": {"approval": "staff"}, "name": f"tool_{number}"}
            tool = save_tool(organization, tool_values(**asking), by=None)
            row = ask(tool, organization, call_id=f"c{number}").approval
            ask(tool, organization, source_id="other", call_id=f"d{number}")
            answering.answer(row, Answer("approve", remember="always"), by=operator)
            save_tool(organization, {"timeout_seconds": 9}, by=builder, tool=tool)

    def queries(path):
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200
        return len(captured)

    more(0, 2)
    for path in (QUESTIONS, REVIEWS, GRANTS):
        queries(path)  # what is read once in a process
    few = [queries(path) for path in (QUESTIONS, REVIEWS, GRANTS)]
    more(2, 6)
    assert [queries(path) for path in (QUESTIONS, REVIEWS, GRANTS)] == few
