"""`requests` inside a Python tool: through the door, bounded, told to staff without secrets.

The sandbox is the real one; the other side is a server of the test.
"""

import json
from typing import Any

import pytest

from tests.security.outbound.servers import RawServer
from tests.unit.executors.python_tools import CANARY, lines, run, tool
from tools_library.engine.deadline import Deadline, SystemClock
from tools_library.engine.errors import ToolCodeError, ToolTimeout
from tools_library.engine.secrets import FixedSecrets
from tools_library.engine.types import Network
from tools_library.executors.python_function import http


@pytest.fixture
def answer(settings):
    """Start a server with one answer for all; returns its address and what it was asked."""
    servers = []

    def start(body: bytes = b"{}", status: str = "200 OK", headers: str = "") -> RawServer:
        def handle(server: RawServer, connection: Any) -> None:
            while server.read_request(connection):
                head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
                connection.sendall(head.encode() + body)

        servers.append(RawServer(handle))
        settings.OUTBOUND_ALLOW = [f"127.0.0.1:{server.port}" for server in servers]
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


def test_requests_go_through_the_door_and_into_the_trace(answer) -> None:
    server = answer(b'{"items": [1]}', headers="X-Page: 2\r\nSet-Cookie: a=b\r\n")
    code = lines(
        f"r = requests.post('http://127.0.0.1:{server.port}/a', params={{'q': 'ñ x'}}, "
        "json={'b': 1}, headers={'X-Key': context['environment_variables']['API_KEY'], "
        "'Host': 'evil.example.com', 'X-Forwarded-For': '127.0.0.1', 'Proxy-Connection': 'x'}, "
        "auth=('ann', 'pw'), cookies={'c': 'd'})\n"
        "return [r.status_code, r.ok, r.json(), r.headers['x-page'], r.reason, r.url, "
        "r.elapsed.total_seconds() >= 0]"
    )
    result = run(tool(code, environment_variables=["API_KEY"]))
    url = f"http://127.0.0.1:{server.port}/a?q=%C3%B1+x"
    assert result.output["data"] == [200, True, {"items": [1]}, "2", "OK", url, True]
    sent = server.requests[0].decode().lower()
    assert sent.startswith("post /a?q=%c3%b1+x http/1.1")
    assert f"host: 127.0.0.1:{server.port}" in sent
    assert "authorization: basic yw5uonb3" in sent
    assert "cookie: c=d" in sent
    assert "content-type: application/json" in sent
    assert sent.endswith('{"b": 1}')
    assert not {"evil", "forwarded", "proxy"} & set(sent.replace("-", " ").split())
    (entry,) = result.trace["http"]
    assert entry["request"]["method"] == "POST"
    assert entry["response"]["status"] == 200
    assert CANARY not in json.dumps(result.trace)
    assert "yW5uOnB3" not in json.dumps(result.trace)


def test_an_error_status_is_an_answer(answer) -> None:
    server = answer(b"not here", "404 Not Found")
    code = lines(
        f"r = requests.get('http://127.0.0.1:{server.port}/')\n"
        "try:\n    r.raise_for_status()\n"
        "except requests.HTTPError as e:\n    return [r.text, bool(r), str(e)[:9]]"
    )
    assert run(tool(code)).output["data"] == ["not here", False, "404 Clien"]


def test_redirects_are_followed_unless_told_otherwise(answer) -> None:
    target = answer(b"there")
    there = f"Location: http://127.0.0.1:{target.port}/there\r\n"
    server = answer(b"", "302 Found", there)
    code = lines(
        f"a = requests.get('http://127.0.0.1:{server.port}/', headers={{'X-Key': 'k'}})\n"
        f"b = requests.get('http://127.0.0.1:{server.port}/', allow_redirects=False)\n"
        "return [a.text, a.url, b.status_code]"
    )
    url = f"http://127.0.0.1:{target.port}/there"
    assert run(tool(code)).output["data"] == ["there", url, 302]
    assert b"x-key" not in target.requests[0].lower()


def test_no_credential_in_a_body_is_redirected_to_another_origin(answer) -> None:
    target = answer(b"there")
    server = answer(b"", "307 Elsewhere", f"Location: http://127.0.0.1:{target.port}/\r\n")
    code = lines(
        "key = context['environment_variables']['API_KEY']\n"
        f"try:\n    requests.post('http://127.0.0.1:{server.port}/', json={{'key': key}})\n"
        "except requests.RequestException as e:\n    return [str(e)]"
    )
    result = run(tool(code, environment_variables=["API_KEY"]))
    assert f"127.0.0.1:{target.port}" in result.output["data"][0]
    assert CANARY.encode() in server.requests[0] and not target.requests


def test_redirects_into_the_inside_are_refused(answer) -> None:
    server = answer(b"", "302 Found", "Location: http://169.254.169.254/latest/meta-data/\r\n")
    code = lines(f"return requests.get('http://127.0.0.1:{server.port}/').text")
    with pytest.raises(ToolCodeError, match="ConnectionError"):
        run(tool(code))


