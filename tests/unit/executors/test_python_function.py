"""Python tools: what they are given, what they answer, how each failure is told, and their way out.

The sandbox is the real one; the other side is a server of the test, reached through the door.
"""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from tests.security.outbound.servers import RawServer
from tools_library.engine import engine
from tools_library.engine.deadline import Deadline, SystemClock
from tools_library.engine.errors import (
    ToolCodeError,
    ToolCodeRejected,
    ToolConfigurationError,
    ToolError,
    ToolKilled,
    ToolSandboxUnavailable,
    ToolTimeout,
)
from tools_library.engine.registry import executor_for
from tools_library.engine.secrets import FixedSecrets
from tools_library.engine.types import Network, ToolCall, ToolResult, ToolSpec
from tools_library.executors.python_function import executor, http
from tools_library.executors.python_function.config import PythonFunctionConfig
from tools_library.sandbox.types import Finished

CANARY = "s3cr3t-canary-value"


def tool(code: str, **configuration: Any) -> ToolSpec:
    shape = {"type": "python_function", "code": code, "allowed_imports": ["requests", "json"]}
    return ToolSpec("tool", "python_function", {**shape, **configuration}, {}, "write", 0)


def run(
    spec: ToolSpec,
    arguments: dict[str, Any] | None = None,
    *,
    network: Network | None = None,
    seconds: float = 15.0,
) -> ToolResult:
    secrets = FixedSecrets({"API_KEY": CANARY, "OTHER": "other-value"})
    context = {"phone_number": "+12025550143"}
    call = ToolCall("e-1", arguments or {}, context, seconds, secrets, network or Network())
    return executor_for("python_function").execute(
        spec, call, Deadline.after(seconds, SystemClock())
    )


def lines(code: str) -> str:
    body = "\n".join(f"    {line}" for line in code.strip().splitlines())
    return f"import requests\n\ndef execute_tool(parameters, context):\n{body}\n"


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


def test_the_specifications_configuration_is_taken_as_it_stands() -> None:
    config = PythonFunctionConfig.model_validate(
        json.loads("""{
          "type": "python_function",
          "code": "def execute_tool(parameters, context):\\n    # User defined code\\n    result = parameters.get('query', 'default')\\n    return {'message': f'Processed: {result}', 'success': True}",
          "allowed_imports": ["datetime", "json", "requests", "math"],
          "execution_timeout": 10,
          "memory_limit_mb": 128,
          "environment_variables": ["DATABASE_URL", "API_KEY"]
        }""")  # noqa: E501 - as the specification has it
    )
    assert config.problems() == {}
    assert config.secret_names == {
        "environment_variables.0": "DATABASE_URL",
        "environment_variables.1": "API_KEY",
    }


@pytest.mark.parametrize(
    ("field", "value", "word"),
    [
        ("memory_limit_mb", 15, "16"),
        ("memory_limit_mb", 513, "512"),
        ("execution_timeout", 0, "greater"),
        ("allowed_imports", ["os"], "os cannot be imported"),
        ("allowed_hosts", ["http://example.com"], ""),
        ("code", "x" * 70_000, "64 KB"),
        ("surprise", 1, ""),
    ],
)
def test_a_wrong_configuration_names_its_field(field: str, value: Any, word: str) -> None:
    good = {"type": "python_function", "code": "x"}
    with pytest.raises(ValidationError) as caught:
        PythonFunctionConfig.model_validate({**good, field: value})
    (error,) = caught.value.errors()
    assert error["loc"][0] == field
    assert word in error["msg"]


def test_code_is_judged_with_line_and_column_without_running() -> None:
    code = "import os\n\ndef execute_tool(parameters, context):\n    return open('x')\n"
    config = PythonFunctionConfig(code=code + "\nwhile True:\n    pass\n")
    found = config.problems()["code"].splitlines()
    assert found[0].startswith("Line 1, column 1: os cannot be imported")
    assert found[1].startswith("Line 4, column 12: open is not available")
    assert config.model_copy(update={"code": "def f(:"}).problems()["code"].startswith("Line 1")


def test_code_gets_arguments_context_and_only_the_named_credentials() -> None:
    code = lines(
        "return {'data': [parameters, context['phone_number'], context['environment_variables']]}"
    )
    output = run(tool(code, environment_variables=["API_KEY"]), {"a": [1]}).output
    assert output["data"]["data"] == [{"a": [1]}, "+12025550143", {"API_KEY": CANARY}]


def test_a_missing_credential_is_named() -> None:
    with pytest.raises(ToolConfigurationError, match="NOT_THERE"):
        run(tool(lines("return 1"), environment_variables=["NOT_THERE"]))


