"""How long a run may take and how often it may be tried; imports only the behaviour's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools_library.behaviour import OnDuplicate

TIMEOUT_SECONDS = {"read": 10, "idempotent": 15, "write": 30, "irreversible": 30}
"""By side-effect class, where the tool names none."""

RETRY_ATTEMPTS = {"read": 2, "idempotent": 2, "write": 0, "irreversible": 0}
"""By side-effect class, where the tool names none; the last two never repeat, whatever it names."""

ASYNC_SECONDS = 300
"""Where the outcome comes later and the tool names no time of its own."""

BROWSER_SECONDS = 600
"""Where a person's browser carries a call out and the tool names no time of its own."""

LONGEST_SECONDS, LONGEST_BROWSER_SECONDS = 900, 86_400
"""What a tool may name; in a browser people act, and they may take a day."""

CONTEXT_SECONDS = {"call": 10, "webhook": 10}
"""Where somebody holds the line, no run takes longer than this."""


def timeout_seconds(
    side_effect: str,
    own: int | None,
    configuration: Mapping[str, Any],
    trigger: str,
    *,
    is_async: bool = False,
) -> float:
    """Return the seconds a run has: the least of the tool's, its configuration's, the context's.

    Args:
        own: `timeout_seconds` of the tool, or null.
        configuration: with the assistant's own merged in; its `timeout` replaces `own`.
        is_async: nobody waits, so the context sets no bound.
    """
    default = ASYNC_SECONDS if is_async else TIMEOUT_SECONDS[side_effect]
    seconds = _number(configuration.get("timeout")) or own or default
    bounds = [
        float(seconds),
        _number(configuration.get("execution_timeout")),
        None if is_async else CONTEXT_SECONDS.get(trigger),
    ]
    return min(float(bound) for bound in bounds if bound)


def retry_attempts(side_effect: str, own: int | None) -> int:
    """Return how often a run may be tried again."""
    default = RETRY_ATTEMPTS[side_effect]
    return default if own is None or default == 0 else own


def on_duplicate(side_effect: str, own: OnDuplicate) -> OnDuplicate:
    """Return what equal calls get: `auto` lets reads run again and reuses everything else."""
    if own == "auto":
        return "allow" if side_effect == "read" else "reuse"
    return own


def _number(value: Any) -> float | None:
    usable = isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0
    return float(value) if usable else None
