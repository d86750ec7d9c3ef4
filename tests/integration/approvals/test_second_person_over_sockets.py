"""A question on its way to a second person, over real sockets, with sessions and with keys."""

import pytest
import requests

from tests.factories.approvals import ask
from tests.factories.organizations import PASSWORD, make_key, make_member, make_organization
from tests.factories.tools import make_tool
from tests.services.application import served
from tools_library.models import ToolExecution

APPROVALS = "/api/organization/approvals"


class Door:
    """Somebody at the served application: a person who signs in, or a program with a key."""

    def __init__(self, url, person=None, key=""):
        self.url, self.session = url, requests.Session()
        if key:
            self.session.headers["Authorization"] = f"Bearer {key}"
        else:
            self.session.get(f"{url}/accounts/login/", timeout=60)
            form = {"login": person.email, "password": PASSWORD, **self.token()}
            told = self.session.post(f"{url}/accounts/login/", form, timeout=60)
            assert told.ok and "sessionid" in self.session.cookies

    def token(self):
        return {"csrfmiddlewaretoken": self.session.cookies["csrftoken"]}

    def ask(self, method, path, expect, body=None, *, forged=False):
        headers = {}
        if "csrftoken" in self.session.cookies and not forged:
            headers["X-CSRFToken"] = self.session.cookies["csrftoken"]
        answer = self.session.request(
            method, f"{self.url}{APPROVALS}{path}", json=body, headers=headers, timeout=60
        )
        assert answer.status_code == expect, answer.text
        return answer.json()


@pytest.fixture
def url(transactional_db):
    with served() as url:
        yield url


@pytest.mark.usefixtures("handed_over", "replies")
def test_second_person_answers_what_an_operator_sends_them(url):
    organization = make_organization("Juniper Cycles")
    people = {role: make_member(organization, role) for role in ("viewer", "operator", "admin")}
    operator, viewer, admin = (Door(url, people[role]) for role in ("operator", "viewer", "admin"))
    program = Door(url, key=make_key(organization, "operator")[1])
    refund = make_tool(organization, behaviour={"approval": "staff", "four_eyes": True})
    row = ask(refund, organization, trigger="chat", user_id=people["operator"].pk)
    one = f"/{row.approval.pk}"
    operator.ask("POST", f"{one}/answer", 403, {"decision": "approve"})
    viewer.ask("POST", f"{one}/send", 403, {"to": "admin"})
    operator.ask("POST", f"{one}/send", 403, {"to": "admin"}, forged=True)
    operator.ask("POST", f"{one}/send", 200, {"to": people["admin"].email})
    listed = {
        name: [each["id"] for each in door.ask("GET", "?mine=true", 200)["results"]]
        for name, door in {
            "operator": operator, "viewer": viewer, "admin": admin, "program": program,
        }.items()
    }  # fmt: skip
    assert listed == {"operator": [], "viewer": [], "admin": [row.approval.pk], "program": []}
    program.ask("POST", f"{one}/answer", 403, {"decision": "approve"})
    answered = admin.ask("POST", f"{one}/answer", 200, {"decision": "approve"})
    assert answered["decided_by"] == people["admin"].email
    assert [entry["action"] for entry in answered["record"]] == [
        "approval.asked", "approval.sent", "approval.approved",
    ]  # fmt: skip
    program.ask("POST", f"{one}/answer", 409, {"decision": "reject"})
    assert ToolExecution.unscoped.get(pk=row.pk).status == "queued"
