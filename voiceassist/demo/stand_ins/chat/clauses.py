"""A person's message, cut into wishes: `then` makes steps, `and` makes siblings. Pure.

Quoted words and JSON objects stay whole.
"""

import re
from collections.abc import Callable

_WHOLE = re.compile(r'\{(?:[^{}]|\{[^{}]*\})*\}|"[^"]*"|“[^”]*”')
_STEPS = re.compile(r"[,;.]?\s*\b(?:and\s+)?(?:then|afterwards)\b,?\s*", re.IGNORECASE)
_SIBLINGS = re.compile(r",?\s+and\s+|[,;]\s+|(?<=[.?!])\s+|\s+y\s+", re.IGNORECASE)
_HELD = re.compile("\ue000(\\d+)\ue001")


def steps(text: str, is_wish: Callable[[str], bool]) -> list[list[str]]:
    """The wishes of each step. A part that is no wish belongs to the wish before it."""
    held: list[str] = []

    def hold(found: re.Match[str]) -> str:
        held.append(found[0])
        return f"\ue000{len(held) - 1}\ue001"

    def release(part: str) -> str:
        return _HELD.sub(lambda found: held[int(found[1])], part)

    bare = _WHOLE.sub(hold, _HELD.sub("", text))
    parts = [[release(part) for part in _SIBLINGS.split(step)] for step in _STEPS.split(bare)]
    joined = [_joined([part.strip() for part in step if part.strip()], is_wish) for step in parts]
    return [step for step in joined if step]


def _joined(parts: list[str], is_wish: Callable[[str], bool]) -> list[str]:
    wishes: list[str] = []
    for part in parts:
        if wishes and not is_wish(part):
            wishes[-1] += f" and {part}"
        else:
            wishes.append(part)
    return wishes


def quoted(text: str) -> str:
    """The first words in quotation marks; empty without."""
    found = re.search(r'"([^"]*)"|“([^”]*)”', text)
    return (found[1] or found[2] or "").strip() if found else ""


def after(text: str, words: str) -> str:
    """What follows one of `words` (a pattern), without the marks around it; empty without."""
    found = re.search(rf"\b(?:{words})\b[:,]?\s+(.+)", text, re.IGNORECASE | re.DOTALL)
    return found[1].strip().strip('"“”').rstrip(".!") if found else ""
