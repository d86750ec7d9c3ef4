"""Credentials of an organization in endpoint tools: used on the line, found nowhere else."""

import json
from base64 import b64encode

import pytest
from django.apps import apps
from django.core import serializers
from django.db import connection

from tests.factories.tools import endpoint_configuration, make_tool, origin
from tools_library.services import execution, queues
from voiceassist.foundation import outbound
from voiceassist.organizations.services import credentials

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.embedded]

USER, KEY = "canary-user-77aa", 'canary/key+"77bb'
WAYS = [
    {"type": "bearer", "token_field": "SHOP_KEY"},
    {"type": "api_key", "token_field": "SHOP_KEY", "query_name": "key"},
    {"type": "basic", "username_field": "SHOP_USER", "password_field": "SHOP_KEY"},
    {"type": "hmac", "secret_field": "SHOP_KEY"},
    {"type": "none"},
]


@pytest.fixture(autouse=True)
def in_process(settings):
    settings.JOBS_RUNNER = "in_process"


def stored():
    """Return all that any table holds, as text."""
    rows = [row for model in apps.get_models() for row in model._base_manager.all()]
    return serializers.serialize("json", rows)


@pytest.mark.parametrize("status", [200, 422])
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way["type"])
def test_a_canary_goes_out_and_stays_nowhere(organization, tool_server, caplog, way, status):
    credentials.create(organization, "SHOP_USER", USER)
    credentials.create(organization, "SHOP_KEY", KEY)
    tool = make_tool(
        organization,
        configuration=endpoint_configuration(
            f"{tool_server.url}/${{SHOP_USER}}?again=${{SHOP_KEY}}",
            authentication=way,
            headers={"X-Shop": "Key ${SHOP_KEY}"},
            request_body_template={"all": ["${SHOP_USER}", "${SHOP_KEY}", "${order_id}"]},
        ),
    )
    pair = b64encode(f"{USER}:{KEY}".encode()).decode() if way["type"] == "basic" else KEY
    echo = {"success": status == 200, "message": f"{USER} {KEY} {pair}", "data": {USER: [KEY]}}
    tool_server.answer(status, echo)

    row = execution.run_and_wait(tool, {"order_id": "7"}, origin(organization))

    assert row.status == ("success" if status == 200 else "error"), row.message
    (sent,) = tool_server.received
    assert json.loads(sent["body"]) == {"all": [USER, KEY, "7"]}
    assert sent["path"].startswith(f"/{USER}?again=canary%2Fkey%2B%2277bb")
    everything = stored() + caplog.text
    assert str(row.execution_id) in everything and "SHOP_KEY" in everything
    assert "canary" not in everything and pair not in everything


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
    tool = make_tool(
        organization, configuration=endpoint_configuration(tool_server.url, authentication=WAYS[0])
    )
    credential.delete()
    row = execution.run_and_wait(tool, {"order_id": "7"}, origin(organization))
    assert row.status == "error" and "SHOP_KEY" in row.message
    assert tool_server.received == []
