"""How the chat model misbehaves: the faults there are, and magic words that ask for one. Pure.

A message with `stand-in:stall` in it stalls; with `stand-in:server_error:2` the first two requests
of each step (each `Idempotency-Key`) fail.
"""

import json
import re
from dataclasses import dataclass, replace
from typing import get_args

from voiceassist.demo.stand_ins.behaviour import ChatFault
from voiceassist.demo.stand_ins.chat.arguments import fitting
from voiceassist.demo.stand_ins.chat.checks import Order
from voiceassist.demo.stand_ins.chat.errors import Refused
from voiceassist.demo.stand_ins.chat.wishes import Call

FAULTS: tuple[str, ...] = tuple(name for name in get_args(ChatFault) if name)
_MAGIC = re.compile(rf"\bstand-in:({'|'.join(FAULTS)})\b(?::(\d+))?")
_MANY = 40


@dataclass(frozen=True)
class Reply:
    """What is answered: words, calls, or both. `ids` are the calls' own where they are given."""

    text: str
    calls: tuple[Call, ...] = ()
    finish_reason: str = ""
    refusal: str = ""
    ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Magic:
    """A fault that a message asks for, and for how many attempts of a step; 0: for all."""

    fault: str
    times: int = 0


def magic_in(text: str) -> Magic | None:
    """What the message asks for, if anything."""
    found = _MAGIC.search(text)
    return Magic(found[1], int(found[2] or 0)) if found else None


def without_magic(text: str) -> str:
    """The message without its magic words."""
    return _MAGIC.sub("", text).strip()


def refusal(fault: str, retry_after_s: float) -> Refused | None:
    """The faults that refuse the request."""
    if fault == "server_error":
        return Refused(
            "The server had an error while processing your request. Sorry about that!",
            status=500,
            kind="server_error",
        )
    if fault == "rate_limited":
        return Refused(
            "Rate limit reached for requests. Please try again later.",
            status=429,
            kind="requests",
            code="rate_limit_exceeded",
            headers=(("retry-after", f"{retry_after_s:g}"),),
        )
    if fault == "no_credit":
        return Refused(
            "You exceeded your current quota, please check your plan and billing details.",
            status=429,
            kind="insufficient_quota",
            code="insufficient_quota",
        )
    return None


def distort(made: Reply, fault: str, order: Order) -> Reply:
    """The faults that change what is answered; other faults leave it as it is."""
    if fault == "empty":
        return Reply("", finish_reason="stop")
    if fault == "length":
        return replace(made, text=made.text[: len(made.text) // 2], finish_reason="length")
    if fault == "content_filter":
        return Reply("", finish_reason="content_filter")
    if fault == "refusal":
        return Reply("", refusal="I cannot help with that.", finish_reason="stop")
    if fault == "unknown_tool":
        return replace(made, calls=(Call("no_such_tool", "{}"),))
    calls = made.calls or _any_call(order)
    if not calls:
        return made
    if fault == "loop":
        return replace(made, calls=calls)
    if fault == "broken_json":
        broken = Call(calls[0].name, calls[0].arguments[:-1] + ', "')
        return replace(made, calls=(broken, *calls[1:]))
    if fault == "duplicate_ids":
        doubled = (calls[0], calls[0])
        return replace(made, calls=doubled, ids=("call_1", "call_1"))
    if fault == "no_ids":
        return replace(made, calls=calls, ids=("",) * len(calls))
    if fault == "too_many_calls":
        return replace(made, calls=calls[:1] * _MANY)
    return made


def _any_call(order: Order) -> tuple[Call, ...]:
    for name, schema in order.tools.items():
        return (Call(name, json.dumps(fitting(schema, {}, "again"))),)
    return ()
