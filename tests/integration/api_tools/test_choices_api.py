"""What a tool could be built on, asked for over REST."""

import json

import pytest

from tests.factories.organizations import make_credential
from tests.security.outbound.servers import RawServer, answering, ok
from tools_library.executors.aws_lambda import functions
from tools_library.models import Tool

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.embedded]

PATH = "/api/organization/tools/choices"
KEYS = {"access_key_field": "aws_access_key", "secret_key_field": "aws_secret_key"}
LISTED = {"name": "find", "description": "Finds.", "inputSchema": {"type": "object"}}


@pytest.fixture
def raw(settings):
    servers = []

    def start(handle):
        servers.append(RawServer(handle))
        settings.OUTBOUND_ALLOW = [f"127.0.0.1:{each.port}" for each in servers]
        return servers[-1], f"http://127.0.0.1:{servers[-1].port}"

    yield start
    for server in servers:
        server.stop()


def mcp_server(server, connection):
    """Shake hands, and list one tool."""
    results = {
        "initialize": {"protocolVersion": "2025-06-18", "capabilities": {}},
        "tools/list": {"tools": [LISTED]},
    }
    while request := server.read_request(connection):
        asked = json.loads(request.partition(b"\r\n\r\n")[2])
        told = {"jsonrpc": "2.0", "id": asked.get("id"), "result": results.get(asked["method"], {})}
        connection.sendall(ok(json.dumps(told).encode(), b"Content-Type: application/json"))


def test_the_tools_of_a_server(api_as, organization, raw):
    _, url = raw(mcp_server)
    body = {"tool_type": "mcp", "configuration": {"url": f"{url}/mcp"}}
    (found,) = api_as("admin")("POST", PATH, 200, body)["results"]
    assert found == {
        "name": "find", "title": "find", "description": "Finds.",
        "input_schema": {"type": "object"}, "reads_only": False,
    }  # fmt: skip
    assert not Tool.unscoped.exists()


def test_the_functions_of_an_account(api_as, organization, raw, settings, monkeypatch):
    monkeypatch.setattr(functions, "TIMEOUT_S", 60.0)  # a busy machine makes its client slowly
    make_credential(organization, "aws_access_key", "AKIAEXAMPLE")
    make_credential(organization, "aws_secret_key", "a-secret-of-aws")
    function = {"FunctionName": "orders", "Runtime": "python3.13", "Timeout": 3, "MemorySize": 128}
    _, settings.AWS_ENDPOINT_URL = raw(
        answering(ok(json.dumps({"Functions": [function]}).encode()))
    )
    configuration = {"aws_region": "eu-west-1", "credentials": KEYS}
    body = {"tool_type": "lambda", "configuration": configuration}
    (found,) = api_as("admin")("POST", PATH, 200, body)["results"]
    assert (found["name"], found["runtime"], found["timeout_s"]) == ("orders", "python3.13", 3)


def test_what_nobody_has_approved_is_not_asked_for_a_builder(api_as, raw):
    server, url = raw(mcp_server)
    body = {"tool_type": "mcp", "configuration": {"url": f"{url}/mcp"}}
    refused = api_as("builder")("POST", PATH, 409, body)
    assert refused["code"] == "not_reviewed" and "127.0.0.1" in refused["detail"]
    api_as("operator")("POST", PATH, 403, body)
    assert server.requests == []


def test_the_organizations_own_hosts_hold(api_as, organization, raw):
    server, url = raw(mcp_server)
    organization.outbound_deny = ["127.0.0.1"]
    organization.save()
    body = {"tool_type": "mcp", "configuration": {"url": f"{url}/mcp"}}
    assert api_as("admin")("POST", PATH, 409, body)["code"] == "refused"
    assert server.requests == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"tool_type": "mcp", "configuration": {}}, "configuration.url"),
        ({"tool_type": "mcp", "configuration": {"url": "https://a.example.com/${x}"}},
         "configuration.url"),
        ({"tool_type": "mcp", "configuration": [1]}, "configuration"),
        ({"tool_type": "mcp"}, "configuration"),
        ({"tool_type": "lambda", "configuration": {"credentials": KEYS}},
         "configuration.aws_region"),
        ({"tool_type": "lambda", "configuration": "x"}, "configuration"),
        ({"tool_type": "endpoint", "configuration": {}}, "tool_type"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_at_its_field(api_as, body, field):
    assert field in api_as("admin").wrong("POST", PATH, body)
