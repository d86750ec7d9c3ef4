"""A run that staff edited and approved really runs, as it was approved."""

import pytest

from tests.factories.approvals import ask
from tests.factories.organizations import make_member
from tests.factories.tools import endpoint_configuration, make_tool
from tools_library.approvals import answering
from tools_library.approvals.answering import Answer
from tools_library.engine.model_output import output_for_model
from tools_library.services.execution import perform
from tools_library.services.reporting import outcome_of

pytestmark = pytest.mark.django_db


def test_an_approved_run_runs(organization, tool_server, monkeypatch):
    url = f"{tool_server.url}/orders"
    tool = make_tool(
        organization, side_effect="write", behaviour={"approval": "staff"},
        configuration=endpoint_configuration(url),
    )  # fmt: skip
    monkeypatch.setattr("tools_library.services.queues.enqueue", lambda *args, **queue: None)
    operator = make_member(organization, "operator")
    row = ask(tool, organization)
    assert tool_server.received == []
    edited = Answer("edit", arguments={"order_id": "8"})
    answering.answer(row.approval, edited, by=operator)
    perform(str(row.execution_id))
    row.refresh_from_db()
    assert row.status == "success"
    assert [each["body"] for each in tool_server.received] == [b'{"order_id": "8"}']
    told = output_for_model(outcome_of(row))
    assert "order_id from '7' to '8'" in told
