"""The pages where staff answer questions and admins review versions."""

import pytest
from django.test import Client
from django.utils.html import escape

from tests.factories.approvals import SECOND, ask
from tests.factories.organizations import make_member
from tests.factories.tools import endpoint_configuration, tool_values
from tools_library.models import Approval, ApprovalGrant, ToolReview
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
    ask(staffed, organization)
    page = signed_in(organization, "operator").get(f"{QUESTIONS}?status__exact=pending")
    text = page.content.decode()
    assert "lookup_order" in text and "1042" not in text
    assert " s<" in text.replace("\n", "") or "119 s" in text or "120 s" in text


def test_several_are_answered_from_the_list_and_late_ones_say_why(organization, staffed):
    rows = [ask(staffed, organization, call_id=f"c{n}").approval for n in range(3)]
    Approval.unscoped.filter(pk=rows[2].pk).update(expires_at=rows[2].asked_at - SECOND)
    text = choose(signed_in(organization, "operator"), QUESTIONS, "approve_chosen", *rows)
    assert "Approved: 2." in text and "nobody answered in time" in text
    assert sorted(Approval.unscoped.values_list("status", flat=True)) == [
        "approved", "approved", "expired",
    ]  # fmt: skip


def test_a_question_to_the_caller_cannot_be_approved_from_the_list(organization, confirmed):
    row = ask(confirmed, organization).approval
    text = choose(signed_in(organization, "owner"), QUESTIONS, "approve_chosen", row)
    assert "Only the caller" in text
    assert Approval.unscoped.get().status == "pending"


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
    assert "lookup_order" in client.get(GRANTS).content.decode()
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
    assert "new.example.com" in text and escape('"before": "https://api.example.com') in text
    press(client, path, "approve", reason="Their new address.")
    review.refresh_from_db()
    assert (review.status, review.reason) == ("approved", "Their new address.")
    choose(client, REVIEWS, "reject_chosen", review)
    review.refresh_from_db()
    assert review.status == "rejected"


def test_a_builder_only_reads_reviews(organization):
    builder = make_member(organization, "builder")
    save_tool(organization, tool_values(), by=builder)
    review = ToolReview.unscoped.get()
    client = signed_in(organization, "builder")
    assert client.get(f"{REVIEWS}{review.pk}/change/").status_code == 200
    choose(client, REVIEWS, "approve_chosen", review)
    client.post(f"{REVIEWS}{review.pk}/change/", {"tools_library_toolreview_approve": "1"})
    assert ToolReview.unscoped.get().status == "pending"
