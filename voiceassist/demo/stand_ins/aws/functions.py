"""The functions of the stand-in's account, as their owner would have written them. Stdlib only.

They run in processes of their own, see `runtime`.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Handler = Callable[[dict[str, Any], Any], Any]

_STOCK = {"city bicycle": 4, "touring bicycle": 0, "bell": 31}


def check_stock(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Says how many of an article there are."""
    inner = event.get("parameters")
    given = inner if isinstance(inner, dict) else event
    article = str(given.get("article") or "").strip().lower()
    print(f"looking for {article!r}")  # noqa: T201 - a function's log
    if article not in _STOCK:
        return {"success": False, "message": f"There is no article called {article!r}."}
    count = _STOCK[article]
    words = f"There are {count} of {article} in stock." if count else f"{article} is sold out."
    return {"success": True, "message": words, "data": {"article": article, "in_stock": count}}


def echo(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Gives back what it was given."""
    data = {"event": event, "request_id": context.aws_request_id, "process": os.getpid()}
    return {"success": True, "message": "Echo.", "data": data}


def fail(event: dict[str, Any], context: Any) -> None:
    """Raises."""
    raise ValueError(str(event.get("message") or "The article table is missing."))


def slow(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Takes `ms` milliseconds; its own limit is one second."""
    time.sleep(min(float(event.get("ms") or 0), 60_000) / 1000)
    return {"success": True, "message": "Done at last."}


def crash(event: dict[str, Any], context: Any) -> None:
    """Ends its process."""
    os._exit(int(event.get("status") or 1))


def large(event: dict[str, Any], context: Any) -> str:
    """Returns a text of `bytes` bytes."""
    return "x" * min(int(event.get("bytes") or 0), 20_000_000)


def odd(event: dict[str, Any], context: Any) -> Any:
    """Returns what JSON cannot hold."""
    return {1, 2, 3}


@dataclass(frozen=True)
class Function:
    """A function and its limits."""

    handler: Handler
    description: str
    timeout_s: float = 10.0
    memory_mb: int = 256


FUNCTIONS = {
    "check-stock": Function(check_stock, "Says how many of an article are in stock."),
    "crash": Function(crash, "Ends its process."),
    "echo": Function(echo, "Gives back what it was given."),
    "fail": Function(fail, "Raises."),
    "large": Function(large, "Returns a long text.", memory_mb=512),
    "odd": Function(odd, "Returns what JSON cannot hold."),
    "slow": Function(slow, "Takes its time.", timeout_s=1.0, memory_mb=128),
}
