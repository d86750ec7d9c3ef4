"""MCP tools against the stand-in server of both kinds of revision, and against servers that lie."""

import asyncio
import json

import pytest

from tests.integration.executors.runs import go, go_async
from tests.security.outbound.servers import RawServer, dripping, ok
from tools_library.engine.errors import ToolError
from tools_library.engine.secrets import FixedSecrets
from tools_library.engine.types import Network
from tools_library.executors.mcp.config import McpServer
from tools_library.executors.mcp.executor import list_tools
from tools_library.executors.mcp.sessions import sessions


@pytest.fixture(autouse=True)
def no_kept_sessions():
    sessions.__init__()


@pytest.fixture
def call(stand_ins):
    async def run(tool, arguments, **more):
        url = f"{stand_ins.url}/mcp"
        return await go_async({"type": "mcp", "url": url, "tool": tool}, arguments, **more)

    return run


@pytest.fixture(params=["json", "stream", "stateless"])
def way(request, stand_ins):
    stand_ins.behave(mcp_streams=request.param == "stream")
    stand_ins.behave(mcp_stateless=request.param == "stateless")
    return request.param


async def test_a_tool_is_called_and_its_text_is_the_message(call, way):
    outcome = await call("opening_hours", {"day": "Saturday"})
    assert outcome.output == {
        "success": True, "message": "On saturday the shop is open from 10 to 16."
    }  # fmt: skip


async def test_structured_content_is_the_data(call, way):
    outcome = await call("find_bicycle", {"purpose": "city"})
    assert outcome.output["data"] == {"name": "Lindgren 3", "price": 890}


async def test_a_tools_own_no_is_told_in_its_words(call, way):
    outcome = await call("find_bicycle", {"purpose": "moon"})
    assert (outcome.status, outcome.error_code) == ("error", "")
    assert "no bicycle for 'moon'" in outcome.public_message


async def test_an_unknown_tool_is_told_to_the_model(call, way):
    outcome = await call("teleport", {})
    assert outcome.error_code == "invalid_arguments"
    assert "Unknown tool: teleport" in outcome.public_message


async def test_one_session_serves_many_runs(call, stand_ins):
    for _ in range(3):
        assert (await call("opening_hours", {"day": "monday"})).status == "success"
    assert len(stand_ins.app.mcp.sessions) == 1
    assert stand_ins.app.mcp.calls == ["opening_hours"] * 3


async def test_a_forgotten_session_is_opened_anew_and_the_tool_runs_once(call, stand_ins):
    await call("opening_hours", {"day": "monday"})
    stand_ins.app.mcp.sessions.clear()
    assert (await call("opening_hours", {"day": "monday"})).status == "success"
    assert len(stand_ins.app.mcp.calls) == 2


async def test_organizations_share_no_session(call, stand_ins):
    await call("opening_hours", {"day": "monday"})
    await call("opening_hours", {"day": "monday"}, context={"organization_id": 8})
    assert len(stand_ins.app.mcp.sessions) == 2


async def test_the_session_id_is_in_no_trace(call, stand_ins):
    outcome = await call("opening_hours", {"day": "monday"})
    (session,) = stand_ins.app.mcp.sessions
    assert session not in json.dumps(outcome.trace)
    again = await call("opening_hours", {"day": "monday"})
    assert session not in json.dumps(again.trace)
    assert outcome.trace["response"]["status"] == 200


async def test_the_tools_of_a_server_are_listed_page_by_page(stand_ins, way):
    server = McpServer(url=f"{stand_ins.url}/mcp")
    found = await asyncio.to_thread(list_tools, server, FixedSecrets(), Network(), 7)
    assert [tool.name for tool in found] == ["opening_hours", "find_bicycle"]
    assert found[0].input_schema["required"] == ["day"]
    assert found[0].reads_only


async def test_an_organizations_own_rules_hold(stand_ins):
    server = McpServer(url=f"{stand_ins.url}/mcp")
    denied = Network(deny=frozenset({"127.0.0.1"}))
    with pytest.raises(ToolError, match="may not be called"):
        await asyncio.to_thread(list_tools, server, FixedSecrets(), denied, 7)


