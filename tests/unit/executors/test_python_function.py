"""Python tools: what they are given, what they answer, how each failure is told.

The sandbox is the real one.
"""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from tests.unit.executors.python_tools import CANARY, lines, run, tool
from tools_library.engine import engine
from tools_library.engine.deadline import SystemClock
from tools_library.engine.errors import (
    ToolCodeError,
    ToolCodeRejected,
    ToolConfigurationError,
    ToolError,
    ToolKilled,
    ToolResponseError,
    ToolSandboxUnavailable,
    ToolTimeout,
)
from tools_library.engine.registry import executor_for
from tools_library.engine.types import ToolCall
from tools_library.executors.python_function import executor
from tools_library.executors.python_function.config import PythonFunctionConfig
from tools_library.sandbox import limits
from tools_library.sandbox.types import Finished


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
        ({"success": "error", "message": "m"}, {"success": False, "message": "m"}),
        ({"success": 1, "message": 5}, {"success": True, "message": "5"}),
        ({"success": True, "message": ["a"]}, {"success": True, "message": '["a"]'}),
        ({"success": True, "message": None}, {"success": True, "message": ""}),
    ],
)
def test_answers_become_success_message_and_data(returned: Any, output: dict[str, Any]) -> None:
    assert executor.to_output(returned) == output


@pytest.mark.parametrize("success", ["no", "yes", 2, None, [], {"a": "b" * 500}])
def test_an_answer_that_says_neither_yes_nor_no_is_not_taken_for_a_success(success: Any) -> None:
    with pytest.raises(ToolResponseError) as caught:
        executor.to_output({"success": success, "message": "sold out"})
    assert caught.value.code == "bad_response"
    assert caught.value.public_message == "The tool's code does not say whether it worked."
    assert caught.value.detail.startswith("success must be True or False; the code answered ")
    assert len(caught.value.detail) < 300


def test_an_answer_that_cannot_be_used_keeps_its_trace_and_no_secret() -> None:
    code = lines(
        "print('here')\nreturn {'success': 'x' * 195 + context['environment_variables']['API_KEY']}"
    )
    with pytest.raises(ToolResponseError) as caught:
        run(tool(code, environment_variables=["API_KEY"]))
    assert caught.value.trace["stdout"] == "here\n"
    assert CANARY[:3] not in caught.value.detail


# What is left at a cut must not be half a secret: it is masked before anything is cut.
def test_a_secret_that_reaches_over_the_cut_of_an_error_is_masked() -> None:
    for before in range(470, 500, 6):
        code = lines(
            f"raise ValueError('e' * {before} + context['environment_variables']['API_KEY'])"
        )
        with pytest.raises(ToolCodeError) as caught:
            run(tool(code, environment_variables=["API_KEY"]))
        told = repr((caught.value.public_message, caught.value.detail, caught.value.trace))
        assert CANARY[:2] not in told
        assert "e" * 400 in caught.value.public_message
        assert len(caught.value.public_message) < 600


def test_a_secret_that_reaches_over_the_cut_of_the_output_is_masked() -> None:
    for before, times in ((limits.STDOUT_BYTES - 5, 1), (0, 20_000)):
        code = lines(
            f"print('e' * {before}, end='')\n"
            f"for _ in range({times}):\n"
            "    print(context['environment_variables']['API_KEY'])\n"
            "print('f' * 100)"
        )
        result = run(tool(code, environment_variables=["API_KEY"]))
        assert result.trace is not None
        stdout = result.trace["stdout"]
        assert stdout.endswith("(the rest of the output was cut)") is (times > 1 or before > 0)
        assert CANARY[:2] not in stdout
        assert len(stdout) < limits.STDOUT_BYTES + 50


def test_a_secret_with_control_characters_is_masked_before_they_are_cleaned_away() -> None:
    secrets = {"API_KEY": "line one\r\n\tline two"}
    code = lines("raise ValueError(context['environment_variables']['API_KEY'])")
    with pytest.raises(ToolCodeError) as caught:
        run(tool(code, environment_variables=["API_KEY"]), secrets=secrets)
    assert caught.value.public_message.endswith("ValueError: •••")


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
    assert SystemClock().monotonic() - began < 50


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


def test_a_run_of_the_engine_ends_in_the_contracts_words() -> None:
    spec = tool(lines("return {'success': False, 'message': 'sold out'}"))
    call = ToolCall("e-1", {}, {}, 10.0)
    outcome = engine.run(spec, call, executor_for("python_function"), SystemClock())
    assert (outcome.status, outcome.error_code) == ("error", "")
    assert outcome.output == {"success": False, "message": "sold out"}
    broken = tool(lines("return 1 / 0"))
    outcome = engine.run(broken, call, executor_for("python_function"), SystemClock())
    assert (outcome.status, outcome.error_code) == ("error", "code_error")
