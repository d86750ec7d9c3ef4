"""Routes of the tool server that ask who comes, ask to wait, or speak another envelope.

Imports the stand-ins' small HTTP helpers only; no Django. Ids and secrets are for show.
"""

import base64
import binascii
import gzip
import hashlib
import hmac
import json
import time
from collections import OrderedDict
from typing import Any
from urllib.parse import unquote_plus

from voiceassist.demo.stand_ins.asgi import Answer, Request

CLIENT = ("demo-client", "demo-client-secret")
SIGNING_SECRET = "demo-signing-secret"  # noqa: S105 - guards nothing
_MOST_KEPT = 1_000
_SIGNED_SECONDS = 300


class Checks:
    """Tokens that were given out and callers that were asked to wait."""

    def __init__(self) -> None:
        self._tokens: OrderedDict[str, None] = OrderedDict()
        self._asked: OrderedDict[str, None] = OrderedDict()
        self._given = 0

    async def token(self, request: Request) -> Answer:
        """Gives a token for the demo client's id and secret; DELETE makes all of them void."""
        if request.method == "DELETE":
            self._tokens.clear()
            return Answer(200, {})
        form = dict(request.form())
        if form.get("grant_type") != "client_credentials":
            return Answer(400, {"error": "unsupported_grant_type"})
        given = _basic(request) or (form.get("client_id"), form.get("client_secret"))
        if given != CLIENT:
            return Answer(401, {"error": "invalid_client"})
        self._given += 1
        token = f"demo-token-{self._given}"
        _remember(self._tokens, token)
        return Answer(200, {"access_token": token, "token_type": "Bearer", "expires_in": 3_600})

    async def secured(self, request: Request) -> Answer:
        """Answers who brings a token that is good."""
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or token not in self._tokens:
            return Answer(401, {"success": False, "message": "Bring a good access token."})
        return _said("The token is good.")

    async def signed(self, request: Request) -> Answer:
        """Answers who signed `{timestamp}.{body}` with the demo's secret, not long ago."""
        timestamp = request.headers.get("x-timestamp", "")
        signature = request.headers.get("x-signature", "")
        message = timestamp.encode() + b"." + request.body
        digest = hashlib.sha512 if len(signature) == 128 else hashlib.sha256
        wanted = hmac.new(SIGNING_SECRET.encode(), message, digest).hexdigest()
        recent = timestamp.isdigit() and abs(time.time() - int(timestamp)) < _SIGNED_SECONDS
        if not recent or not hmac.compare_digest(wanted, signature):
            return Answer(401, {"success": False, "message": "The signature is not good."})
        return _said("The signature is good.")

    async def throttled(self, request: Request) -> Answer:
        """Asks each `?key=` once to come back after `?after=` seconds (1)."""
        key = request.query.get("key", [""])[0]
        if key in self._asked:
            return _said("Now there is time.")
        _remember(self._asked, key)
        after = request.query.get("after", ["1"])[0]
        body = {"success": False, "message": "Not now."}
        return Answer(429, body, headers=(("retry-after", after),))


async def zipped(request: Request) -> Answer:
    """Answers compressed."""
    body = {"success": True, "message": "Unzipped.", "data": None}
    headers = (("content-encoding", "gzip"),)
    return Answer(200, gzip.compress(json.dumps(body).encode()), headers=headers)


async def vapi(request: Request) -> Answer:
    """Answers each call of a `tool-calls` message, as tool servers for Vapi do."""
    given = request.json()
    message = given.get("message") if isinstance(given, dict) else None
    if not isinstance(message, dict) or message.get("type") != "tool-calls":
        return Answer(400, {"error": "Send a message of type tool-calls."})
    results = [
        {"toolCallId": each["id"], "result": f"{each['name']} is done."}
        for each in message.get("toolCallList", [])
    ]
    return Answer(200, {"results": results})


def _basic(request: Request) -> tuple[str, str] | None:
    kind, _, pair = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        user, _, password = base64.b64decode(pair).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return unquote_plus(user), unquote_plus(password)


def _said(message: str) -> Answer:
    answer: dict[str, Any] = {"success": True, "message": message, "data": None}
    return Answer(200, answer)


def _remember(kept: OrderedDict[str, None], key: str) -> None:
    kept[key] = None
    while len(kept) > _MOST_KEPT:
        kept.popitem(last=False)
