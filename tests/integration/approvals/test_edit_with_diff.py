"""Other arguments than were proposed: checked, on record with their editor, told to the model."""

import json

import pytest
from django.test import Client

from tests.factories.approvals import ask
from tests.factories.organizations import make_credential, make_member
from tests.integration.approvals.test_approvals_api import APPROVALS, Api
from tools_library.approvals.hashing import arguments_hash
from tools_library.engine.engine import answered
from tools_library.engine.model_output import output_for_model
from tools_library.models import ToolExecution
from tools_library.services import execution, performing, reporting
from voiceassist.organizations.models import AuditEntry
from voiceassist.organizations.services import audit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("handed_over", "replies")]

SECRET = "canary-credential-5512"
DONE = answered({"success": True, "message": "Found."})


@pytest.fixture
def person(organization):
    return make_member(organization, "operator")


@pytest.fixture
def api(organization, person):
    return Api(organization, person=person)


def edit(api, row, expect=200, **arguments):
    path = f"{APPROVALS}/{row.approval.pk}/answer"
    return api("POST", path, expect, {"decision": "edit", "arguments": arguments})


def test_edit_with_diff_passes_the_schema_or_changes_nothing(api, organization, staffed):
    row = ask(staffed, organization)
    refused = edit(api, row, 400, order_id=8)
    assert [each["field"] for each in refused["errors"]] == ["arguments"]
    row.refresh_from_db()
    assert (row.status, row.input_parameters) == ("awaiting_approval", {"order_id": "7"})
    assert not AuditEntry.unscoped.filter(action="approval.edited").exists()


def test_edit_with_diff_is_on_record_with_proposal_difference_and_editor(
    api, organization, staffed, person
):
    row = ask(staffed, organization)
    edit(api, row, order_id="8")
    shown = api("GET", f"{APPROVALS}/{row.approval.pk}")
    difference = [{"path": "order_id", "before": "7", "after": "8"}]
    assert (shown["arguments"], shown["edited_arguments"]) == ({"order_id": "7"}, {"order_id": "8"})
    assert (shown["changes"], shown["decided_by"]) == (difference, person.email)
    asked, edited = shown["record"]
    assert (asked["action"], edited["action"]) == ("approval.asked", "approval.edited")
    assert edited["actor_name"] == person.email
    assert edited["data"]["proposed"] == {"order_id": "7"}
    assert edited["data"]["arguments_hash"] == asked["data"]["arguments_hash"]
    assert edited["data"]["edited_hash"] == arguments_hash({"order_id": "8"})
    assert edited["data"]["changes"] == difference
    entry = AuditEntry.objects.of(organization).get(action="approval.edited")
    assert (edited["sequence"], edited["hash"]) == (entry.sequence, entry.hash)
    assert audit.verify(organization.pk).broken is None


def test_edit_with_diff_is_on_the_page_of_the_approval(api, organization, staffed, person):
    row = ask(staffed, organization)
    edit(api, row, order_id="8")
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    page = client.get(f"/admin/tools_library/approval/{row.approval.pk}/change/").content.decode()
    assert '<del class="va-del">− 7</del>' in page and '<ins class="va-ins">+ 8</ins>' in page
    entry = AuditEntry.objects.of(organization).get(action="approval.edited")
    assert f"edited by {person.email} (audit entry {entry.sequence}, {entry.hash[:12]}" in page


def test_edit_with_diff_is_told_to_the_model_with_the_outcome(api, organization, staffed):
    row = ask(staffed, organization)
    edit(api, row, order_id="8")
    assert execution.finish(performing.claim(str(row.execution_id)), DONE)
    ran = ToolExecution.unscoped.get(pk=row.pk)
    told = json.loads(output_for_model(reporting.outcome_of(ran)))
    assert "order_id from '7' to '8'" in told["notice"] and told["success"] is True


def test_edit_with_diff_puts_no_credential_into_the_audit(api, organization, staffed):
    make_credential(organization, "SHOP_TOKEN", SECRET)
    row = ask(staffed, organization, {"order_id": f"7 {SECRET}"})
    path = f"{APPROVALS}/{row.approval.pk}/answer"
    arguments = {"order_id": SECRET.upper() + SECRET}
    body = {"decision": "edit", "arguments": arguments, "reason": f"it is {SECRET}"}
    api("POST", path, body=body)
    data = AuditEntry.objects.of(organization).get(action="approval.edited").data
    assert SECRET not in json.dumps([entry.data for entry in AuditEntry.objects.of(organization)])
    assert (data["proposed"], data["reason"]) == ({"order_id": "7 •••"}, "it is •••")
    assert data["changes"][0]["after"] == f"{SECRET.upper()}•••"
    row.refresh_from_db()
    assert row.input_parameters == arguments, "the run itself has what staff wrote"


def test_edit_with_diff_of_long_arguments_is_cut_and_proved_by_its_hash(api, organization, staffed):
    row = ask(staffed, organization, {"order_id": "7" * 9_000})
    edit(api, row, order_id="8" * 9_000)
    entry = AuditEntry.objects.of(organization).get(action="approval.edited")
    assert len(json.dumps(entry.data)) < 6_000
    assert entry.data["changes"][0]["after"].startswith("888")
    assert entry.data["edited_hash"] == arguments_hash({"order_id": "8" * 9_000})
