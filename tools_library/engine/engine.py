"""One run of a tool: arguments, attempts within one deadline, an outcome; imports the engine."""

from __future__ import annotations

import logging
import random
import traceback
from dataclasses import replace
from typing import Any

from tools_library.engine import schema, templating
from tools_library.engine.cleaning import Uncleanable, clean
from tools_library.engine.deadline import Clock, Deadline
from tools_library.engine.errors import ToolAnswerLost, ToolError, ToolResponseError, ToolTimeout
from tools_library.engine.secrets import Secrets
from tools_library.engine.types import Executor, ToolCall, ToolOutcome, ToolResult, ToolSpec

log = logging.getLogger(__name__)

REPEATABLE = frozenset({"read", "idempotent"})
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 5.0


def run(spec: ToolSpec, call: ToolCall, executor: Executor, clock: Clock) -> ToolOutcome:
    """Run a tool once, with retries where its side-effect class allows any.

    Never raises for what a tool does: every fault becomes an outcome with its code and one
    sentence for the model. Nothing of the outcome holds a credential that the run revealed.
    """
    deadline = Deadline.after(call.timeout_seconds, clock)
    attempts = _Attempts(spec, executor, deadline)
    began = clock.monotonic()
    fixed: dict[str, Any] = {}
    try:
        fixed = fixed_parameters(spec, call)
        arguments = schema.accept(spec.parameters, schema.parse_arguments(call.arguments)) | fixed
        result = attempts.run(replace(call, arguments=arguments))
        outcome = answered(_cleaned(result), result.trace)
    except ToolError as error:
        outcome = failed(error)
    except Exception as error:
        # The text of a foreign exception may quote what it was given.
        text = call.secrets.mask(traceback.format_exc())
        log.error("tool %s broke\n%s", spec.name, text)
        outcome = failed(ToolError("The tool broke.", detail=type(error).__name__))
    duration_ms = round((clock.monotonic() - began) * 1000)
    outcome = replace(outcome, duration_ms=duration_ms, retry_count=attempts.repeated)
    return _kept(outcome, fixed, call.secrets)


def fixed_parameters(spec: ToolSpec, call: ToolCall) -> dict[str, Any]:
    """Return the arguments that the tool itself sets; they win over the model's.

    Raises:
        ToolConfigurationError: one of them uses a name that the platform does not know.
    """
    given = spec.behaviour.fixed_parameters
    if not given:
        return {}
    rendered: dict[str, Any] = templating.render(given, templating.Names(call.context, {}))
    return rendered


def answered(output: dict[str, Any], trace: dict[str, Any] | None = None) -> ToolOutcome:
    """Return the outcome of a run whose tool answered, be it yes or no."""
    if output.get("success"):
        return ToolOutcome("success", output, trace=trace)
    return ToolOutcome(
        "error",
        output,
        public_message=str(output.get("message", "")),
        detail="The tool answered that it did not succeed.",
        trace=trace,
    )


def failed(error: ToolError) -> ToolOutcome:
    """Return the outcome of a run that failed for `error`."""
    trace = error.trace
    if error.nothing_sent:
        trace = {**(trace or {}), "nothing_sent": True}
    elif isinstance(error, ToolAnswerLost):
        trace = {**(trace or {}), "answer_lost": True}
    return ToolOutcome(
        status="timeout" if error.code == "timeout" else "error",
        output={"success": False, "message": error.public_message},
        error_code=error.code,
        public_message=error.public_message,
        detail=error.detail,
        trace=trace,
    )


def _kept(outcome: ToolOutcome, fixed: dict[str, Any], secrets: Secrets) -> ToolOutcome:
    """Return the outcome as it may be stored: clean, secrets masked, with what was sent unasked."""
    trace = outcome.trace
    if fixed:
        trace = {"fixed_parameters": fixed, **(trace or {})}
    try:
        trace = clean(trace)
    except (Uncleanable, RecursionError) as error:
        trace = {"left_out": f"The trace is not kept: {error}."}
    return replace(
        outcome,
        output=secrets.mask(outcome.output),
        public_message=secrets.mask(outcome.public_message),
        detail=secrets.mask(outcome.detail),
        trace=secrets.mask(trace),
    )


class _Attempts:
    """The attempts of one run; `repeated` counts those after the first."""

    def __init__(self, spec: ToolSpec, executor: Executor, deadline: Deadline) -> None:
        self.spec = spec
        self.executor = executor
        self.deadline = deadline
        self.repeated = 0
        self.allowed = spec.retry_attempts if spec.side_effect in REPEATABLE else 0

    def run(self, call: ToolCall) -> ToolResult:
        while True:
            if self.deadline.passed:
                raise self._too_late()
            try:
                return self.executor.execute(self.spec, call, self.deadline)
            except ToolError as error:
                pause = self._pause(error.retry_after)
                if not error.retryable or self.repeated >= self.allowed:
                    raise
                if pause >= self.deadline.remaining:
                    raise
            self.deadline.clock.sleep(pause)
            self.repeated += 1

    def _too_late(self) -> ToolTimeout:
        error = ToolTimeout("The tool had no time left to run.")
        error.nothing_sent = self.repeated == 0
        return error

    def _pause(self, asked: float | None) -> float:
        """Seconds before the next attempt, with jitter so that callers spread out.

        What the other side asked for, else doubling.
        """
        longest: float = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**self.repeated)
        pause = longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing
        return pause if asked is None else asked + pause / 4


def _cleaned(result: ToolResult) -> dict[str, Any]:
    """Return the output as it is kept.

    Raises:
        ToolResponseError: it is too deep or too large.
    """
    try:
        output: dict[str, Any] = clean(result.output)
    except (Uncleanable, RecursionError) as error:
        raise ToolResponseError("The tool's answer is too large.", detail=str(error)) from None
    output.setdefault("success", True)
    output.setdefault("message", "")
    return output
