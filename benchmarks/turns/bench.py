"""The benchmarks `barge_in`, `tool_path` and `reaction`; imports the media benchmark's parts."""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from benchmarks.media.load import Run, measure
from benchmarks.media.subjects import (
    ACCOUNT_SID,
    AUTH_TOKEN,
    NUMBER,
    Subject,
    fake_model,
    product,
    product_environment,
)
from benchmarks.processes import ROOT
from benchmarks.results import quantiles, verdict
from tests.services.ports import free_port, wait_for
from voiceassist.demo.caller import CallReport, SimulatedCall
from voiceassist.demo.scenario import Scenario, WaitForEnd
from voiceassist.demo.voice import Voice

Say = Callable[[str], None]
Notes = list[dict[str, Any]]

INTERRUPTED_CALLS = 50
CALLING_CALLS = 25
REACTING_CALLS = 50
REACTING_SECONDS = 1.5
CALLING_SECONDS = 25.0
MOST_RUNS = 3
SETTLING_NS = 1_000_000_000  # what begins this shortly before the end is not judged


Outcome = dict[str, Any]


def barge_in(say: Say, seconds: float) -> Outcome:
    """Time from the model's `speech_started` to `clear` on the phone's wire.

    While an answer is being generated, and when all of it is sent and only the phone still plays.
    """
    return _best(say, "barge_in", lambda: _barge_in(seconds))


def tool_path(say: Say, seconds: float) -> Outcome:
    """Time from the model's function call to its output, without the tool server's own."""
    return _best(say, "tool_path", lambda: _tool_path(seconds))


def reaction(say: Say, seconds: float) -> Outcome:
    """Time from ring to the first sound, and from a tool's answer to the model's.

    One call after the other, tools in the server's own process.
    """
    return _best(say, "reaction", _reaction)


def _best(say: Say, name: str, attempt: Callable[[], Outcome]) -> Outcome:
    """Return the best of up to three runs: a bad one can be another program's fault."""
    outcomes: list[Outcome] = []
    while len(outcomes) < MOST_RUNS and (not outcomes or _missed(outcomes[-1])):
        outcomes.append(attempt())
        say(f"{name}: {outcomes[-1]['figures']}")
    return {**min(outcomes, key=_missed), "runs": len(outcomes)}


def _missed(outcome: Outcome) -> int:
    return list(outcome["verdicts"].values()).count("missed")


def _barge_in(seconds: float) -> Outcome:
    run, notes = _with_product("interrupted", INTERRUPTED_CALLS, seconds)
    until = run.seen["hung_up_at"] - SETTLING_NS
    starts = [note for note in notes if note["kind"] == "speech_started" and note["at"] < until]
    cleared = {int(call): times for call, times in run.seen["cleared_at"].items()}
    figures: dict[str, Any] = {"calls": INTERRUPTED_CALLS, "failures": run.seen["failures"]}
    verdicts = {}
    for name, whole in (("being_generated", False), ("being_played", True)):
        such = [start for start in starts if start["whole"] is whole]
        delays, unanswered = _next_after(such, cleared)
        errors = _heard_errors(notes, such)
        figures[name] = {
            "interruptions": len(such),
            "without_clear": unanswered,
            "without_truncation": len(such) - len(errors),
            "clear": quantiles(delays),
            "heard_error": quantiles(errors),
        }
        verdicts |= _interruption_verdicts(name.replace("_", " "), figures[name])
    return {"figures": figures, "verdicts": verdicts}


def _interruption_verdicts(name: str, figures: dict[str, Any]) -> dict[str, str]:
    ignored = figures["without_clear"] + figures["without_truncation"]
    return {
        f"{name}: clear p99 <= 20 ms": verdict(figures["clear"]["p99_ms"], 20, good=5),
        f"{name}: heard within 60 ms": verdict(figures["heard_error"]["max_ms"], 60, good=30),
        f"{name}: every interruption clears and truncates": verdict(ignored, 0),
    }


def _tool_path(seconds: float) -> Outcome:
    run, notes = _with_product("calling", CALLING_CALLS, seconds, workers=True)
    times = _tool_times(notes, run.seen["hung_up_at"])
    return {
        "figures": {"calls": CALLING_CALLS, **times, "failures": run.seen["failures"]},
        "verdicts": {
            "overhead p50 < 50 ms": verdict(times["overhead"]["p50_ms"], 50, good=20),
            "overhead p99 < 250 ms": verdict(times["overhead"]["p99_ms"], 250, good=100),
            "every call is answered": verdict(times["unanswered"], 0),
        },
    }


def _reaction() -> Outcome:
    with _calling_product("calling", in_process=True) as (subject, notes):
        reports = asyncio.run(_ring_one_after_the_other(subject.url))
        run = measure(subject, 1, CALLING_SECONDS)
        told = _read(notes)
    greetings = [r.first_greeting_ms for r in reports if r.first_greeting_ms is not None]
    ring = quantiles([float(ms) for ms in greetings])
    tool = _tool_times(told, run.seen["hung_up_at"], 1)["after_tool"]
    return {
        "figures": {
            "calls": REACTING_CALLS,
            "ring_to_sound": ring,
            "tool_to_model": tool,
            "failures": [r.error for r in reports if r.error],
        },
        "verdicts": {
            "ring to sound p95 <= 150 ms": verdict(ring["p95_ms"], 150, good=80),
            "tool to model p50 <= 5 ms": verdict(tool["p50_ms"], 5, good=3),
        },
    }


