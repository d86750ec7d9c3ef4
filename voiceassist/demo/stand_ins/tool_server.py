"""The tool server `/tools/…`: what the demo's tools call, and answers good and bad on demand.

Imports the stand-ins' small HTTP helpers only; no Django.
"""

import asyncio
import binascii
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from voiceassist.demo.stand_ins import tool_checks
from voiceassist.demo.stand_ins.asgi import Answer, Request

MAX_WAIT_MS = 120_000
MAX_LOGGED = 1_000
_SLOW_MS = 3_000
_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ORDERS = {
    "1042": {"status": "on its way", "item": "city bicycle", "arrives": "tomorrow"},
    "1043": {"status": "waiting for a part", "item": "touring bicycle", "arrives": "next week"},
    "1044": {"status": "ready to collect", "item": "bell", "arrives": "today"},
}

Handler = Callable[[Request], Awaitable[Answer]]


class ToolServer:
    """Answers below `/tools/`; `log` is what it received, oldest first, bounded."""

    def __init__(self) -> None:
        self.log: deque[dict[str, Any]] = deque(maxlen=MAX_LOGGED)
        checks = tool_checks.Checks()
        self._routes: dict[str, Handler] = {
            "orders/lookup": self._order,
            "orders/cancel": self._cancel,
            "appointments": self._appointment,
            "slow": self._slow,
            "garbage": self._garbage,
            "echo": self._echo,
            "token": checks.token,
            "secured": checks.secured,
            "signed": checks.signed,
            "throttled": checks.throttled,
            "zipped": tool_checks.zipped,
            "vapi": tool_checks.vapi,
        }

    async def answer(self, request: Request) -> Answer:
        """Answers one request whose path begins with `/tools/`."""
        name = request.path.removeprefix("/tools/").rstrip("/")
        if name == "_log":
            return self._answer_log(request)
        self.log.append(_record(request))
        if name.startswith("status/"):
            return _status(name.removeprefix("status/"))
        handler = self._routes.get(name)
        if handler is None:
            known = ", ".join([*self._routes, "status/{code}"])
            return Answer(404, {"message": f"There is no tool {name!r} here. There are: {known}."})
        return await handler(request)

    def _answer_log(self, request: Request) -> Answer:
        if request.method == "DELETE":
            self.log.clear()
        return Answer(200, {"requests": list(self.log)})

    async def _order(self, request: Request) -> Answer:
        order_id, problem = _asked_order(request)
        if problem is not None:
            return problem
        found = _ORDERS[order_id]
        message = f"Order {order_id} is {found['status']}."
        return _success(message, {"order_id": order_id, **found})

    async def _cancel(self, request: Request) -> Answer:
        order_id, problem = _asked_order(request)
        if problem is not None:
            return problem
        data = {"order_id": order_id, "status": "cancelled"}
        return _success(f"Order {order_id} is cancelled.", data)

    async def _appointment(self, request: Request) -> Answer:
        day = str(_fields(request).get("day") or "").strip().lower()
        if day not in _WEEK:
            return _failure("Which day of the week should it be?")
        if day == "sunday":
            return _failure("The workshop is closed on Sundays.")
        reference = f"W{binascii.crc32(request.body) % 10_000:04d}"
        data = {"day": day.capitalize(), "time": "10:00", "reference": reference}
        return _success(f"The workshop expects you on {day.capitalize()} at ten.", data)

    async def _slow(self, request: Request) -> Answer:
        given = request.query.get("ms", [_fields(request).get("ms", _SLOW_MS)])[0]
        try:
            wait_ms = min(max(int(given), 0), MAX_WAIT_MS)
        except (TypeError, ValueError):
            return Answer(400, {"success": False, "message": "ms must be a whole number."})
        await asyncio.sleep(wait_ms / 1000)
        return _success("There are four in stock.", {"waited_ms": wait_ms, "in_stock": 4})

    async def _garbage(self, request: Request) -> Answer:
        return Answer(200, b'{"success": true, "message": "cut o\xff\x00', "application/json")

    async def _echo(self, request: Request) -> Answer:
        return _success("Echo.", _record(request))


def _record(request: Request) -> dict[str, Any]:
    return {
        "at": time.time(),
        "method": request.method,
        "path": request.path,
        "query": request.query,
        "headers": request.headers,
        "body": request.body.decode(errors="replace"),
        "json": request.json(),
    }


def _fields(request: Request) -> dict[str, Any]:
    """The body's fields; those below `parameters` where the body wraps them."""
    given = request.json()
    if not isinstance(given, dict):
        return {}
    inner = given.get("parameters")
    return inner if isinstance(inner, dict) else given


def _asked_order(request: Request) -> tuple[str, Answer | None]:
    """The number of the order that is asked about, and what is wrong with it."""
    order_id = str(_fields(request).get("order_id") or "").strip().removeprefix("#")
    if not order_id:
        return "", _failure("Which order is it? The order number is missing.")
    known = order_id in _ORDERS
    return order_id, None if known else _failure(f"There is no order {order_id}.")


def _success(message: str, data: dict[str, Any]) -> Answer:
    return Answer(200, {"success": True, "message": message, "data": data})


def _failure(message: str) -> Answer:
    return Answer(200, {"success": False, "message": message, "data": None})


def _status(code: str) -> Answer:
    if not code.isdigit() or not 200 <= int(code) <= 599:
        return Answer(400, {"success": False, "message": "A status is a number from 200 to 599."})
    status = int(code)
    if status in (204, 304):
        return Answer(status, b"")
    headers = (("location", "/tools/echo"),) if 300 <= status < 400 else ()
    body = {"success": status < 400, "message": f"Status {status} as asked.", "data": None}
    return Answer(status, body, headers=headers)