async def test_what_is_no_mcp_server(stand_ins):
    outcome = await go_async({"type": "mcp", "url": f"{stand_ins.url}/nothing", "tool": "x"})
    assert outcome.error_code == "bad_status"
    assert "There is no MCP server" in outcome.public_message


def test_private_addresses_are_refused(settings):
    settings.OUTBOUND_ALLOW = []
    outcome = go({"type": "mcp", "url": "http://169.254.169.254/mcp", "tool": "x"})
    assert outcome.error_code == "refused"


def scripted(*answers):
    """Return a handler that gives these answers in order, over any number of connections."""
    left = list(answers)

    def handle(server, connection):
        while True:
            request = server.read_request(connection)
            if not request:
                return
            body = json.loads(request.partition(b"\r\n\r\n")[2])
            answer = left.pop(0) if left else ok(b"{}")
            connection.sendall(answer(body) if callable(answer) else answer)

    return handle


def rpc(**told):
    def answer(body):
        message = json.dumps({"jsonrpc": "2.0", "id": body.get("id"), **told}).encode()
        return ok(message, b"Content-Type: application/json")

    return answer


HELLO = rpc(result={"protocolVersion": "2025-06-18", "capabilities": {}})
ACCEPTED = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
JSON = b"Content-Type: application/json"
STREAM = b"Content-Type: text/event-stream"


