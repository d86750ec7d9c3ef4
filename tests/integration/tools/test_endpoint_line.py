"""Endpoint tools against real servers: proofs, envelopes, redirects, slow and broken answers."""

import asyncio
import gzip
import json

import pytest

from tests.integration.demo.model import ask
from tests.security.outbound.servers import RawServer, dripping, ok, redirect, routed
from tools_library.engine.deadline import SystemClock
from tools_library.engine.engine import run
from tools_library.engine.secrets import FixedSecrets
from tools_library.engine.types import Network, ToolCall, ToolSpec
from tools_library.executors.endpoint.executor import EndpointExecutor
from voiceassist.demo.stand_ins import StandInServer
from voiceassist.demo.stand_ins.tool_checks import CLIENT, SIGNING_SECRET

CREDENTIALS = {
    "CLIENT_ID": CLIENT[0], "CLIENT_SECRET": CLIENT[1], "SIGNING": SIGNING_SECRET,
    "WRONG": "wrong-secret-1",
}  # fmt: skip
OAUTH = {"type": "oauth2", "client_id_field": "CLIENT_ID", "client_secret_field": "CLIENT_SECRET"}
FINE = ok(b'{"success": true, "message": "fine"}', b"Content-Type: application/json")


@pytest.fixture
async def stand_ins():
    async with StandInServer() as server:
        yield server


@pytest.fixture
def tool(stand_ins, settings):
    """Run a tool that calls the stand-in tool server."""
    settings.OUTBOUND_ALLOW = [f"127.0.0.1:{stand_ins.port}"]

    async def call(path, arguments=None, **more):
        return await asyncio.to_thread(run_tool, f"{stand_ins.url}/tools/{path}", arguments, **more)

    return call


@pytest.fixture
def raw(settings):
    """Start raw servers that the door lets be called."""
    servers = []

    def start(handle):
        servers.append(RawServer(handle))
        settings.OUTBOUND_ALLOW = [f"127.0.0.1:{each.port}" for each in servers]
        return servers[-1], f"http://127.0.0.1:{servers[-1].port}"

    yield start
    for server in servers:
        server.stop()


def run_tool(
    url, arguments=None, retries=0, seconds=60.0, organization=1, network=None, side_effect="",
    **configuration,
):  # fmt: skip
    properties = {name: {} for name in arguments or {}}
    schema = {"type": "object", "properties": properties}
    stored = {"url": url, **configuration}
    side_effect = side_effect or ("idempotent" if retries else "write")
    spec = ToolSpec("t", "endpoint", stored, schema, side_effect, retries)
    call = ToolCall(
        "run-1", arguments or {}, {"organization_id": organization}, seconds,
        FixedSecrets(CREDENTIALS), network or Network(),
    )  # fmt: skip
    return run(spec, call, EndpointExecutor(), SystemClock())


@pytest.mark.parametrize("way", ["header", "form"])
async def test_a_token_is_bought_kept_and_bought_anew_once_it_is_refused(stand_ins, tool, way):
    login = {**OAUTH, "token_url": f"{stand_ins.url}/tools/token", "client_authentication": way}

    async def paths():
        _, got = await asyncio.to_thread(ask, f"{stand_ins.url}/tools/_log", "GET", None)
        return [f"{each['method']} {each['path']}" for each in got["requests"]]

    for _ in range(2):
        outcome = await tool("secured", authentication=login, organization=way)
        assert (outcome.status, outcome.public_message) == ("success", "")
    used = ["POST /tools/token", "POST /tools/secured", "POST /tools/secured"]
    assert await paths() == used

    await asyncio.to_thread(ask, f"{stand_ins.url}/tools/token", "DELETE", None)
    outcome = await tool("secured", authentication=login, organization=way)
    assert outcome.status == "success" and "new one" in outcome.trace["warnings"][0]
    again = ["DELETE /tools/token", "POST /tools/secured", "POST /tools/token"]
    assert await paths() == [*used, *again, "POST /tools/secured"]
    assert "demo-token" not in repr(outcome) + json.dumps(outcome.trace)
    assert CLIENT[1] not in repr(outcome) + json.dumps(outcome.trace)


