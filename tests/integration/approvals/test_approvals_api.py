"""REST of approvals, grants and reviews, as programs and people use it."""

import json
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories.approvals import ask
from tests.factories.organizations import PASSWORD, make_key, make_member, make_organization
from tests.factories.tools import make_tool, tool_values
from tools_library.approvals import expiry
from tools_library.models import Approval, ApprovalGrant, ToolReview
from tools_library.services.tools import save_tool

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("handed_over", "replies"),
]
APPROVALS = "/api/organization/approvals"
GRANTS = "/api/organization/grants"


class Api:
    """A program with a key of a role, or a person who signed in."""

    def __init__(self, organization, role="operator", person=None):
        self.client, self.headers = Client(), {}
        if person is None:
            self.headers["Authorization"] = f"Bearer {make_key(organization, role)[1]}"
        else:
            assert self.client.login(email=person.email, password=PASSWORD)

    def __call__(self, method, path, expect=200, body=None):
        data = "" if body is None else json.dumps(body)
        response = self.client.generic(
            method, path, data, content_type="application/json", headers=self.headers
        )
        assert response.status_code == expect, response.content
        if expect >= 400:
            assert response["Content-Type"] == "application/problem+json"
        return response.json() if response.content else None


@pytest.fixture
def api(organization):
    return Api(organization)


@pytest.mark.parametrize("slash", ["", "/"])
def test_staff_list_read_and_answer(api, organization, staffed, slash):
    row = ask(staffed, organization)
    (listed,) = api("GET", f"{APPROVALS}{slash}?status=pending")["results"]
    assert listed["execution_id"] == str(row.execution_id)
    assert (listed["policy"], listed["arguments"]) == ("staff", {"order_id": "7"})
    path = f"{APPROVALS}/{listed['id']}"
    shown = api("GET", path + slash)
    assert [entry["action"] for entry in shown.pop("record")] == ["approval.asked"]
    assert shown == listed
    answered = api("POST", f"{path}/answer{slash}", body={"decision": "approve"})
    assert answered["status"] == "approved" and answered["decided_by"].startswith("API key")
    assert api("GET", f"{APPROVALS}?status=pending")["results"] == []
    row.refresh_from_db()
    assert row.status == "queued"


def test_a_late_answer_is_409_and_says_who_was_first(api, organization, staffed):
    path = f"{APPROVALS}/{ask(staffed, organization).approval.pk}/answer"
    person = make_member(organization, "operator")
    Api(organization, person=person)("POST", path, body={"decision": "reject"})
    problem = api("POST", path, 409, {"decision": "approve"})
    assert problem["code"] == "already_answered" and person.email in problem["detail"]


def test_a_yes_beyond_a_limit_is_409_and_says_until_when(api, organization):
    tool = make_tool(
        organization,
        behaviour={"approval": "staff", "rate_limit": {"runs": 1, "seconds": 60}},
    )
    rows = [ask(tool, organization, {"order_id": each}, call_id=each) for each in ("c1", "c2")]
    paths = [f"{APPROVALS}/{row.approval.pk}/answer" for row in rows]
    api("POST", paths[0], body={"decision": "approve"})
    problem = api("POST", paths[1], 409, {"decision": "approve"})
    assert problem["code"] == "rate_limited"
    assert re.fullmatch(
        r"The tool lookup_order may run at most once in 60 seconds\. Say yes in \d+ seconds; until "
        r"then the question stays open\.",
        problem["detail"],
    )
    assert api("GET", paths[1].removesuffix("/answer"))["status"] == "pending"


def test_an_answer_after_its_time_is_409_expired(api, organization, staffed):
    approval = ask(staffed, organization).approval
    Approval.unscoped.update(expires_at=approval.asked_at)
    problem = api("POST", f"{APPROVALS}/{approval.pk}/answer", 409, {"decision": "approve"})
    assert problem["code"] == "expired"
    assert Approval.unscoped.get().status == "expired"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "decision"),
        ({"decision": "perhaps"}, "decision"),
        ({"decision": "edit"}, "arguments"),
        ({"decision": "edit", "arguments": [1]}, "arguments"),
        ({"decision": "edit", "arguments": {"order_id": 5}}, "arguments"),
        ({"decision": "edit", "arguments": {}}, "arguments"),
        ({"decision": "approve", "remember": "forever"}, "remember"),
        ({"decision": "approve", "reason": "x" * 1001}, "reason"),
        ({"decision": "approve", "exact": "perhaps"}, "exact"),
    ],
)
def test_a_bad_answer_names_its_field(api, organization, staffed, body, field):
    path = f"{APPROVALS}/{ask(staffed, organization).approval.pk}/answer"
    problem = api("POST", path, 400, body)
    assert [each["field"] for each in problem["errors"]] == [field]
    assert Approval.unscoped.get().status == "pending"


