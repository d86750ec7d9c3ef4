"""The stand-in tool server: what the demo's endpoint tools call, and a log of what came in."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from voiceassist.demo.stand_ins.asgi import Answer, Request

PREFIX = "/tools"
MAX_LOG = 1000
MAX_SLOW_MS = 120_000
_ORDERS = {
    "1042": {"status": "out for delivery", "item": "city bicycle", "arrives": "tomorrow"},
    "1043": {"status": "in the workshop", "item": "touring bicycle", "arrives": "next week"},
}
_DAYS = {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

Handler = Callable[[Request], Awaitable[Answer]]


def _result(success: bool, message: str, data: Any = None) -> Answer:
    return Answer(200, {"success": success, "message": message, "data": data})


def _value(request: Request, name: str, default: str) -> str:
    if name in request.query:
        return request.query[name][0]
    body = request.json()
    return str(body.get(name, default)) if isinstance(body, dict) else default


async def _order(request: Request) -> Answer:
    number = _value(request, "order_id", "")
    order = _ORDERS.get(number)
    if order is None:
        return _result(False, f"There is no order {number or 'without a number'}.")
    message = f"Order {number} is {order['status']}."
    return _result(True, message, {"order_id": number, **order})


async def _appointment(request: Request) -> Answer:
    day = _value(request, "day", "").lower()
    if day not in _DAYS:
        return _result(False, "The workshop is open from Monday to Saturday. Which day is it?")
    message = f"The workshop expects you on {day.title()} at ten."
    return _result(True, message, {"day": day, "time": "10:00"})


async def _slow(request: Request) -> Answer:
    text = _value(request, "ms", "1000")
    if not text.isdigit() or int(text) > MAX_SLOW_MS:
        return Answer(400, {"success": False, "message": f"ms must be 0 to {MAX_SLOW_MS}."})
    await asyncio.sleep(int(text) / 1000)
    return _result(True, "The bicycle is in stock.", {"waited_ms": int(text)})


async def _garbage(request: Request) -> Answer:
    return Answer(200, b'{"success": tru\xff', "application/json")


async def _echo(request: Request) -> Answer:
    return Answer(
        200,
        {
            "success": True,
            "message": "Here is what arrived.",
            "data": {
                "method": request.method,
                "path": request.path,
                "query": request.query,
                "headers": request.headers,
                "body": request.body.decode(errors="replace"),
            },
        },
    )


async def _status(request: Request) -> Answer:
    text = request.path.rpartition("/")[2]
    if not text.isdigit() or not 200 <= int(text) <= 599:
        return Answer(404, {"success": False, "message": "Give a status from 200 to 599."})
    ok = int(text) < 400
    return Answer(int(text), {"success": ok, "message": f"Status {text}, as asked."})


_ROUTES: dict[str, tuple[str, Handler]] = {
    "/orders/lookup": ("POST", _order),
    "/appointments": ("POST", _appointment),
    "/slow": ("", _slow),
    "/garbage": ("", _garbage),
    "/echo": ("", _echo),
}


class ToolServer:
    """Answers `/tools/…`; remembers the last requests."""

    def __init__(self) -> None:
        self.log: deque[dict[str, Any]] = deque(maxlen=MAX_LOG)

    async def handle(self, request: Request) -> Answer:
        """One request; everything but `_log` itself is logged."""
        path = request.path.removeprefix(PREFIX)
        if path == "/_log":
            if request.method == "DELETE":
                self.log.clear()
            return Answer(200, {"requests": list(self.log)})
        self._note(request, path)
        if path.startswith("/status/"):
            return await _status(request)
        method, handler = _ROUTES.get(path, ("", None))
        if handler is None:
            known = ", ".join(f"{PREFIX}{route}" for route in _ROUTES)
            return Answer(404, {"success": False, "message": f"Known here: {known}."})
        if method and request.method != method:
            return Answer(405, {"success": False, "message": f"Use {method}."})
        return await handler(request)

    def _note(self, request: Request, path: str) -> None:
        self.log.append(
            {
                "at": time.monotonic(),
                "method": request.method,
                "path": path,
                "query": request.query,
                "headers": request.headers,
                "body": request.body.decode(errors="replace"),
            }
        )