def test_a_tools_hosts_bind_and_so_do_the_organizations(answer) -> None:
    server = answer(b"{}")
    port = server.port
    code = lines(f"return requests.get('http://127.0.0.1:{port}/').status_code")
    assert run(tool(code, allowed_hosts=[f"127.0.0.1:{port}"])).output["data"] == 200
    with pytest.raises(ToolCodeError, match="not among the tool's allowed_hosts"):
        run(tool(code, allowed_hosts=["api.example.com"]))
    with pytest.raises(ToolCodeError, match="organization denies"):
        run(
            tool(code, allowed_hosts=[f"127.0.0.1:{port}"]),
            network=Network(deny=frozenset({"127.0.0.1"})),
        )
    with pytest.raises(ToolCodeError, match="your organization allows"):
        run(
            tool(code, allowed_hosts=[f"127.0.0.1:{port}"]),
            network=Network(allow=frozenset({"api.example.com"})),
        )


def test_calls_are_counted_also_those_that_were_refused(answer) -> None:
    server = answer(b"{}")
    code = lines(
        "said = []\n"
        "for number in range(12):\n"
        "    try:\n"
        f"        url = 'http://127.0.0.1:{server.port}/' if number % 2 else 'http://10.0.0.1/'\n"
        "        requests.get(url)\n"
        "    except requests.RequestException as e:\n"
        "        said.append(str(e)[:23])\n"
        "return said"
    )
    result = run(tool(code))
    assert len(result.output["data"]) == 7
    assert result.output["data"][-2:] == ["A run may send 10 reque"] * 2
    assert len(result.trace["http"]) == http.MAX_CALLS == 10
    assert len(server.requests) == 5


def test_answers_are_bounded_in_total(answer) -> None:
    server = answer(b"x" * 2_000_000)
    code = lines(
        "got = 0\n"
        "try:\n"
        "    for number in range(9):\n"
        f"        got += len(requests.get('http://127.0.0.1:{server.port}/').content)\n"
        "except requests.RequestException as e:\n"
        "    return [got, str(e)]"
    )
    got, said = run(tool(code)).output["data"]
    assert got == 4_000_000
    assert "5,000,000 bytes" in said


def test_what_is_sent_is_bounded(answer) -> None:
    server = answer(b"{}")
    code = lines(f"requests.post('http://127.0.0.1:{server.port}/', data=b'x' * 1_000_001)")
    with pytest.raises(ToolCodeError, match="1,000,000 bytes"):
        run(tool(code))
    assert not server.requests


def test_a_slow_service_takes_no_more_than_the_timeout_it_was_given(settings) -> None:
    server = RawServer(lambda self, connection: self.ended.wait(300))
    settings.OUTBOUND_ALLOW = [f"127.0.0.1:{server.port}"]
    code = lines(
        f"try:\n    requests.get('http://127.0.0.1:{server.port}/', timeout=0.3)\n"
        "except requests.Timeout:\n    return 'slow'"
    )
    try:
        assert run(tool(code)).output["message"] == "slow"
    finally:
        server.stop()


def test_nobody_waits_for_an_answer_once_the_code_was_stopped(settings) -> None:
    server = RawServer(lambda self, connection: self.ended.wait(300))
    settings.OUTBOUND_ALLOW = [f"127.0.0.1:{server.port}"]
    code = lines(f"return requests.get('http://127.0.0.1:{server.port}/').text")
    began = SystemClock().monotonic()
    try:
        with pytest.raises(ToolTimeout):
            run(tool(code, execution_timeout=0.5))
    finally:
        server.stop()
    assert SystemClock().monotonic() - began < 100


def test_only_a_fault_on_the_line_may_be_tried_again(settings) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1:9"]
    gone = lines("requests.get('http://127.0.0.1:9/')")
    with pytest.raises(ToolCodeError) as caught:
        run(tool(gone))
    assert caught.value.retryable
    told = lines("raise requests.ConnectionError('made up')")
    with pytest.raises(ToolCodeError) as caught:
        run(tool(told))
    assert not caught.value.retryable
    refused = lines("requests.get('http://10.0.0.1/')")
    with pytest.raises(ToolCodeError) as caught:
        run(tool(refused))
    assert not caught.value.retryable


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"method": "GET"},
        {"method": 1, "url": "http://example.com/"},
        {"method": "GET", "url": "http://example.com/", "headers": [1]},
        {"method": "GET", "url": "http://example.com/", "headers": {"a": 1}},
        {"method": "GET", "url": "http://example.com/", "headers": {}, "body": "***"},
        {"method": "GET", "url": "http://example.com/", "headers": {}, "body": 7},
        {"method": "GE T", "url": "http://example.com/", "headers": {}, "timeout": float("nan")},
        {"method": "GET", "url": "http://example.com/", "headers": {"a": "b\r\nc: d"}},
    ],
)
def test_a_child_that_asks_nonsense_gets_an_error(asked: dict[str, Any]) -> None:
    port = http.ToolRequests(Deadline.after(5, SystemClock()), FixedSecrets())
    assert port(asked)["error"] == "invalid"
