"""Credentials in tools of every kind that takes them: used on the line, found nowhere else."""

import json
import os
import re
from base64 import b64encode
from io import StringIO
from urllib.parse import parse_qs, quote, urlsplit
from uuid import uuid4

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from psycopg import sql

from tests.factories.organizations import make_key
from tests.factories.tools import origin, tool_values
from tests.security.outbound.servers import RawServer, ok
from tools_library.executors.mcp.sessions import sessions
from tools_library.services import execution
from tools_library.services.tools import save_tool
from voiceassist.organizations.services import credentials

pytestmark = pytest.mark.django_db(transaction=True)

USER, KEY, BOUGHT = "canary-user-77aa", 'canary/key+"77bb', "canary-bought-77cc"
PAIR, ENCODED = (b64encode(each.encode()).decode() for each in (f"{USER}:{KEY}", KEY))
BOTH = f"{USER} {KEY}"
KNOWN = {
    "basic": f"{BOTH} {PAIR}",
    "oauth2": f"{BOTH} {BOUGHT}",
    "python_function": KEY,
    "mcp": KEY,
}
"""What a service is told beside the two credentials, or instead of them."""

PROOFS = re.compile(rb"(?im)^(?:authorization: (?:basic|bearer) |x-signature: )(.+?)\r$")
JSON = b"Content-Type: application/json"
CODE = """
import requests

def execute_tool(parameters, context):
    key = context["environment_variables"]["SHOP_KEY"]
    print("asking with", key)
    answer = requests.post("{url}/orders", headers={{"X-Key": key}})
    if answer.status_code != 200:
        raise ValueError("no order for " + key + answer.text)
    return {{"success": True, "message": key, "data": answer.json()}}
"""


def endpoint(url, **authentication):
    return {
        "type": "endpoint",
        "method": "POST",
        "url": f"{url}/${{SHOP_USER}}?again=${{SHOP_KEY}}",
        "authentication": authentication,
        "headers": {"X-Shop": "Key ${SHOP_KEY}"},
        "request_body_template": {"all": ["${SHOP_USER}", "${SHOP_KEY}", "${order_id}"]},
    }


def oauth2(url):
    names = {"client_id_field": "SHOP_USER", "client_secret_field": "SHOP_KEY"}
    return endpoint(url, type="oauth2", token_url=f"{url}/token", **names)


def basic(url):
    return endpoint(url, type="basic", username_field="SHOP_USER", password_field="SHOP_KEY")


def python(url):
    return {
        "type": "python_function",
        "code": CODE.format(url=url),
        "allowed_imports": ["requests"],
        "environment_variables": ["SHOP_KEY"],
    }


def aws(url):
    keys = {"access_key_field": "SHOP_USER", "secret_key_field": "SHOP_KEY"}
    return {
        "type": "lambda",
        "function_name": "orders",
        "aws_region": "eu-west-1",
        "credentials": keys,
        "payload_template": {"key": "${SHOP_KEY}"},
    }


def mcp(url):
    bearer = {"type": "bearer", "token_field": "SHOP_KEY"}
    return {"type": "mcp", "url": f"{url}/mcp", "tool": "orders", "authentication": bearer}


def of_type(kind, field, **more):
    return lambda url: endpoint(url, type=kind, **{field: "SHOP_KEY"}, **more)


ENDPOINTS = {
    "none": lambda url: endpoint(url, type="none"),
    "bearer": of_type("bearer", "token_field"),
    "api_key": of_type("api_key", "token_field", query_name="key"),
    "basic": basic,
    "oauth2": oauth2,
    "hmac": of_type("hmac", "secret_field"),
}
KINDS = {**ENDPOINTS, "python_function": python, "lambda": aws, "mcp": mcp}


def answer(request, said, succeeds):
    """Return what a service says that repeats what it was told, as the request's kind expects."""
    path, body = request.split(b" ", 2)[1], request.partition(b"\r\n\r\n")[2]
    if path == b"/token":
        return ok(json.dumps({"access_token": BOUGHT, "expires_in": 600}).encode(), JSON)
    if path == b"/mcp":
        return rpc(json.loads(body), said, succeeds)
    heard = f"{said} {ENCODED} " + request.decode("latin-1")
    told = json.dumps({"success": succeeds, "message": heard[:3_000], "data": {said: [KEY]}})
    if path.startswith(b"/2015-03-31/"):
        log = b64encode(f"{said}\nREPORT RequestId: 1\n".encode())
        fault = b"" if succeeds else b"\r\nX-Amz-Function-Error: Unhandled"
        failed = json.dumps({"errorMessage": heard, "errorType": KEY, "stackTrace": [KEY]})
        return ok((told if succeeds else failed).encode(), b"X-Amz-Log-Result: " + log + fault)
    whole = ok(told.encode(), JSON)
    return whole if succeeds else whole.replace(b"200 OK", b"422 No", 1)


def rpc(asked, said, succeeds):
    if "id" not in asked:
        return b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
    result = {"protocolVersion": "2025-06-18", "capabilities": {}}
    if asked["method"] == "tools/call":
        result = {"content": [{"type": "text", "text": said}], "isError": not succeeds}
    told = {"jsonrpc": "2.0", "id": asked["id"], "result": result}
    return ok(json.dumps(told).encode(), JSON)