async def _ring_one_after_the_other(url: str) -> list[CallReport]:
    """Ring once to warm up, then `REACTING_CALLS` times; the callers only listen."""
    patient = Scenario(description="listens", caller=(WaitForEnd(at_most_ms=60_000),))
    voice, reports = Voice(), []
    for _ in range(1 + REACTING_CALLS):
        caller = SimulatedCall(
            url,
            AUTH_TOKEN,
            account_sid=ACCOUNT_SID,
            to=NUMBER,
            from_="+12025550177",
            scenario=patient,
            seconds=REACTING_SECONDS,
            voice=voice,
        )
        reports.append(await caller.run())
    voice.close()
    return reports[1:]


def _with_product(
    kind: str, calls: int, seconds: float, *, workers: bool = False
) -> tuple[Run, Notes]:
    with _calling_product(kind, workers=workers) as (subject, notes):
        return measure(subject, calls, seconds), _read(notes)


def _read(notes: Path) -> Notes:
    return [json.loads(line) for line in notes.read_text().splitlines()]


@contextmanager
def _calling_product(
    kind: str, *, workers: bool = False, in_process: bool = False
) -> Iterator[tuple[Subject, Path]]:
    """Run the product before a model of this kind; gives it and the file of the model's notes."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="voiceassist-bench-")))
        notes, tool_port = folder / "notes", free_port()
        notes.touch()
        module = "benchmarks.turns.model"
        model = stack.enter_context(fake_model(module, kind, str(notes), str(tool_port)))
        seeding = {"STAND_INS_PORT": str(tool_port)}
        env = stack.enter_context(product_environment(model, **seeding))
        env["OUTBOUND_ALLOW"] = f"127.0.0.1:{tool_port}"
        if in_process:
            env["CELERY_BROKER_URL"] = ""
        if workers:
            stack.enter_context(_worker(env, folder / "worker.log"))
        yield stack.enter_context(product(env)), notes


@contextmanager
def _worker(env: dict[str, str], log_path: Path) -> Iterator[None]:
    """Run the worker of the live queue as a deployment does; wait until it takes jobs."""
    command = [sys.executable, "-m", "celery", "-A", "config.celery", "worker"]
    options = ["-Q", "live,default", "-P", "threads", "-c", "32", "--loglevel", "INFO"]
    with log_path.open("wb") as log:
        settings = {**os.environ, "PUBLIC_URL": "http://127.0.0.1:1", **env}
        process = subprocess.Popen(
            [*command, *options], cwd=ROOT, env=settings, stdout=log, stderr=log
        )
    try:
        wait_for(
            lambda: b" ready." in log_path.read_bytes(),
            seconds=60,
            what="The worker",
            log=lambda: log_path.read_text()[-2000:],
            alive=lambda: process.poll() is None,
        )
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)


def _next_after(starts: Notes, cleared: dict[int, list[int]]) -> tuple[list[float], int]:
    """Return the ms from each start to the call's next clear, and how many have none in 1 s."""
    delays, unanswered = [], 0
    for start in starts:
        after = [at for at in cleared.get(start["call"], []) if at >= start["at"]]
        delay = (min(after) - start["at"]) / 1e6 if after else None
        if delay is None or delay > 1000:
            unanswered += 1
        else:
            delays.append(delay)
    return delays, unanswered


def _heard_errors(notes: Notes, starts: Notes) -> list[float]:
    """Return how far the truncations are from what the phone had played, in ms."""
    spoke = {(note["call"], note["item"]): note["spoke_ms"] for note in starts}
    return [
        abs(note["heard_ms"] - spoke[note["call"], note["item"]])
        for note in notes
        if note["kind"] == "truncated" and (note["call"], note["item"]) in spoke
    ]


def _tool_times(notes: Notes, hung_up_at: int, settling_s: float = 4) -> dict[str, Any]:
    tools = {note["order"]: note for note in notes if note["kind"] == "tool"}
    answers = {note["id"]: note for note in notes if note["kind"] == "answered"}
    called = [note for note in notes if note["kind"] == "called"]
    settled = [note for note in called if note["at"] < hung_up_at - settling_s * SETTLING_NS]
    done = [
        (note, tools[note["order"]], answers[note["id"]])
        for note in settled
        if note["order"] in tools and note["id"] in answers
    ]
    return {
        "executions": len(settled),
        "unanswered": len(settled) - len(done),
        "overhead": quantiles(
            ((answer["at"] - note["at"]) - (tool["at"] - tool["received"])) / 1e6
            for note, tool, answer in done
        ),
        "before_tool": quantiles((tool["received"] - note["at"]) / 1e6 for note, tool, _ in done),
        "after_tool": quantiles((answer["at"] - tool["at"]) / 1e6 for _, tool, answer in done),
    }
