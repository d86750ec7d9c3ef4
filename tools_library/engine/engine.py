"""One run of a tool: arguments, attempts within one deadline, an outcome; imports the engine."""

from __future__ import annotations

import logging
import random
from dataclasses import replace
from typing import Any

from tools_library.engine import schema
from tools_library.engine.cleaning import Uncleanable, clean
from tools_library.engine.deadline import Clock, Deadline
from tools_library.engine.errors import ToolError, ToolResponseError, ToolTimeout
from tools_library.engine.types import Executor, ToolCall, ToolOutcome, ToolResult, ToolSpec

log = logging.getLogger(__name__)

REPEATABLE = frozenset({"read", "idempotent"})
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 5.0


def run(spec: ToolSpec, call: ToolCall, executor: Executor, clock: Clock) -> ToolOutcome:
    """Run a tool once, with retries where its side-effect class allows any.

    Never raises for what a tool does: every fault becomes an outcome with its code and one
    sentence for the model.
    """
    deadline = Deadline.after(call.timeout_seconds, clock)
    attempts = _Attempts(spec, executor, deadline)
    began = clock.monotonic()
    try:
        arguments = schema.accept(spec.parameters, call.arguments)
        result = attempts.run(replace(call, arguments=arguments))
        outcome = answered(_cleaned(result), clean(result.trace))
    except ToolError as error:
        outcome = failed(error)
    except Exception as error:
        log.exception("tool %s broke", spec.name)
        outcome = failed(ToolError("The tool broke.", detail=type(error).__name__))
    duration_ms = round((clock.monotonic() - began) * 1000)
    return replace(outcome, duration_ms=duration_ms, retry_count=attempts.repeated)


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
    return ToolOutcome(
        status="timeout" if error.code == "timeout" else "error",
        output={"success": False, "message": error.public_message},
        error_code=error.code,
        public_message=error.public_message,
        detail=error.detail,
        trace=clean(error.trace),
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
                raise ToolTimeout("The tool had no time left to run.")
            try:
                return self.executor.execute(self.spec, call, self.deadline)
            except ToolError as error:
                pause = self._pause()
                if not error.retryable or self.repeated >= self.allowed:
                    raise
                if pause >= self.deadline.remaining:
                    raise
            self.deadline.clock.sleep(pause)
            self.repeated += 1

    def _pause(self) -> float:
        """Seconds before the next attempt: doubling, with jitter so that callers spread out."""
        longest: float = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**self.repeated)
        return longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing


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