@pytest.fixture
def service(settings):
    """A server that repeats what it was told, and says no once `succeeds` is false."""

    def handle(server, line):
        while request := server.read_request(line):
            line.sendall(answer(request, server.said, server.succeeds))

    sessions.__init__()
    settings.JOBS_RUNNER = "in_process"
    server = RawServer(handle)
    server.said, server.succeeds = BOTH, True
    settings.AWS_ENDPOINT_URL = server.url = f"http://127.0.0.1:{server.port}"
    settings.OUTBOUND_ALLOW = [f"127.0.0.1:{server.port}"]
    yield server
    server.stop()


def save(organization, configuration):
    credentials.create(organization, "SHOP_USER", USER)
    credentials.create(organization, "SHOP_KEY", KEY)
    values = tool_values(tool_type=configuration["type"], configuration=configuration)
    return save_tool(organization, values, by=None)


def run(tool, organization):
    return execution.run_and_wait(tool, {"order_id": "7"}, origin(organization))


def found(organization, tool, caplog):
    """Return all that can be read afterwards: tables, log lines, the logs' route, the audit."""
    texts = [caplog.text]
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')
            texts.append(repr(cursor.fetchall()))
    headers = {"Authorization": f"Bearer {make_key(organization, 'owner')[1]}"}
    logs = Client().get(f"/api/organization/tools/{tool.pk}/logs", headers=headers)
    assert logs.status_code == 200 and len(logs.json()["results"]) == 2
    audit = StringIO()
    call_command("export_audit", "--organization", organization.slug, stdout=audit)
    assert "SHOP_KEY" in audit.getvalue()
    return "\n".join([*texts, logs.content.decode(), audit.getvalue()])


def assert_clean(everything, rows, proofs=()):
    """Assert that no secret, and nothing made of one, is in a text that has the runs."""
    assert all(str(row.execution_id) in everything for row in rows) and "SHOP_KEY" in everything
    for secret in ("canary", PAIR, ENCODED, *proofs):
        at = everything.find(secret)
        assert at < 0, everything[max(0, at - 300) : at + 100]


@pytest.mark.embedded
@pytest.mark.parametrize("kind", KINDS)
def test_a_credential_goes_out_and_stays_nowhere(organization, service, caplog, kind):
    caplog.set_level("INFO")
    service.said = KNOWN.get(kind, BOTH)
    tool = save(organization, KINDS[kind](service.url))
    rows = [run(tool, organization)]
    service.succeeds = False
    rows.append(run(tool, organization))

    assert [row.status for row in rows] == ["success", "error"], [row.message for row in rows]
    assert all("•••" in repr((row.message, row.output_result, row.trace)) for row in rows)
    proofs = [each.decode() for text in service.requests for each in PROOFS.findall(text)]
    assert_clean(found(organization, tool, caplog), rows, proofs)
    if kind in ENDPOINTS:
        asked = [text for text in service.requests if not text.startswith(b"POST /token")]
        for text in asked:
            path = text.split(b" ", 2)[1].decode()
            assert path.startswith(f"/{USER}?") and parse_qs(urlsplit(path).query)["again"] == [KEY]
            sent = json.loads(text.partition(b"\r\n\r\n")[2])
            assert sent == {"all": [USER, KEY, "7"]}
    elif kind == "lambda":
        assert all(f"Credential={USER}/".encode() in text for text in service.requests)
    else:
        assert any(KEY.encode() in text for text in service.requests)


@pytest.fixture
def reader(settings):
    """Return the address of the tests' own database for a role whose password is the secret."""
    address = os.environ["DATABASE_URL"]
    parts, role = urlsplit(address), f"reader_{uuid4().hex}"
    settings.OUTBOUND_ALLOW = [f"{parts.hostname}:{parts.port or 5432}"]
    settings.JOBS_RUNNER = "in_process"
    name = sql.Identifier(role)
    with psycopg.connect(address, autocommit=True) as admin:
        admin.execute(sql.SQL("create role {} login password {}").format(name, sql.Literal(KEY)))
        host = f"{parts.hostname}:{parts.port or 5432}{parts.path}"
        yield f"postgresql://{role}:{quote(KEY, safe='')}@{host}"
        admin.execute(sql.SQL("drop role {}").format(name))


def test_a_databases_address_stays_nowhere(organization, reader, caplog):
    caplog.set_level("INFO")
    credentials.create(organization, "SHOP_DSN", reader)
    configuration = {
        "type": "database_query",
        "dsn_credential": "SHOP_DSN",
        # The second run's number is none, and PostgreSQL's own error repeats what it got.
        "query": "select %(key)s::text as key, (case when %(id)s::text = '7' then '1' "
        "else %(key)s::text end)::integer as number",
        "parameters": {"key": "${SHOP_KEY}", "id": "${order_id}"},
    }
    tool = save(organization, configuration)
    rows = [execution.run_and_wait(tool, {"order_id": each}, origin(organization)) for each in "78"]
    assert [row.status for row in rows] == ["success", "error"], [row.message for row in rows]
    assert rows[0].output_result["data"]["rows"] == [{"key": "•••", "number": 1}]
    assert "•••" in repr((rows[1].message, rows[1].trace, rows[1].error_message))
    role = urlsplit(reader).username
    assert_clean(found(organization, tool, caplog), rows, [role])
