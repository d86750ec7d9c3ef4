"""Twilio's webhooks as one ASGI callable, mounted before Django.

Sync-only middleware costs a thread hop per request under ASGI; these requests need none of it:
they carry a signature instead of a session.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from django.core.exceptions import TooManyFieldsSent
from django.http import QueryDict

from calls.live import live_calls
from calls.services import incoming, twiml
from calls.services.pool import in_pool
from voiceassist.foundation.providers.twilio import is_signed, public_url

log = logging.getLogger(__name__)

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Headers = dict[str, str]

BODY_MAX = 64 * 1024
PREFIX = "/twilio/"
DELIVERY = "i-twilio-idempotency-token"


def _form(form: QueryDict) -> dict[str, str]:
    return {name: str(form.get(name) or "") for name in form}


async def _voice(form: QueryDict, query: QueryDict, headers: Headers) -> str:
    if live_calls.draining:
        return twiml.busy()
    if not form.get("CallSid"):
        return twiml.hang_up()
    return await in_pool(incoming.ring, _form(form))


async def _status(form: QueryDict, query: QueryDict, headers: Headers) -> str:
    if query.get("transfer"):
        await in_pool(incoming.dialled, _form(form), str(query["transfer"]))
    else:
        await in_pool(incoming.status, _form(form), str(query.get("call") or ""))
    return ""


async def _stream_status(form: QueryDict, query: QueryDict, headers: Headers) -> str:
    incoming.stream_status(_form(form))
    return ""


async def _resume(form: QueryDict, query: QueryDict, headers: Headers) -> str:
    return await in_pool(incoming.next_verb, _form(form), _redirected(query, headers))


async def _dial_result(form: QueryDict, query: QueryDict, headers: Headers) -> str:
    key = str(query.get("transfer") or "")
    return await in_pool(incoming.dial_result, _form(form), key, _redirected(query, headers))


def _redirected(query: QueryDict, headers: Headers) -> incoming.Redirected:
    waited = str(query.get("waited") or "")
    return incoming.Redirected(
        delivery=headers.get(DELIVERY, ""),
        waited=int(waited) if waited.isascii() and waited.isdigit() else 0,
        draining=live_calls.draining,
    )


_ROUTES = {
    "voice": _voice,
    "status": _status,
    "stream-status": _stream_status,
    "resume": _resume,
    "dial-result": _dial_result,
}


async def webhooks(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Answer `POST /twilio/…`: TwiML, or an empty 204; 403 where Twilio has not signed."""
    handler = _ROUTES.get(scope["path"].removeprefix(PREFIX).rstrip("/"))
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
    try:
        text = await handler(form, query, headers)
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
