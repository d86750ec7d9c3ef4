"""Tells people at a terminal how a simulated call goes, line by line; imports no Django."""

from __future__ import annotations

import statistics
import textwrap
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from voiceassist.demo.caller import CallReport

WIDTH = 96
_SPEAKERS = {"said": "Caller", "heard": "Assistant", "phone_said": "Phone line"}
_INDENT = " " * 21
RunRow = Mapping[str, Any]


class Telling:
    """Writes one call's lines through `write`; times count from the answer."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._answered: float | None = None
        self._told: set[str] = set()

    def happened(self, what: str, text: str) -> None:
        """Take an event of the caller."""
        if what == "answered":
            self._answered = time.monotonic()
        elif what in _SPEAKERS:
            self.line(_SPEAKERS[what], text)
        elif what == "cleared":
            self.line("Assistant", f"(stops: the caller heard {int(text) / 1000:.1f} s of that)")
        elif what == "pressed":
            self.line("Caller", f"presses {text}")
        elif what == "dialled":
            self.line("Phone line", f"puts the caller through to {text}")

    def line(self, who: str, text: str, at_ms: int | None = None) -> None:
        """Write one line; a long one is folded."""
        if at_ms is None:
            at_ms = round((time.monotonic() - self._answered) * 1000) if self._answered else 0
        head = f"  {at_ms // 60_000}:{at_ms // 1000 % 60:02}  "
        lines = textwrap.wrap(text, WIDTH - len(_INDENT)) or [""]
        self._write(f"{head:<9}{who:<12}{lines[0]}")
        for more in lines[1:]:
            self._write(_INDENT + more)

    def runs(self, rows: Sequence[RunRow], *, over: bool = False) -> None:
        """Tell of runs that are over and not told yet; `over`: tell of all that are left."""
        for row in rows:
            finished = row["status"] not in ("pending", "queued", "running", "awaiting_approval")
            if row["execution_id"] not in self._told and (finished or over):
                self._told.add(row["execution_id"])
                self.line("Tool", run_text(row))


def run_text(row: RunRow) -> str:
    """Return one run in words: `lookup_order(order_id: 1042) → success in 12 ms. …`."""
    arguments = ", ".join(f"{name}: {value}" for name, value in row["input_parameters"].items())
    took = "" if row["duration_ms"] is None else f" in {row['duration_ms']} ms"
    said = f". {row['message']}" if row["message"] else ""
    return f"{row['tool_name']}({arguments}) → {row['status']}{took}{said}"


def latency(report: CallReport) -> dict[str, Any]:
    """Return how long the caller waited for words, in ms."""
    turns = report.turn_latency_ms
    return {
        "first_greeting_ms": report.first_greeting_ms,
        "turns_ms": turns,
        "turn_median_ms": round(statistics.median(turns)) if turns else None,
        "barge_in_ms": report.barge_in_ms,
    }


def figures(report: CallReport) -> list[str]:
    """Return the latencies in words, a line each."""
    lines = []
    if report.first_greeting_ms is not None:
        lines.append(f"First words: {report.first_greeting_ms} ms after the ring.")
    if report.turn_latency_ms:
        lines.append(f"Answers: {_list(report.turn_latency_ms)} after the caller's words.")
    if report.barge_in_ms:
        lines.append(f"Interrupted: silent {_list(report.barge_in_ms)} after the caller cut in.")
    return lines


def _list(values: Sequence[int]) -> str:
    *most, last = [f"{value} ms" for value in values]
    return f"{', '.join(most)} and {last}" if most else last


def many(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what many calls have in common, JSON-able; results are those of single calls."""
    firsts = [each["latency"]["first_greeting_ms"] for each in results]
    turns = [ms for each in results for ms in each["latency"]["turns_ms"]]
    reasons = [each["ended_reason"] or each["caller"]["error_code"] or "" for each in results]
    runs = [run["status"] for each in results for run in each["tool_executions"]]
    return {
        "calls": len(results),
        "ended_reasons": {reason: reasons.count(reason) for reason in sorted(set(reasons))},
        "tool_runs": {status: runs.count(status) for status in sorted(set(runs))},
        "first_greeting_ms": _spread([ms for ms in firsts if ms is not None]),
        "turn_ms": _spread(turns),
        "warnings": sum(len(each["caller"]["warnings"]) for each in results),
    }


def many_text(summary: Mapping[str, Any]) -> list[str]:
    """Return the summary of many calls in words, a line each."""
    lines = [f"{summary['calls']} calls: {_counts(summary['ended_reasons'])}."]
    if summary["tool_runs"]:
        lines.append(f"Tools: {_counts(summary['tool_runs'])}.")
    for label, key in (("First words", "first_greeting_ms"), ("Answers", "turn_ms")):
        if spread := summary[key]:
            lines.append(
                f"{label}: {spread['median']} ms (median), {spread['p95']} ms (95 of 100), "
                f"{spread['most']} ms at most."
            )
    if summary["warnings"]:
        lines.append(f"Warnings of the phone line: {summary['warnings']} (--json lists them).")
    return lines


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name or 'unknown'}" for name, count in counts.items())


def _spread(values: Sequence[float]) -> dict[str, int]:
    if not values:
        return {}
    ordered = sorted(values)
    return {
        "median": round(statistics.median(ordered)),
        "p95": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]),
        "most": round(ordered[-1]),
    }
