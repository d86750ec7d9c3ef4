"""The WebSocket of a live page: who may watch is asked once, then the hub's frames go out.

A plain ASGI application, so that no message waits for the thread that Django's sync code shares.
Imports the hub and Django's sessions; which topic, and whether one may watch it, the rooms say.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from urllib.parse import parse_qs, urlsplit

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, parse_cookie
from django.http.request import validate_host

from voiceassist.foundation.events.hub import current_hub
from voiceassist.foundation.events.viewer import Frame, Viewer

log = logging.getLogger(__name__)

RECHECK_SECONDS = 15.0
SLOW_VIEWER_SECONDS = 30.0
CLOSE_SECONDS = 3.0

BAD_REQUEST, SIGN_IN, FORBIDDEN, NOT_FOUND = 4400, 4401, 4403, 4404
TRY_AGAIN = 1013

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]


class SocketRefused(Exception):
    """This asker may not watch; before the accept the server answers 403.

    Args:
        code: close code, one of the 44xx above.
        reason: a few words for the log and for clients that were already watching.
    """

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True)
class Subscription:
    """What a socket shows.

    Args:
        organization_id: whose events.
        topic: such as `call:12`.
        message: turns a frame `{"type", "seq", "at", "data"}` into the JSON object to send.
    """

    organization_id: int
    topic: str
    message: Callable[[Frame], dict[str, Any]]

    @property
    def place(self) -> tuple[int, str]:
        """The organization and the topic, which is what the hub is asked for."""
        return self.organization_id, self.topic


Authorize = Callable[..., Subscription]


class PageSocket:
    """ASGI application of one kind of live page.

    Args:
        authorize: called in a thread as `authorize(request, **route arguments)`, at the handshake
            and every `RECHECK_SECONDS`; `request` has headers, session and user. Returns a
            Subscription.

            Raises SocketRefused: the asker may not watch.
    """

    def __init__(self, authorize: Authorize) -> None:
        self._authorize = authorize

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Serve one socket from handshake to close."""
        if (await receive())["type"] != "websocket.connect":
            return
        try:
            after = _after(scope)
            _check_origin(scope)
            subscription = await self._ask(scope)
        except SocketRefused as refusal:
            await send({"type": "websocket.close", "code": refusal.code, "reason": refusal.reason})
            return
        hub, place = current_hub(), subscription.place
        try:
            viewer = await hub.watch(*place, after)
        except DatabaseError:
            log.warning("live page not served: the database cannot be read")
            await send({"type": "websocket.close", "code": TRY_AGAIN, "reason": "try again"})
            return
        try:
            # Only now, so that whoever sees the line open misses nothing from then on.
            await send({"type": "websocket.accept"})
            await self._serve(scope, receive, send, viewer, subscription)
        finally:
            # The server may be cancelling this task; the group must be left all the same.
            await asyncio.shield(hub.leave(*place, viewer))

    async def _serve(
        self,
        scope: dict[str, Any],
        receive: Receive,
        send: Send,
        viewer: Viewer,
        subscription: Subscription,
    ) -> None:
        tasks = [
            asyncio.create_task(_answer_until_closed(receive, send)),
            asyncio.create_task(_forward(viewer, subscription, send)),
            asyncio.create_task(self._recheck(scope, send, subscription)),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            for outcome in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(outcome, DatabaseError):
                    log.warning("live page ended: the database cannot be read")
                elif isinstance(outcome, Exception) and not isinstance(outcome, OSError):
                    log.error("live page ended", exc_info=outcome)
        # Closed already, by either side, or nobody reads: the group must be left all the same.
        with suppress(Exception):
            async with asyncio.timeout(CLOSE_SECONDS):
                await send({"type": "websocket.close", "code": TRY_AGAIN})

    async def _ask(self, scope: dict[str, Any]) -> Subscription:
        arguments = scope.get("url_route", {}).get("kwargs", {})
        return await sync_to_async(self._ask_in_thread, thread_sensitive=False)(scope, arguments)

    def _ask_in_thread(self, scope: dict[str, Any], arguments: dict[str, Any]) -> Subscription:
        try:
            return self._authorize(as_request(scope), **arguments)
        finally:
            connection.close()

    async def _recheck(self, scope: dict[str, Any], send: Send, shown: Subscription) -> None:
        # Who signs out, leaves the organization or switches stops watching, this much later.
        while True:
            await asyncio.sleep(RECHECK_SECONDS)
            try:
                if (await self._ask(scope)).place != shown.place:
                    raise SocketRefused(NOT_FOUND, "you act for another organization now")
            except SocketRefused as refusal:
                close = {"code": refusal.code, "reason": refusal.reason}
                await send({"type": "websocket.close", **close})
                return
            except DatabaseError:
                log.warning("live page not checked again: the database cannot be read")


def as_request(scope: dict[str, Any]) -> HttpRequest:
    """Return the handshake as a request with headers, session and user; reads the database."""
    request = HttpRequest()
    for name, value in scope.get("headers", ()):
        key = "HTTP_" + name.decode("latin-1").upper().replace("-", "_")
        request.META[key] = value.decode("latin-1")
    request.COOKIES = parse_cookie(request.META.get("HTTP_COOKIE", ""))
    engine = import_module(settings.SESSION_ENGINE)
    request.session = engine.SessionStore(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
    request.user = get_user(request)
    return request


def _after(scope: dict[str, Any]) -> int | None:
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
    if "after" not in query:
        return None
    number = query["after"][-1]
    if not (number.isascii() and number.isdigit() and len(number) <= 18):
        raise SocketRefused(BAD_REQUEST, "after must be the seq of a message, a whole number")
    return int(number)


def _check_origin(scope: dict[str, Any]) -> None:
    # Browsers always send it; programs may leave it out.
    headers = dict(scope.get("headers", ()))
    origin = headers.get(b"origin", b"").decode("latin-1")
    if not origin or origin in settings.CSRF_TRUSTED_ORIGINS:
        return
    parts, host = urlsplit(origin), headers.get(b"host", b"").decode("latin-1")
    if parts.netloc != host or not validate_host(parts.hostname or "", settings.ALLOWED_HOSTS):
        raise SocketRefused(FORBIDDEN, "this page comes from another site")


async def _answer_until_closed(receive: Receive, send: Send) -> None:
    # Pages ask now and then whether the line is still up; a browser cannot see protocol pings.
    while (message := await receive())["type"] != "websocket.disconnect":
        if message.get("text") == "ping":
            await send({"type": "websocket.send", "text": "pong"})


async def _forward(viewer: Viewer, subscription: Subscription, send: Send) -> None:
    async for batch in viewer.batches():
        for frame in batch:
            text = json.dumps(subscription.message(frame), ensure_ascii=False)
            async with asyncio.timeout(SLOW_VIEWER_SECONDS):
                await send({"type": "websocket.send", "text": text})