def run_against(settings, handler, *, secrets=None, seconds=30.0, side_effect="read", **more):
    server = RawServer(handler)
    settings.OUTBOUND_ALLOW = [f"127.0.0.1:{server.port}"]
    url = f"http://127.0.0.1:{server.port}/mcp"
    try:
        configuration = {"type": "mcp", "url": url, "tool": "x", **more}
        outcome = go(configuration, secrets=secrets, seconds=seconds, side_effect=side_effect)
    finally:
        server.stop()
    return outcome, server


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ([ok(b"hello", b"Content-Type: text/plain")], "bad_response"),
        ([ok(b"{not json", JSON)], "bad_response"),
        ([ok(b"[" * 200_000, JSON)], "bad_response"),
        ([ok(b"x" * 10_000_000, JSON)], "bad_response"),
        ([ok(b"data: {\n\n", STREAM)], "bad_response"),
        ([ok(b"\xff\xfe\x00", JSON)], "bad_response"),
        ([rpc(result={"protocolVersion": "1999-01-01"})], "bad_response"),
        ([rpc(result={"protocolVersion": ["2025-06-18"]})], "bad_response"),
        ([rpc(result=[])], "bad_response"),
        ([rpc(error="no")], "bad_response"),
        ([rpc(error={"code": -32603, "message": {"deep": 1}})], "bad_response"),
        ([rpc(error={"code": [-32601], "message": "no"})], "bad_response"),
        ([ok(b'{"jsonrpc": "2.0", "id": true, "result": {}}', JSON)], "bad_response"),
        ([ok(b'{"jsonrpc": "2.0", "id": 99999999, "result": {}}', JSON)], "bad_response"),
        ([b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n"], "bad_status"),
        ([b"HTTP/1.1 302 Go\r\nLocation: http://example.com/\r\nContent-Length: 0\r\n\r\n"],
         "bad_status"),
        ([HELLO, b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"], "bad_status"),
        ([HELLO, ACCEPTED, rpc(result={})], "bad_response"),
        ([HELLO, ACCEPTED, rpc(result={"content": "text"})], "bad_response"),
        ([HELLO, ACCEPTED, rpc(result={"content": ["text"]})], "bad_response"),
        ([HELLO, ACCEPTED, rpc(result={"resultType": "input_required"})], "bad_response"),
        ([HELLO, ACCEPTED, rpc(error={"code": -32000, "message": "no"})], "bad_response"),
        ([HELLO, ACCEPTED, rpc(result={"content": [{"type": "text", "text": "x" * 1_100_000}]})],
         "bad_response"),
        ([HELLO, ACCEPTED, b"garbage\r\n\r\n"], "connection_failed"),
    ],
)  # fmt: skip
def test_servers_that_lie(settings, answers, code):
    outcome, server = run_against(settings, scripted(*answers))
    assert (outcome.status, outcome.error_code) == ("error", code)
    called = any(b"tools/call" in each for each in server.requests)
    assert bool(outcome.trace.get("nothing_sent")) is not called


@pytest.mark.parametrize(("side_effect", "status"), [("read", "success"), ("write", "error")])
def test_a_kept_connection_that_was_just_closed_costs_a_read_nothing(settings, side_effect, status):
    answers = [HELLO, ACCEPTED]

    def handle(server, connection):
        while request := server.read_request(connection):
            if answers:
                body = json.loads(request.partition(b"\r\n\r\n")[2])
                answer = answers.pop(0)
                connection.sendall(answer(body) if callable(answer) else answer)
            elif server.connections > 1:
                body = json.loads(request.partition(b"\r\n\r\n")[2])
                connection.sendall(rpc(result={"content": []})(body))
            else:
                return

    outcome, server = run_against(settings, handle, side_effect=side_effect)
    assert outcome.status == status and len(server.requests) == (4 if status == "success" else 3)


@pytest.mark.parametrize("code", [-32601, -32020, -32022])
def test_a_server_without_a_handshake_is_asked_without(settings, code):
    refusal = {"code": code, "message": "no"}
    answers = (rpc(error=refusal), rpc(result={"resultType": "complete", "content": []}))
    outcome, server = run_against(settings, scripted(*answers))
    assert outcome.status == "success"
    second = server.requests[1]
    assert b"Mcp-Method: tools/call" in second and b"Mcp-Name: x" in second
    meta = json.loads(second.partition(b"\r\n\r\n")[2])["params"]["_meta"]
    assert meta["io.modelcontextprotocol/protocolVersion"] == "2026-07-28"


def test_an_answer_that_drips_ends_at_the_deadline(settings):
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
    outcome, _ = run_against(settings, dripping(head, b": ping\n\n"), seconds=0.6)
    assert (outcome.status, outcome.error_code) == ("timeout", "timeout")


def streaming(*pieces, kept_open):
    """Return a handler that answers a call with these pieces of a stream, each a chunk."""
    hello = [HELLO, ACCEPTED]
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" + STREAM + b"\r\n\r\n"

    def handle(server, connection):
        while request := server.read_request(connection):
            body = json.loads(request.partition(b"\r\n\r\n")[2])
            if hello:
                answer = hello.pop(0)
                connection.sendall(answer(body) if callable(answer) else answer)
                continue
            told = [piece.replace(b"NUMBER", str(body["id"]).encode()) for piece in pieces]
            chunks = [b"%x\r\n%s\r\n" % (len(piece), piece) for piece in told]
            if not kept_open:
                connection.sendall(head + b"".join(chunks) + b"0\r\n\r\n")
                continue
            for part in (head, *chunks):
                connection.sendall(part)
            server.ended.wait()

    return handle


EVENT = b'data: {"jsonrpc": "2.0", "id": NUMBER, "result": {"content": []}}'


@pytest.mark.parametrize(
    "pieces",
    [
        [EVENT + b"\n\n"],
        [b": ping\n\n", b'data: {"jsonrpc": "2.0", "method": "notifications/progress"}\n\n',
         EVENT + b"\r\n\r\n: more\n\n"],
        [EVENT[:20], EVENT[20:] + b"\r", b"\n\r", b"\n"],
        [b"event: message\nid: 7\n" + EVENT + b"\n", b"\n"],
    ],
    ids=["one", "others before", "in pieces", "fields around"],
)  # fmt: skip
def test_a_stream_that_is_kept_open_keeps_nobody_waiting(settings, pieces):
    handler = streaming(*pieces, kept_open=True)
    outcome, server = run_against(settings, handler, seconds=30.0)
    assert (outcome.status, len(server.requests)) == ("success", 3)


def test_a_stream_that_ends_with_the_answer_leaves_its_connection_for_the_next_run(settings):
    handler = streaming(EVENT + b"\n\n", kept_open=False)
    server = RawServer(handler)
    settings.OUTBOUND_ALLOW = [f"127.0.0.1:{server.port}"]
    tool = {"type": "mcp", "url": f"http://127.0.0.1:{server.port}/mcp", "tool": "x"}
    try:
        assert [go(tool).status for _ in range(2)] == ["success", "success"]
    finally:
        server.stop()
    assert (server.connections, len(server.requests)) == (1, 4)


def test_one_event_in_single_bytes_is_read_once(settings):
    long = EVENT.replace(b"[]", b'[{"type": "text", "text": "%s"}]' % (b"x" * 60_000))
    pieces = [bytes([each]) for each in b": " + b"y" * 3_000 + b"\n\n"]
    handler = streaming(*pieces, long + b"\n\n", kept_open=True)
    outcome, _ = run_against(settings, handler, seconds=60.0)
    assert outcome.output["message"].startswith("xxx")


def test_a_server_that_forgets_at_once_is_not_asked_for_ever(settings):
    gone = b"HTTP/1.1 404 Gone\r\nContent-Length: 0\r\n\r\n"

    def hello(body):
        return HELLO(body).replace(b"\r\n\r\n", b"\r\nMcp-Session-Id: s1\r\n\r\n", 1)

    outcome, server = run_against(settings, scripted(hello, ACCEPTED, gone))
    assert outcome.error_code == "bad_response"
    assert len(server.requests) == 3


def test_a_session_id_with_spaces_is_not_sent(settings):
    def hello(body):
        return HELLO(body).replace(b"\r\n\r\n", b"\r\nMcp-Session-Id: a b\r\n\r\n", 1)

    outcome, _ = run_against(settings, scripted(hello))
    assert "session id" in outcome.public_message


def test_other_content_is_described_without_its_bytes(settings):
    parts = [
        {"type": "image", "data": "AAAA", "mimeType": "image/png"},
        {"type": "resource", "resource": {"uri": "file:///a", "text": "inside", "blob": "AAAA"}},
        {"type": "text", "text": "See."},
    ]
    outcome, _ = run_against(settings, scripted(HELLO, ACCEPTED, rpc(result={"content": parts})))
    assert outcome.output["message"] == "See."
    assert outcome.output["data"]["content"] == [
        {"type": "image", "mimeType": "image/png"},
        {"type": "resource", "uri": "file:///a", "text": "inside"},
    ]


LONG = "canary-" + "7" * 60


@pytest.mark.parametrize(
    "answers",
    [
        [rpc(result={"protocolVersion": "x" * 30 + LONG})],
        [rpc(error={"code": -32000, "message": "x" * 280 + LONG})],
        [HELLO, ACCEPTED, rpc(error={"code": -32000, "message": "x" * 280 + LONG})],
        [HELLO, ACCEPTED, rpc(result={"resultType": "x" * 80 + LONG})],
        [HELLO, ACCEPTED, ok(("x" * 180 + LONG).encode(), JSON)],
    ],
    ids=["version", "handshake", "error", "result", "no JSON"],
)
def test_no_part_of_a_secret_is_told_where_a_text_is_cut(settings, answers):
    login = {"type": "bearer", "token_field": "MCP_TOKEN"}
    outcome, _ = run_against(
        settings, scripted(*answers), authentication=login, secrets={"MCP_TOKEN": LONG}
    )
    assert outcome.status == "error" and "canary" not in repr(outcome)
    assert "xxx" in outcome.detail


def test_headers_and_proof_go_with_every_request(settings):
    answers = (HELLO, ACCEPTED, rpc(result={"content": []}))
    outcome, server = run_against(
        settings,
        scripted(*answers),
        headers={"X-Shop": "${SHOP}"},
        authentication={"type": "bearer", "token_field": "MCP_TOKEN"},
        secrets={"MCP_TOKEN": "token-of-the-server", "SHOP": "juniper"},
    )
    assert outcome.status == "success"
    assert len(server.requests) == 3
    for request in server.requests:
        assert b"Authorization: Bearer token-of-the-server" in request
        assert b"X-Shop: juniper" in request
    assert b"MCP-Protocol-Version: 2025-06-18" in server.requests[2]
    assert "token-of-the-server" not in repr(outcome)
