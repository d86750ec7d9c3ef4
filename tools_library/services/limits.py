"""How long a run may take and how often it may be tried; standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TIMEOUT_SECONDS = {"read": 10, "idempotent": 15, "write": 30, "irreversible": 30}
"""By side-effect class, where the tool names none."""

RETRY_ATTEMPTS = {"read": 2, "idempotent": 2, "write": 0, "irreversible": 0}
"""By side-effect class, where the tool names none; the last two never repeat, whatever it names."""

CONTEXT_SECONDS = {"call": 10, "webhook": 10}
"""Where somebody holds the line, no run takes longer than this."""


def timeout_seconds(
    side_effect: str,
    own: int | None,
    configuration: Mapping[str, Any],
    trigger: str,
) -> float:
    """Return the seconds a run has: the least of the tool's, its configuration's, the context's.

    Args:
        own: `timeout_seconds` of the tool, or null.
        configuration: with the assistant's own merged in; its `timeout` replaces `own`.
    """
    seconds = _number(configuration.get("timeout")) or own or TIMEOUT_SECONDS[side_effect]
    bounds = [
        float(seconds),
        _number(configuration.get("execution_timeout")),
        CONTEXT_SECONDS.get(trigger),
    ]
    return min(float(bound) for bound in bounds if bound)


def retry_attempts(side_effect: str, own: int | None) -> int:
    """Return how often a run may be tried again."""
    default = RETRY_ATTEMPTS[side_effect]
    return default if own is None or default == 0 else own


def _number(value: Any) -> float | None:
    usable = isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0
    return float(value) if usable else None
