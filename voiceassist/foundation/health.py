"""`GET /health`: asks every dependency in parallel, each bounded in time; imports Django.

Rooms add their own checks with `register` from `AppConfig.ready`.
"""

import asyncio
import json
import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, Scope

from voiceassist.foundation.probes import reading, respond

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 2.0


@dataclass(frozen=True)
class Check:
    """One dependency: `ask` returns when it answers and raises when it does not."""

    name: str
    ask: Callable[[], None]
    required: bool = True


@dataclass
class HealthBoard:
    """The checks of this process and the questions that are under way.

    A question that hangs is not asked again: later requests wait for the same one, so that a
    dead dependency holds one thread however often somebody looks.
    """

    timeout_seconds: float = TIMEOUT_SECONDS
    checks: dict[str, Check] = field(default_factory=dict)
    _asked: dict[str, "Future[float]"] = field(default_factory=dict)
    _threads: ThreadPoolExecutor | None = None

    def register(self, name: str, ask: Callable[[], None], *, required: bool = True) -> None:
        """Add a check, or replace the one of that name; not required: shown, never a 503."""
        self.checks[name] = Check(name, ask, required)

    async def report(self) -> tuple[bool, dict[str, Any]]:
        """Return whether all required checks passed, and the body of the answer."""
        checks = list(self.checks.values())
        results = await asyncio.gather(*(self._judge(check) for check in checks))
        healthy = all(
            result["status"] == "healthy" or not check.required
            for check, result in zip(checks, results, strict=True)
        )
        named = {check.name: result for check, result in zip(checks, results, strict=True)}
        return healthy, {"status": "healthy" if healthy else "unhealthy", "checks": named}

    async def _judge(self, check: Check) -> dict[str, Any]:
        began = time.monotonic()
        question = asyncio.wrap_future(self._ask(check))
        try:
            latency = await asyncio.wait_for(asyncio.shield(question), self.timeout_seconds)
        except TimeoutError:
            question.add_done_callback(_look_away)
            logger.warning("health.check_timed_out", extra={"check": check.name})
        except Exception:  # any failure of a dependency is an answer, told without its details
            logger.warning("health.check_failed", extra={"check": check.name}, exc_info=True)
        else:
            return {"status": "healthy", "latency_ms": round(latency * 1000, 1)}
        waited = time.monotonic() - began
        return {"status": "unhealthy", "latency_ms": round(waited * 1000, 1)}

    def _ask(self, check: Check) -> "Future[float]":
        asked = self._asked.get(check.name)
        if asked is None or asked.done():
            if self._threads is None:
                self._threads = ThreadPoolExecutor(max_workers=16, thread_name_prefix="health")
            asked = self._asked[check.name] = self._threads.submit(_timed, check.ask)
        return asked


def _timed(ask: Callable[[], None]) -> float:
    began = time.monotonic()
    ask()
    return time.monotonic() - began


def _look_away(question: "asyncio.Future[float]") -> None:
    """Take the late answer, so that asyncio does not report an exception nobody retrieved."""
    if not question.cancelled():
        question.exception()


board = HealthBoard()
register = board.register


async def health(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Answer 200 where every required check passes, else 503; never says why one failed."""
    request = await reading(scope, send)
    if request is None:
        return
    healthy, body = await board.report()
    await respond(
        send,
        200 if healthy else 503,
        json.dumps(body).encode(),
        b"application/json",
        head=request["method"] == "HEAD",
    )
