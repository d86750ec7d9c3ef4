"""Who must say yes to a run, and how long they have; pure, imports only the behaviour's words."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from tools_library.behaviour import Behaviour

Asked = Literal["caller", "user", "staff"]

_CONFIRMED_BY: dict[str, Asked] = {"call": "caller", "sms": "caller", "chat": "user"}
"""Where somebody is there who can say so. Programs and tests have said so by calling."""

_SECONDS: dict[tuple[Asked, str], int] = {("caller", "call"): 60, ("staff", "call"): 120}
_ELSEWHERE_SECONDS = 24 * 3600


def who_is_asked(behaviour: Behaviour, *, require_confirmation: bool, trigger: str) -> Asked | None:
    """Return who must say yes before a run in a context; None: nobody."""
    policy = behaviour.approval
    if policy == "none" and require_confirmation:
        policy = "confirm"
    if policy == "staff":
        return "staff"
    return _CONFIRMED_BY.get(trigger) if policy == "confirm" else None


def time_to_answer(asked: Asked, trigger: str) -> timedelta:
    """Return how long a question stays open; a caller holds the line, others can take a day."""
    return timedelta(seconds=_SECONDS.get((asked, trigger), _ELSEWHERE_SECONDS))
