"""What `/ws/tool-executions` says of a run that a program asked for."""

import pytest
from django.test import RequestFactory

from calls.sockets import watch_executions
from tests.factories.organizations import make_key
from tests.factories.tools import endpoint_configuration, make_tool
from voiceassist.foundation.events.emit import to_frame
from voiceassist.foundation.events.socket import SocketRefused
from voiceassist.foundation.models import Event

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.embedded]

KEYS = {
    "execution_id", "tool_id", "tool_name", "assistant_id", "call_id", "status",
    "trigger_context", "started_at", "completed_at", "duration_ms", "error_code", "message", "seq",
}  # fmt: skip


def watch(key):
    request = RequestFactory().get(
        "/ws/tool-executions", headers={"Authorization": f"Bearer {key}"}
    )
    return watch_executions(request)


def test_a_run_is_told_flat_step_by_step(api, organization, tool_server, settings):
    settings.JOBS_RUNNER = "in_process"
    tool = make_tool(organization, configuration=endpoint_configuration(tool_server.url))
    path = f"/api/organization/tools/{tool.pk}/test"
    tested = api("POST", path, 200, {"parameters": {"order_id": "7"}})
    shown = watch(make_key(organization, "viewer")[1])
    assert shown.place == (organization.pk, "executions")
    rows = Event.objects.filter(organization_id=organization.pk, topic="executions").order_by("id")
    told = [shown.message(to_frame(row)) for row in rows]
    assert all(set(each) == KEYS for each in told)
    assert [each["status"] for each in told] == ["queued", "running", "success"]
    assert [each["seq"] for each in told] == [row.pk for row in rows]
    last = told[-1]
    assert (last["execution_id"], last["message"]) == (tested["execution_id"], "done")
    assert (last["tool_name"], last["trigger_context"]) == ("lookup_order", "test")


def test_nobody_watches_without_a_valid_key():
    with pytest.raises(SocketRefused):
        watch("vak_made_up")