async def test_a_refused_client_is_told_to_staff(stand_ins, tool):
    login = {**OAUTH, "client_secret_field": "WRONG", "token_url": f"{stand_ins.url}/tools/token"}
    outcome = await tool("secured", authentication=login)
    assert outcome.error_code == "bad_status" and "credentials" in outcome.public_message
    assert "invalid_client" in outcome.detail and len(stand_ins.app.tools.log) == 1


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
async def test_a_signature_is_accepted(tool, algorithm):
    signing = {"type": "hmac", "secret_field": "SIGNING", "algorithm": algorithm}
    assert (await tool("signed", {"a": "ü"}, authentication=signing)).status == "success"
    signing["secret_field"] = "WRONG"
    outcome = await tool("signed", {"a": "ü"}, authentication=signing)
    assert outcome.error_code == "bad_status" and "401" in outcome.public_message


async def test_a_service_that_asks_for_a_second_gets_it(tool):
    outcome = await tool("throttled?key=a&after=1", {"a": 1}, retries=2)
    assert outcome.status == "success" and outcome.retry_count == 1
    assert outcome.duration_ms >= 1_000
    outcome = await tool("throttled?key=b&after=600", {"a": 1}, retries=2)
    assert outcome.error_code == "bad_status" and outcome.retry_count == 0


async def test_a_tool_server_for_vapi_works_unchanged(tool):
    key = {"type": "api_key", "token_field": "SIGNING", "header_name": "X-Vapi-Secret"}
    outcome = await tool("vapi", {"city": "Oslo"}, envelope="vapi", authentication=key)
    assert outcome.output == {"success": True, "message": "t is done."}
    assert not outcome.trace["warnings"] and SIGNING_SECRET not in json.dumps(outcome.trace)


async def test_compressed_answers_are_read_and_redirects_only_where_wanted(tool):
    assert (await tool("zipped")).output["message"] == "Unzipped."
    outcome = await tool("status/307")
    assert outcome.error_code == "bad_status" and "elsewhere" in outcome.public_message
    outcome = await tool("status/307", {"a": "b"}, follow_redirects=True)
    assert outcome.status == "success" and outcome.trace["response"]["url"].endswith("/echo")


def test_a_redirect_takes_no_credential_to_another_origin(raw):
    other, there = raw(routed(other=FINE))
    first, here = raw(routed(other=redirect(f"{there}/landed", 307)))
    bearer = {"type": "bearer", "token_field": "SIGNING"}
    outcome = run_tool(here, {"a": "b"}, method="GET", authentication=bearer, follow_redirects=True)
    assert outcome.status == "success"
    assert SIGNING_SECRET.encode() in first.requests[0]
    assert SIGNING_SECRET.encode() not in other.requests[0]
    body = {"a": "${SIGNING}"}
    outcome = run_tool(here, request_body_template=body, follow_redirects=True)
    assert outcome.error_code == "refused" and there in outcome.detail
    assert len(first.requests) == 2 and len(other.requests) == 1


def test_the_organizations_hosts_are_asked(raw):
    server, url = raw(routed(other=FINE))
    network = Network(deny=frozenset({"127.0.0.1"}))
    outcome = run_tool(url, network=network)
    assert outcome.error_code == "refused" and "denies" in outcome.detail
    assert server.requests == []


def test_no_token_is_bought_at_a_denied_host(raw):
    seller, there = raw(routed(other=FINE))
    server, url = raw(routed(other=FINE))
    login = {**OAUTH, "token_url": f"{there}/token"}
    network = Network(deny=frozenset({f"127.0.0.1:{seller.port}"}))
    outcome = run_tool(url, authentication=login, network=network)
    assert outcome.error_code == "refused" and not server.requests + seller.requests


def test_attempts_are_the_same_request_within_one_deadline(raw):
    answers = [b"HTTP/1.1 503 Away\r\nContent-Length: 0\r\n\r\n"] * 2 + [FINE]

    def handle(server, connection):
        while server.read_request(connection):
            connection.sendall(answers.pop(0))

    server, url = raw(handle)
    outcome = run_tool(url, {"a": 1}, retries=3)
    assert (outcome.status, outcome.retry_count) == ("success", 2)
    assert (
        len(set(server.requests)) == 1 and b"idempotency-key: run-1" in server.requests[0].lower()
    )