def test_a_viewer_reads_and_does_not_answer_for_staff(organization, staffed):
    path = f"{APPROVALS}/{ask(staffed, organization).approval.pk}"
    viewer = Api(organization, "viewer")
    viewer("GET", path)
    problem = viewer("POST", f"{path}/answer", 403, {"decision": "approve"})
    assert "operator" in problem["detail"]


def test_a_viewer_answers_what_they_were_asked_in_their_chat(organization, confirmed):
    user = make_member(organization, "viewer")
    row = ask(confirmed, organization, trigger="chat", user_id=user.pk)
    path = f"{APPROVALS}/{row.approval.pk}/answer"
    Api(organization)("POST", path, 403, {"decision": "approve"})
    edited = {"decision": "edit", "arguments": {"order_id": "8"}, "remember": "conversation"}
    answered = Api(organization, person=user)("POST", path, body=edited)
    assert answered["changes"] == [{"path": "order_id", "before": "7", "after": "8"}]


def test_another_organizations_rows_are_not_there(organization, staffed):
    stranger = Api(make_organization(), "owner")
    approval = ask(staffed, organization).approval
    Api(organization)(
        "POST",
        f"{APPROVALS}/{approval.pk}/answer",
        body={"decision": "approve", "remember": "always"},
    )
    (grant,) = ApprovalGrant.unscoped.all()
    stranger("GET", f"{APPROVALS}/{approval.pk}", 404)
    stranger("POST", f"{APPROVALS}/{approval.pk}/answer", 404, {"decision": "approve"})
    stranger("DELETE", f"{GRANTS}/{grant.pk}", 404)
    stranger("POST", f"/api/organization/tools/{staffed.pk}/versions/1.0.0/review", 404, {})
    assert stranger("GET", APPROVALS)["results"] == []
    assert stranger("GET", GRANTS)["results"] == []


def test_grants_are_listed_and_revoked(api, organization, staffed):
    path = f"{APPROVALS}/{ask(staffed, organization).approval.pk}/answer"
    api("POST", path, body={"decision": "approve", "remember": "always", "exact": True})
    (grant,) = api("GET", f"{GRANTS}?active=true")["results"]
    assert (grant["scope"], grant["arguments"]) == ("always", {"order_id": "7"})
    Api(organization, "viewer")("DELETE", f"{GRANTS}/{grant['id']}", 403)
    api("DELETE", f"{GRANTS}/{grant['id']}/", 204)
    assert api("GET", f"{GRANTS}?active=true")["results"] == []
    assert "Revoked by" in api("GET", f"{GRANTS}/{grant['id']}")["end_reason"]


def test_admins_review_versions(organization):
    tool = save_tool(organization, tool_values(), by=make_member(organization, "builder"))
    path = f"/api/organization/tools/{tool.pk}/versions/1.0.0/review"
    Api(organization, "builder")("POST", path, 403, {"decision": "approve"})
    admin = Api(organization, "admin")
    assert admin("GET", path)[0]["status"] == "pending"
    admin("POST", path, 400, {"decision": "edit"})
    admin("POST", path, 404, {"decision": "approve", "configuration_hash": "0"})
    (review,) = admin("POST", f"{path}/", body={"decision": "approve", "reason": "Fine."})
    assert (review["status"], review["reason"]) == ("approved", "Fine.")
    admin("GET", f"/api/organization/tools/{tool.pk}/versions/9.9.9/review", 404)
    assert ToolReview.unscoped.get().status == "approved"


@pytest.mark.parametrize("path", [APPROVALS, GRANTS])
def test_lists_ask_the_database_as_often_for_ten_as_for_a_thousand(
    api, organization, staffed, path
):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            api("GET", f"{path}?page_size=200")
        return len(captured)

    def more(number):
        for n in range(number):
            approval = ask(staffed, organization, {"order_id": str(n)}, call_id="").approval
            ApprovalGrant.unscoped.create(
                organization=organization, tool=staffed, tool_name="x", policy="staff",
                scope="always", schema_hash="x", approval=approval,
            )  # fmt: skip

    more(2)
    queries()  # the key's last use is noted once a while
    few = queries()
    more(30)
    assert queries() == few


def test_lists_are_filtered(api, organization, staffed, confirmed):
    ask(staffed, organization)
    ask(confirmed, organization, call_id="c2")
    assert len(api("GET", APPROVALS)["results"]) == 2
    for query in ("policy=staff", f"tool_id={staffed.pk}", "escalated=false&policy=staff"):
        (only,) = api("GET", f"{APPROVALS}?{query}")["results"]
        assert only["tool_id"] == staffed.pk
    assert api("GET", f"{APPROVALS}?escalated=true")["results"] == []
    assert expiry.sweep() == (0, 0)
    api("GET", f"{APPROVALS}?status=nonsense", 400)
