"""One run: attempts, deadline, faults, and what the model is told."""

import json

import pytest

from tools_library.behaviour import DEFAULT, Behaviour
from tools_library.engine.deadline import Deadline
from tools_library.engine.engine import run
from tools_library.engine.errors import (
    ToolConfigurationError,
    ToolRefused,
    ToolResponseError,
    ToolTimeout,
    ToolTransportError,
)
from tools_library.engine.model_output import NOTE, output_for_model
from tools_library.engine.registry import executor_for, kinds
from tools_library.engine.secrets import FixedSecrets
from tools_library.engine.types import ToolCall, ToolOutcome, ToolResult, ToolSpec

SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}}


class FakeClock:
    """Time that passes only when told."""

    def __init__(self):
        self.now = 100.0
        self.slept = []

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


class Scripted:
    """Answers, or raises, what it was given, in order; each attempt takes `takes` seconds."""

    runs_at = "worker"

    def __init__(self, clock, *script, takes=0.0):
        self.clock, self.script, self.takes = clock, list(script), takes
        self.calls = []

    def execute(self, spec, call, deadline):
        self.calls.append(dict(call.arguments))
        self.clock.now += self.takes
        step = self.script.pop(0)
        if isinstance(step, Exception):
            raise step
        return ToolResult(step)


def go(*script, side_effect="read", retries=2, seconds=10.0, arguments=None, takes=0.0):
    clock = FakeClock()
    executor = Scripted(clock, *script, takes=takes)
    spec = ToolSpec("t", "endpoint", {}, SCHEMA, side_effect, retries)
    call = ToolCall("id", arguments or {}, {}, seconds)
    return run(spec, call, executor, clock), executor, clock


def test_success_keeps_the_output_and_passes_declared_arguments_only():
    outcome, executor, _ = go({"success": True, "message": "ok"}, arguments={"a": 1, "b": 2})
    assert outcome.status == "success" and outcome.output == {"success": True, "message": "ok"}
    assert executor.calls == [{"a": 1}]


def test_a_tool_that_says_no_is_an_error_of_its_own_and_not_tried_again():
    outcome, executor, _ = go({"success": False, "message": "No such order", "data": {"n": 1}})
    assert (outcome.status, outcome.error_code) == ("error", "")
    assert outcome.output == {"success": False, "message": "No such order", "data": {"n": 1}}
    assert outcome.public_message == "No such order" and len(executor.calls) == 1


@pytest.mark.parametrize("side_effect", ["read", "idempotent"])
def test_what_may_be_repeated_is_tried_again_after_a_passing_fault(side_effect):
    outcome, executor, clock = go(
        ToolTransportError("gone"), ToolTransportError("gone"), {"success": True},
        side_effect=side_effect,
    )  # fmt: skip
    assert outcome.status == "success" and outcome.retry_count == 2
    assert len(executor.calls) == 3 and len(clock.slept) == 2
    assert clock.slept[0] < clock.slept[1] * 2


@pytest.mark.parametrize("side_effect", ["write", "irreversible"])
def test_what_changes_things_is_never_tried_again(side_effect):
    outcome, executor, _ = go(
        ToolTransportError("gone"), {"success": True}, side_effect=side_effect, retries=5
    )
    assert outcome.error_code == "connection_failed" and len(executor.calls) == 1


def test_lasting_faults_are_not_tried_again():
    for fault in (ToolRefused("no"), ToolResponseError("404", code="bad_status"), ToolTimeout("x")):
        outcome, executor, _ = go(fault, {"success": True})
        assert len(executor.calls) == 1
        assert outcome.error_code == fault.code


def test_attempts_share_one_deadline():
    outcome, executor, clock = go(
        *[ToolTransportError("gone")] * 9, retries=10, seconds=2.0, takes=0.7
    )
    assert outcome.error_code == "connection_failed"
    assert len(executor.calls) <= 3 and clock.now - 100 <= 2.0 + 0.7


def test_no_time_left_is_a_timeout_without_an_attempt():
    outcome, executor, _ = go({"success": True}, seconds=0.0)
    assert (outcome.status, outcome.error_code) == ("timeout", "timeout")
    assert executor.calls == []


def test_wrong_arguments_reach_no_executor():
    outcome, executor, _ = go({"success": True}, arguments={"a": "x"})
    assert outcome.error_code == "invalid_arguments" and "`a`" in outcome.public_message
    assert executor.calls == []


def test_a_bug_is_internal_and_keeps_its_secrets(caplog):
    outcome, _, _ = go(ValueError("password=hunter2"))
    assert (outcome.status, outcome.error_code) == ("error", "internal")
    assert "hunter2" not in json.dumps(outcome.output) + outcome.detail


def test_an_output_too_large_to_keep_is_a_bad_response():
    outcome, _, _ = go({"success": True, "data": "x" * 1_100_000})
    assert outcome.error_code == "bad_response"


