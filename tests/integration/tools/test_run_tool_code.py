"""`manage.py run_tool_code`: a line in, a line out, in the real sandbox and without a database."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
KEYS = ["outcome", "result", "stdout", "error_code", "error_message", "line", "duration_ms"]
EXAMPLE = (
    "def execute_tool(parameters, context):\n"
    "    # User defined code\n"
    "    result = parameters.get('query', 'default')\n"
    "    return {'message': f'Processed: {result}', 'success': True}"
)


def run(*lines: Any, **environment: str) -> list[dict[str, Any]]:
    """Run the command on lines (text as it is, anything else as JSON)."""
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    done = subprocess.run(
        [sys.executable, "manage.py", "run_tool_code"],
        input="\n".join(texts) + "\n",
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "DEMO": "1",
            # Nobody listens there: the command must not want a database.
            "DATABASE_URL": "postgres://nobody:nothing@127.0.0.1:1/none",
            **environment,
        },
    )
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert all(list(answer) == KEYS for answer in answers)
    return answers


def body(*lines: str) -> str:
    return "\n".join(["def execute_tool(parameters, context):", *(f"    {line}" for line in lines)])


def test_each_line_is_answered_in_order() -> None:
    answers = run(
        {"code": EXAMPLE, "parameters": {"query": "x"}},
        {"code": body("return {'success': False, 'message': 'no'}")},
        {"code": body("print('a', 1)", "return context")
         , "context": {"call_sid": "CA1"}, "environment_variables": {"KEY": "v"}},
        {"code": body("x = 1", "return x / 0")},
        {"code": "def execute_tool(:"},
        {"code": "import os\n" + body("return os.listdir('/')"), "allowed_imports": ["os"]},
        {"code": body("while True: pass"), "execution_timeout": 0.3},
        {"code": body("return len('x' * 200_000_000)"), "memory_limit_mb": 32},
    )  # fmt: skip
    outcomes = [answer["outcome"] for answer in answers]
    assert outcomes == [
        *("success", "success", "success", "error", "rejected", "rejected", "timeout", "error")
    ]
    assert answers[0]["result"] == {"message": "Processed: x", "success": True}
    assert answers[1]["result"] == {"success": False, "message": "no"}
    assert answers[2]["result"] == {"call_sid": "CA1", "environment_variables": {"KEY": "v"}}
    assert answers[2]["stdout"] == "a 1\n"
    assert (answers[3]["error_code"], answers[3]["line"]) == ("code_error", 3)
    assert answers[3]["error_message"].startswith("ZeroDivisionError")
    assert (answers[4]["error_code"], answers[4]["line"]) == ("code_rejected", 1)
    assert answers[6]["error_code"] == "timeout"
    assert "within 0.3 s" in answers[6]["error_message"] and answers[6]["duration_ms"] >= 300
    assert answers[7]["error_message"].startswith("MemoryError")


WRONG: list[tuple[Any, str]] = [
    ("not json", "The line is not JSON: Expecting value, column 1."),
    ("[" * 100_000, "The line is not JSON: it is nested too deep"),
    ("9" * 5_000, "The line is not JSON: it is nested too deep, or a number has too many digits."),
    ("[]", "the line: Write one JSON object per line."),
    ({}, "code: This is needed."),
    ({"code": 5}, "code: Write the tool's code as a text."),
    ({"code": EXAMPLE, "allowed_imports": "re"}, "allowed_imports: Write a list of the names"),
    ({"code": EXAMPLE, "memory_limit_mb": "much"}, "memory_limit_mb: Write a whole number"),
    ({"code": EXAMPLE, "execution_timeout": -1}, "execution_timeout: Write seconds"),
    (
        {"code": EXAMPLE, "environment_variables": {"A": 1}},
        "environment_variables.A: Write a JSON object whose values are texts.",
    ),
    ({"code": EXAMPLE, "colour": "red"}, "colour: There is no such field. There are code, "),
]


def test_lines_that_cannot_be_read_are_answered_too() -> None:
    *wrong, right = run(*(line for line, _says in WRONG), {"code": EXAMPLE})
    for answer, (_line, says) in zip(wrong, WRONG, strict=True):
        assert (answer["outcome"], answer["error_code"]) == ("rejected", "invalid_arguments")
        assert answer["error_message"].startswith(says)
    assert right["outcome"] == "success"


class _Hello(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


def test_requests_go_through_the_door() -> None:
    server = HTTPServer(("127.0.0.1", 0), _Hello)
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        port = server.server_port
        tool = {
            "code": "import requests\n"
            + body(f"return requests.get('http://127.0.0.1:{port}/').text"),
            "allowed_imports": ["requests"],
        }
        with ThreadPoolExecutor(2) as pool:
            first = pool.submit(run, tool)
            (allowed,) = run(tool, OUTBOUND_ALLOW=f"127.0.0.1:{port}")
        (refused,) = first.result()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert refused["outcome"] == "error"
    assert "OUTBOUND_ALLOW" in refused["error_message"]
    assert (allowed["outcome"], allowed["result"]) == ("success", "hello")
