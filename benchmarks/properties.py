"""The benchmark `properties`: thousands of random calls through the bridge on a virtual clock.

Each seed is one call with races, losses and interruptions; the world of the bridge's own tests
judges it. Imports `tests.unit.bridge.world`.
"""

import os
import time
from collections.abc import Callable
from multiprocessing import get_context
from typing import Any

from benchmarks.results import quantiles, verdict

SEEDS = 10_000
SHOWN = 10


def properties(say: Callable[[str], None], seeds: int = SEEDS) -> dict[str, Any]:
    """Run the seeds on all cores and return how many broke a promise."""
    began = time.monotonic()
    broken: dict[int, list[str]] = {}
    errors: list[float] = []
    with get_context("spawn").Pool(os.cpu_count() or 1) as pool:
        for done, (seed, faults, off) in enumerate(
            pool.imap_unordered(run_seed, range(seeds), chunksize=50), 1
        ):
            errors += map(abs, off)
            if faults:
                broken[seed] = faults
            if done % 1000 == 0:
                say(f"properties: {done} calls, {len(broken)} broke a promise")
    figures = {
        "seeds": seeds,
        "broken": len(broken),
        "examples": {str(seed): broken[seed][:3] for seed in sorted(broken)[:SHOWN]},
        "heard_error": quantiles(errors),
        "seconds": round(time.monotonic() - began, 1),
    }
    return {"figures": figures, "verdicts": {"no promise broken": verdict(len(broken), 0)}}


def run_seed(seed: int) -> tuple[int, list[str], list[float]]:
    """Run one call; return its seed, what it broke, and how far truncations were off (ms)."""
    from tests.unit.bridge.plans import plan_of
    from tests.unit.bridge.world import World

    world = World(seed, plan_of(seed))
    world.run()
    return seed, list(world.verdict()), list(world.errors_ms)
