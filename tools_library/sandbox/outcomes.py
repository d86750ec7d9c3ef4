"""From what a child said and how it ended to how the run ended; imports only the stdlib."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from tools_library.sandbox import limits
from tools_library.sandbox.control import Report
from tools_library.sandbox.exchange import Said
from tools_library.sandbox.types import Finished, Problem

Mask = Callable[[str], str]
"""Hides secrets in a text."""

_SIGNALS: dict[int, str] = {
    signal.SIGSYS: "The tool tried what the sandbox forbids, and was ended.",
    signal.SIGSEGV: "The tool's process crashed; deep recursion is the usual cause.",
    signal.SIGKILL: "The tool's process was killed; the machine may be short of memory.",
}
_BROKEN = "The tool's process broke the rules of its conversation, and was ended."
_SILENT = "The tool's process ended without an answer; it may have run out of memory."
_RESTARTED = "The sandbox was stopped while the tool ran."
_REST = "\n(the rest of the output was cut)"
_NAME = 60
_TOO_COMPLEX = Problem("The code is too complex to be compiled; split it into smaller parts.")


def unavailable(why: str) -> Finished:
    """Return the end of a run on a machine that cannot run tools."""
    text = f"Python tools are unavailable: {why}."
    return Finished("unavailable", error_code="sandbox_unavailable", error_message=text)


def timed_out(why: str) -> Finished:
    """Return the end of a run that had no time."""
    return Finished("timeout", error_code="timeout", error_message=why)


def rejected(found: Sequence[Problem]) -> Finished:
    """Return the end of a run whose code is not accepted; the first problem tells."""
    first = found[0] if found else _TOO_COMPLEX
    return Finished(
        "rejected", error_code="code_rejected", error_message=first.message, line=first.line
    )


def unfit(error: Exception) -> Finished:
    """Return the end of a run whose parameters or context cannot be handed over."""
    text = f"Parameters and context cannot be handed to the tool: {error}"
    return Finished("error", error_code="code_error", error_message=text)


def lasting(finished: Finished, seconds: float) -> Finished:
    """Return it with how long it took."""
    return replace(finished, duration_ms=round(seconds * 1000))


def problems(said: Said) -> tuple[Problem, ...]:
    """Return what a check found; a check that failed is a problem itself."""
    if said.answer is not None and said.answer["kind"] == "problems":
        return _problems(said.answer)
    if said.report is None or said.report.error or said.refused:
        return (Problem("The sandbox could not check the code; try again."),)
    return (_TOO_COMPLEX,)


def compiled(said: Said) -> str | Finished:
    """Return the code a compile-only child made, or how the run ends without it."""
    answer = said.answer
    if answer is not None and answer["kind"] == "code" and isinstance(answer.get("blob"), str):
        return str(answer["blob"])
    if answer is not None and answer["kind"] == "problems":
        return rejected(_problems(answer))
    ended = _ended(said, limits.COMPILE_MEMORY_MB, limits.COMPILE_SECONDS)
    if said.report is None:
        return unavailable("its process is gone")
    return ended if ended.outcome == "unavailable" else rejected(())


def finished(said: Said, memory_limit_mb: int, timeout_s: float, mask: Mask) -> Finished:
    """Return how a run ended, in words that may be kept."""
    report = said.report or Report()
    ended = _ended(said, memory_limit_mb, timeout_s)
    stdout, cut = _masked(said.stdout, limits.STDOUT_BYTES, mask)
    message, _cut = _masked(ended.error_message, limits.MESSAGE_CHARACTERS, mask)
    return replace(
        ended,
        error_message=_printable(message).strip(),
        stdout=stdout + _REST if cut else stdout,
        cpu_ms=report.cpu_ms,
        peak_memory_kb=report.peak_memory_kb,
    )


def _ended(said: Said, memory_limit_mb: int, timeout_s: float) -> Finished:
    answer, report = said.answer, said.report
    if said.broken:
        return _killed(_BROKEN)
    if answer is not None:
        return _answered(answer, memory_limit_mb)
    if said.hung:
        return timed_out(_too_slow(timeout_s))
    if report is None:
        return _killed(_RESTARTED)
    if said.refused or report.error:
        return unavailable(said.refused or f"no new process: {os.strerror(report.error)}")
    if report.timed_out or _out_of_cpu(report, timeout_s):
        return timed_out(_too_slow(timeout_s))
    return _killed(_SIGNALS.get(report.signal, _SILENT))


def _answered(answer: dict[str, Any], memory_limit_mb: int) -> Finished:
    kind = answer["kind"]
    if kind == "result" and "value" in answer:
        return Finished("success", result=answer["value"])
    if kind == "problems":
        return rejected(_problems(answer))
    if kind == "error":
        name, text = _text(answer.get("type"))[:_NAME], _text(answer.get("message"))
        if name == "MemoryError":
            text = f"the tool needs more than its {memory_limit_mb} MB of memory"
        message = f"{name}: {text}" if text else name
        line = _number(answer.get("line"))
        return Finished("error", error_code="code_error", error_message=message, line=line)
    return _killed(_BROKEN)


def _out_of_cpu(report: Report, timeout_s: float) -> bool:
    by_limit = report.signal in (signal.SIGXCPU, signal.SIGKILL)
    return by_limit and report.cpu_ms >= timeout_s * 1000


def _too_slow(timeout_s: float) -> str:
    return f"The tool did not finish within {timeout_s:.3g} s."


def _killed(text: str) -> Finished:
    return Finished("killed", error_code="killed", error_message=text)


def _problems(answer: dict[str, Any]) -> tuple[Problem, ...]:
    found = answer.get("problems")
    return tuple(
        Problem(_short(each.get("message")), _number(each.get("line")), _number(each.get("column")))
        for each in (found if isinstance(found, list) else [])
        if isinstance(each, dict)
    )


def _masked(text: str, most: int, mask: Mask) -> tuple[str, bool]:
    """Return up to `most` characters of a text, masked before they were cut, and whether they were.

    Of a text so long that its sender had cut it, nothing that a half secret at its end could be.
    """
    masked = mask(text)
    if len(text) >= most + limits.MASKED_CHARACTERS:
        most = min(most, len(masked) - limits.MASKED_CHARACTERS)
        return masked[: max(0, most)], True
    return masked[:most], len(masked) > most


def _short(value: Any) -> str:
    return _printable(_text(value)[: limits.MESSAGE_CHARACTERS])


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() or letter == "\n" else " " for letter in text)


def _number(value: Any) -> int | None:
    plain = isinstance(value, int) and not isinstance(value, bool)
    return value if plain and 0 < value < 1_000_000 else None
