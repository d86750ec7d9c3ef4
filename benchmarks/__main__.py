"""`make bench`: runs the benchmarks named, or all, and merges what they find into results.json."""

import argparse
import sys
from collections.abc import Callable
from typing import Any

from benchmarks import results
from benchmarks.accounting import KILLS, RUNS, accounting
from benchmarks.agui import agui
from benchmarks.celery_path import celery_path
from benchmarks.conversation_soak import KILLS as CONVERSATION_KILLS
from benchmarks.conversation_soak import TALKS
from benchmarks.conversations import conversations
from benchmarks.endpoint_overhead import endpoint
from benchmarks.fresh import fresh
from benchmarks.knowledge import knowledge
from benchmarks.lambda_overhead import lambda_overhead
from benchmarks.media import bench as media
from benchmarks.outbound import outbound
from benchmarks.processes import awake
from benchmarks.properties import SEEDS, properties
from benchmarks.sandbox import bench as sandbox
from benchmarks.turns import bench as turns

Bench = Callable[[argparse.Namespace], dict[str, Any]]


def _media(arguments: argparse.Namespace) -> dict[str, Any]:
    seconds = 60.0 if arguments.long else 8.0
    return media.run(_say, seconds=seconds, with_product=not arguments.baselines)


def _turns(bench: Callable[[Callable[[str], None], float], dict[str, Any]]) -> Bench:
    def run(arguments: argparse.Namespace) -> dict[str, Any]:
        return bench(_say, 120.0 if arguments.long else 20.0)

    return run


def _properties(arguments: argparse.Namespace) -> dict[str, Any]:
    return properties(_say, SEEDS * 10 if arguments.long else SEEDS)


def _sandbox(arguments: argparse.Namespace) -> dict[str, Any]:
    return sandbox(_say, batches=150 if arguments.long else 45)


def _accounting(arguments: argparse.Namespace) -> dict[str, Any]:
    share = 1 if arguments.long else 8
    return accounting(_say, runs=RUNS // share, kills=KILLS // share)


def _conversations(arguments: argparse.Namespace) -> dict[str, Any]:
    rounds, share = (500, 1) if arguments.long else (100, 4)
    return conversations(_say, rounds, TALKS // share, CONVERSATION_KILLS // share)


def _celery_path(arguments: argparse.Namespace) -> dict[str, Any]:
    return celery_path(_say, 1_000 if arguments.long else 200)


BENCHMARKS: dict[str, Bench] = {
    "properties": _properties,
    "media": _media,
    "barge_in": _turns(turns.barge_in),
    "tool_path": _turns(turns.tool_path),
    "reaction": _turns(turns.reaction),
    "sandbox": _sandbox,
    "lambda": lambda arguments: lambda_overhead(_say, 5_000 if arguments.long else 1_000),
    "endpoint": lambda arguments: endpoint(_say, 10_000 if arguments.long else 2_000),
    "outbound": lambda arguments: outbound(_say, 20_000 if arguments.long else 2_000),
    "accounting": _accounting,
    "knowledge": lambda arguments: knowledge(_say, 20 if arguments.long else 4),
    "celery_path": _celery_path,
    "conversations": _conversations,
    "agui": lambda arguments: agui(_say),
    "fresh": lambda arguments: fresh(_say),
}


def main() -> int:
    """Run; 1 where a verdict is `missed`."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"any of: {', '.join(BENCHMARKS)}")
    parser.add_argument("--long", action="store_true", help="longer runs")
    parser.add_argument("--baselines", action="store_true", help="calibrate only; writes nothing")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(BENCHMARKS)
    if unknown:
        parser.error(f"no benchmark named {', '.join(sorted(unknown))}")
    missed = False
    for name in arguments.names or BENCHMARKS:
        with awake():
            outcome = BENCHMARKS[name](arguments)
        if arguments.baselines:
            continue
        results.merge(name, outcome)
        for what, word in outcome["verdicts"].items():
            print(f"{name}: {what}: {word}")
            missed = missed or word == "missed"
    return 1 if missed else 0


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