def test_a_lost_connection_is_tried_again_for_what_may_be_repeated(raw):
    def handle(server, connection):
        if server.read_request(connection) and len(server.requests) > 1:
            connection.sendall(FINE)

    _, url = raw(handle)
    assert run_tool(url, retries=1).retry_count == 1
    server, url = raw(handle)  # no connection to it is kept that could be closed in between
    outcome = run_tool(url)
    assert outcome.error_code == "connection_failed" and len(server.requests) == 1
    assert outcome.trace["answer_lost"] is True


@pytest.mark.parametrize(
    ("side_effect", "status", "asked"),
    [("read", "success", 3), ("idempotent", "error", 2), ("write", "error", 2)],
)
def test_a_kept_connection_that_was_just_closed_costs_a_read_nothing(
    raw, side_effect, status, asked
):
    def handle(server, connection):
        server.read_request(connection)
        connection.sendall(FINE)
        server.read_request(connection)

    server, url = raw(handle)
    assert run_tool(url, side_effect="write").status == "success"
    outcome = run_tool(url, side_effect=side_effect)
    assert (outcome.status, len(server.requests), outcome.retry_count) == (status, asked, 0)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (ok(b"<html>", b"Content-Type: text/html"), "bad_response"),
        (b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", "bad_status"),
        (b"", "connection_failed"),
    ],
)
def test_without_a_token_nothing_was_sent_to_the_tool(raw, answer, code):
    def handle(server, connection):
        server.read_request(connection)
        connection.sendall(answer)

    _, there = raw(handle)
    server, url = raw(routed(other=FINE))
    outcome = run_tool(url, authentication={**OAUTH, "token_url": f"{there}/token"})
    assert outcome.error_code == code and server.requests == []
    assert outcome.trace["nothing_sent"] is True and "answer_lost" not in outcome.trace


def test_an_answer_that_drips_ends_at_the_deadline(raw):
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
    _, url = raw(dripping(head, b"x"))
    outcome = run_tool(url, seconds=0.6, retries=3)
    assert (outcome.status, outcome.error_code) == ("timeout", "timeout")
    assert outcome.duration_ms < 45_000


BAD = {
    "empty and broken JSON": ok(b"{", b"Content-Type: application/json"),
    "a page": ok(b"<!doctype html><h1>Welcome</h1>", b"Content-Type: text/html"),
    "no UTF-8": ok(b'{"a": "\xff\xfe"}', b"Content-Type: application/json"),
    "an image": ok(b"\x89PNG\r\n\x1a\n\x00\x00", b"Content-Type: image/png"),
    "too deep": ok(b"[" * 5_000 + b"]" * 5_000, b"Content-Type: application/json"),
    "a key twice": ok(b'{"success": true, "success": false}', b"Content-Type: application/json"),
    "too large": ok(b'"' + b"x" * 1_100_000 + b'"', b"Content-Type: application/json"),
    "a bomb": ok(gzip.compress(b" " * 50_000_000), b"Content-Encoding: gzip"),
    "no yes or no": ok(b'{"success": "perhaps"}', b"Content-Type: application/json"),
    "half a number": ok(b'{"a": 1' + b"0" * 5_000 + b"}", b"Content-Type: application/json"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_cannot_be_used_is_a_bad_response(raw, what):
    _, url = raw(routed(other=BAD[what]))
    outcome = run_tool(url)
    assert outcome.error_code == "bad_response" and outcome.output["success"] is False
    assert len(outcome.detail) < 400 and outcome.public_message
    json.dumps(outcome.trace, allow_nan=False).encode()


@pytest.mark.parametrize(
    ("answer", "output"),
    [
        (ok(b""), {"success": True, "message": ""}),
        (b"HTTP/1.1 204 Nothing\r\n\r\n", {"success": True, "message": ""}),
        (ok(b"Fine.", b"Content-Type: application/json; nonsense"), None),
        (ok(b"Fine.", b"Content-Type: text/html"), {"success": True, "message": "Fine."}),
        (ok(b'{"message": "a\\u0000b\\ud800", "data": NaN}', b"Content-Type: text/plain"),
         {"success": True, "message": "ab\ufffd", "data": None}),
    ],
)  # fmt: skip
def test_odd_answers(raw, answer, output):
    _, url = raw(routed(other=answer))
    outcome = run_tool(url)
    assert outcome.output == output if output else outcome.error_code == "bad_response"
