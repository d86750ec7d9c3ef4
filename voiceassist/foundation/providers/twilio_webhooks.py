"""Twilio's webhooks as one ASGI callable, mounted before Django; imports the signature's check.

Sync-only middleware costs a thread hop per request under ASGI; these requests need none of it:
they carry a signature instead of a session.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from django.core.exceptions import TooManyFieldsSent
from django.http import QueryDict

from voiceassist.foundation.providers.twilio import is_signed, public_url

log = logging.getLogger(__name__)

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Form = dict[str, str]
Headers = dict[str, str]
Handler = Callable[[Form, QueryDict, Headers], Awaitable[str]]

BODY_MAX = 64 * 1024
PREFIX = "/twilio/"


class Webhooks:
    """Answers `POST /twilio/…`: TwiML, or an empty 204; 403 where Twilio has not signed.

    Args:
        routes: the path below `/twilio/` → what answers it, from the form, the address's query
            and the headers (in lower case).
    """

    def __init__(self, routes: Mapping[str, Handler]) -> None:
        self._routes = dict(routes)

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Serve one request."""
        handler = self._routes.get(scope["path"].removeprefix(PREFIX).rstrip("/"))
        if handler is None:
            await _answer(send, 404, "No such webhook.")
            return
        if scope["method"] != "POST":
            await _answer(send, 405, "Webhooks are posted.")
            return
        body = await _body(receive)
        if body is None:
            await _answer(send, 413, "The form is too large.")
            return
        raw_query = scope["query_string"].decode("latin-1")
        try:
            form, query = QueryDict(body, encoding="utf-8"), QueryDict(raw_query)
        except TooManyFieldsSent:
            await _answer(send, 413, "The form has too many fields.")
            return
        url = public_url(scope["path"] + (f"?{raw_query}" if raw_query else ""))
        headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        if not is_signed(url, form, headers):
            log.warning("an unsigned webhook was refused", extra={"path": scope["path"]})
            await _answer(send, 403, "The signature does not fit this address and form.")
            return
        values = {name: str(form.get(name) or "") for name in form}
        try:
            text = await handler(values, query, headers)
        except Exception:
            log.exception("a webhook failed", extra={"path": scope["path"]})
            await _answer(send, 500, "Something broke on our side.")
            return
        await _answer(send, 200 if text else 204, text, xml=True)


async def _body(receive: Receive) -> bytes | None:
    body = b""
    while True:
        event = await receive()
        if event["type"] != "http.request":
            return None
        body += bytes(event.get("body", b""))
        if len(body) > BODY_MAX:
            return None
        if not event.get("more_body"):
            return body


async def _answer(send: Send, status: int, text: str, *, xml: bool = False) -> None:
    kind = b"text/xml; charset=utf-8" if xml else b"text/plain; charset=utf-8"
    raw = text.encode()
    headers = [(b"content-type", kind), (b"content-length", str(len(raw)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": raw})