@pytest.mark.parametrize(
    ("returned", "output"),
    [
        ({"success": True, "message": "m"}, {"success": True, "message": "m"}),
        (
            {"success": False, "message": "m", "data": 1},
            {"success": False, "message": "m", "data": 1},
        ),
        ("done", {"success": True, "message": "done"}),
        (None, {"success": True, "message": ""}),
        ([1, 2], {"success": True, "message": "", "data": [1, 2]}),
        ({"rows": 3}, {"success": True, "message": "", "data": {"rows": 3}}),
        ({"message": "hi"}, {"success": True, "message": "hi"}),
        (
            {"success": True, "price": 3},
            {"success": True, "message": "", "data": {"price": 3}},
        ),
        ({"success": "yes"}, {"success": True, "message": "", "data": {"success": "yes"}}),
    ],
)
def test_answers_become_success_message_and_data(returned: Any, output: dict[str, Any]) -> None:
    assert executor.to_output(returned) == output


def test_the_trace_tells_what_was_printed_and_used() -> None:
    code = lines(
        "print('checking', context['environment_variables']['API_KEY'])\nreturn sum(range(300_000))"
    )
    result = run(tool(code, environment_variables=["API_KEY"]))
    assert result.trace is not None
    assert result.trace["stdout"] == "checking •••\n"
    usage = result.trace["usage"]
    assert usage["cpu_ms"] > 0
    assert usage["peak_memory_kb"] > 0
    assert usage["duration_ms"] > 0


def test_an_error_has_its_own_line_and_no_secret() -> None:
    code = lines("key = context['environment_variables']['API_KEY']\nraise ValueError('no ' + key)")
    with pytest.raises(ToolCodeError) as caught:
        run(tool(code, environment_variables=["API_KEY"]))
    error = caught.value
    assert error.public_message == "The tool's code failed in line 5: ValueError: no •••"
    assert error.trace["error"] == {"message": "ValueError: no •••", "line": 5}
    assert (error.code, error.retryable) == ("code_error", False)
    assert CANARY not in repr(error.trace) + error.detail


def test_code_that_may_not_run_is_rejected_with_its_line() -> None:
    with pytest.raises(ToolCodeRejected, match="line 2: subprocess cannot be imported") as caught:
        run(tool("\nimport subprocess\ndef execute_tool(p, c): pass"))
    assert caught.value.code == "code_rejected"


def test_time_is_the_smaller_of_the_tools_and_what_is_left() -> None:
    endless = lines("while True: pass")
    began = SystemClock().monotonic()
    with pytest.raises(ToolTimeout):
        run(tool(endless, execution_timeout=0.5))
    with pytest.raises(ToolTimeout):
        run(tool(endless, execution_timeout=60), seconds=0.5)
    assert SystemClock().monotonic() - began < 8


@pytest.mark.parametrize(
    ("outcome", "kind", "code"),
    [("killed", ToolKilled, "killed"),
     ("unavailable", ToolSandboxUnavailable, "sandbox_unavailable")],
)  # fmt: skip
def test_other_ends_have_their_codes(
    monkeypatch: pytest.MonkeyPatch, outcome: Any, kind: type[ToolError], code: str
) -> None:
    class Box:
        def run(self, job: Any, **_: Any) -> Finished:
            return Finished(outcome, error_message="why")

    monkeypatch.setattr(executor, "sandbox", Box)
    with pytest.raises(kind) as caught:
        run(tool(lines("return 1")))
    assert (caught.value.code, caught.value.detail) == (code, "why")


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
    server = RawServer(lambda self, connection: self.ended.wait(20))
    settings.OUTBOUND_ALLOW = [f"127.0.0.1:{server.port}"]
    code = lines(
        f"try:\n    requests.get('http://127.0.0.1:{server.port}/', timeout=0.3)\n"
        "except requests.Timeout:\n    return 'slow'"
    )
    try:
        assert run(tool(code)).output["message"] == "slow"
    finally:
        server.stop()


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


def test_a_run_of_the_engine_ends_in_the_contracts_words() -> None:
    spec = tool(lines("return {'success': False, 'message': 'sold out'}"))
    call = ToolCall("e-1", {}, {}, 10.0)
    outcome = engine.run(spec, call, executor_for("python_function"), SystemClock())
    assert (outcome.status, outcome.error_code) == ("error", "")
    assert outcome.output == {"success": False, "message": "sold out"}
    broken = tool(lines("return 1 / 0"))
    outcome = engine.run(broken, call, executor_for("python_function"), SystemClock())
    assert (outcome.status, outcome.error_code) == ("error", "code_error")


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