def run_with(executor, *, secrets=None, behaviour=DEFAULT, context=None, arguments=None):
    spec = ToolSpec("t", "endpoint", {}, SCHEMA, "read", 0, behaviour)
    call = ToolCall("id", arguments or {}, context or {}, 10.0, secrets or FixedSecrets())
    return run(spec, call, executor, executor.clock)


@pytest.mark.parametrize("asked", [0.0, 1.5])
def test_who_asks_for_a_pause_gets_it(asked):
    error = ToolResponseError("429", code="bad_status", retryable=True, retry_after=asked)
    outcome, _, clock = go(error, {"success": True})
    assert outcome.status == "success"
    assert asked <= clock.slept[0] <= asked + 0.1


def test_a_pause_that_outlasts_the_deadline_is_not_begun():
    error = ToolResponseError("429", code="bad_status", retryable=True, retry_after=30)
    outcome, executor, clock = go(error, {"success": True})
    assert outcome.error_code == "bad_status" and clock.slept == [] and len(executor.calls) == 1


def test_the_tools_own_parameters_win_and_are_written_down():
    executor = Scripted(FakeClock(), {"success": True})
    behaviour = Behaviour(fixed_parameters={"a": 5, "who": "${call_sid}", "deep": ["${call_sid}"]})
    outcome = run_with(
        executor, behaviour=behaviour, context={"call_sid": "CA1"}, arguments={"a": 1, "who": "me"}
    )
    sent = {"a": 5, "who": "CA1", "deep": ["CA1"]}
    assert executor.calls == [sent] and outcome.trace == {"fixed_parameters": sent}


def test_the_tools_own_parameters_take_nothing_from_the_model():
    executor = Scripted(FakeClock(), {"success": True})
    behaviour = Behaviour(fixed_parameters={"who": "${a}"})
    outcome = run_with(executor, behaviour=behaviour, arguments={"a": 1})
    assert outcome.error_code == "internal" and "${a}" in outcome.public_message
    assert executor.calls == []


class Telling:
    """Reveals a credential and tells it in every way there is."""

    runs_at = "worker"

    def __init__(self, how):
        self.how, self.clock = how, FakeClock()

    def execute(self, spec, call, deadline):
        key = call.secrets.reveal("KEY")
        if self.how == "answer":
            return ToolResult({"success": True, "message": key, "data": {key: [f"<{key}>"]}}, {})
        if self.how == "bug":
            raise ValueError(f"key={key}")
        raise ToolRefused(f"No {key}.", detail=key, trace={"url": f"https://a.example/{key}"})


@pytest.mark.parametrize("how", ["answer", "bug", "refusal"])
def test_no_outcome_and_no_log_holds_what_was_revealed(how, caplog):
    outcome = run_with(Telling(how), secrets=FixedSecrets({"KEY": "hunter2-hunter2"}))
    assert "hunter2" not in repr(outcome) + caplog.text
    assert outcome.status in ("success", "error")


def test_ten_megabytes_of_arguments_are_refused():
    outcome, executor, _ = go({"success": True}, arguments={"a": "x" * 10_000_000})
    assert outcome.error_code == "invalid_arguments" and executor.calls == []


def test_a_trace_too_large_to_keep_costs_no_outcome():
    circle = {}
    circle["again"] = circle
    executor = Scripted(FakeClock(), ToolRefused("No.", trace=circle))
    outcome = run_with(executor)
    assert outcome.error_code == "refused" and "left_out" in outcome.trace


def test_every_kind_has_an_executor_and_unknown_ones_say_so():
    assert {executor_for(kind).runs_at for kind in kinds()} <= {"worker", "session", "browser"}
    with pytest.raises(ToolConfigurationError, match="telepathy"):
        executor_for("telepathy")


def test_a_deadline_never_goes_below_zero():
    clock = FakeClock()
    deadline = Deadline.after(1.0, clock)
    clock.now += 5
    assert deadline.remaining == 0.0 and deadline.passed


def told(output, **more):
    return json.loads(output_for_model(ToolOutcome("success", output, **more)))


def test_the_model_gets_data_marked_as_data_without_markup():
    got = told(
        {
            "success": True,
            "message": "a < b\u202e<b onclick=x>bold</b><script>alert(1)</script>\x07",
            "data": {"<i>k</i>": ["<img src=x>1", 2, None]},
        }
    )
    assert got == {
        "success": True,
        "message": "a < bbold",
        "data": {"k": ["1", 2, None]},
        "note": NOTE,
    }


@pytest.mark.parametrize(
    "output",
    [
        {"success": True, "message": "m", "data": "x" * 300_000},
        {"success": True, "message": "m", "data": ['ü😀"\\\n' * 50_000]},
        {"success": True, "message": "y" * 300_000},
    ],
)
def test_long_output_is_cut_to_its_cap_and_says_so(output):
    text = output_for_model(ToolOutcome("success", output))
    assert len(text.encode()) <= DEFAULT.answer_max_bytes
    assert json.loads(text)["truncated"] is True


def test_a_failure_names_its_code():
    got = told({"success": False, "message": "Too late"}, error_code="timeout")
    assert got["error_code"] == "timeout" and got["success"] is False
