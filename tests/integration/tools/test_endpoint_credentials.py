"""Credentials of an organization in endpoint tools: what a run holds meanwhile, what it says."""

import pytest
from django.db import connection

from tests.factories.tools import endpoint_configuration, make_tool, origin
from tools_library.services import execution, queues
from voiceassist.foundation import outbound
from voiceassist.organizations.services import credentials

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.embedded]

KEY = 'canary/key+"77bb'


@pytest.fixture(autouse=True)
def in_process(settings):
    settings.JOBS_RUNNER = "in_process"


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_no_database_connection_is_held_while_a_service_is_waited_for(
    organization, tool_server, monkeypatch, mode
):
    held, send = [], outbound.request

    def spy(*args, **more):
        held.append(connection.connection is not None)
        return send(*args, **more)

    monkeypatch.setattr(outbound, "request", spy)
    credentials.create(organization, "SHOP_KEY", KEY)
    tool = make_tool(
        organization,
        configuration=endpoint_configuration(
            tool_server.url,
            headers={"X-Shop": "${SHOP_KEY}"},
            authentication={"type": "hmac", "secret_field": "SHOP_KEY"},
            query={"to": "${callback_url}"},
        ),
        behaviour={"execution_mode": mode},
    )
    monkeypatch.setattr(queues, "enqueue", lambda *args, queue=None: None)
    row = execution.request(tool, {"order_id": "7"}, origin(organization))
    execution.perform(str(row.execution_id))
    assert held == [False] and len(tool_server.received) == 1


def test_look_ups_count_as_the_organizations(organization, monkeypatch):
    asked = []

    class NoPlace:
        def take(self, party, seconds):
            asked.append(party)
            return False

    monkeypatch.setattr("voiceassist.foundation.outbound.addresses._LOOKUPS", NoPlace())
    row = execution.run_and_wait(make_tool(organization), {"order_id": "7"}, origin(organization))
    assert (row.error_code, set(asked)) == ("connection_failed", {organization.pk})


def test_a_credential_that_is_gone_names_itself(organization, tool_server):
    credential = credentials.create(organization, "SHOP_KEY", KEY)
    bearer = {"type": "bearer", "token_field": "SHOP_KEY"}
    tool = make_tool(
        organization, configuration=endpoint_configuration(tool_server.url, authentication=bearer)
    )
    credential.delete()
    row = execution.run_and_wait(tool, {"order_id": "7"}, origin(organization))
    assert row.status == "error" and "SHOP_KEY" in row.message
    assert tool_server.received == []
