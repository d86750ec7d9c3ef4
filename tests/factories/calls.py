"""Makes callable assistants and signed webhooks for tests of calls."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from twilio.request_validator import RequestValidator

from calls.models import Call
from calls.webhooks import webhooks
from tests.factories.assistants import make_assistant, make_number
from tests.factories.organizations import make_organization
from voiceassist.assistants.models import PhoneNumber

OUR_NUMBER = "+12025550123"
CALLER = "+12025550177"


def make_line(**assistant: Any) -> PhoneNumber:
    """An organization whose number rings a published assistant."""
    organization = make_organization()
    return make_number(organization, OUR_NUMBER, make_assistant(organization, **assistant))


def sign(path: str, form: dict[str, str] | None) -> str:
    """Return Twilio's signature over PUBLIC_URL + path and the form."""
    url = settings.PUBLIC_URL + path
    if form is None:
        url = url.replace("http", "ws", 1)
    return RequestValidator(settings.TWILIO_AUTH_TOKEN).compute_signature(url, form or {})


def ring_form(call_sid: str = "CA1", **more: str) -> dict[str, str]:
    """The fields of a voice webhook."""
    return {
        "AccountSid": settings.TWILIO_ACCOUNT_SID,
        "CallSid": call_sid,
        "From": CALLER,
        "To": OUR_NUMBER,
        "CallStatus": "ringing",
        "Direction": "inbound",
        **more,
    }


def post(
    path: str,
    form: dict[str, str],
    signature: str | None = None,
    headers: dict[str, str] | None = None,
) -> tuple[int, str]:
    """Post a webhook; signed rightly unless told otherwise. Return status and body."""
    return asyncio.run(post_async(path, form, signature, headers))


async def post_async(
    path: str,
    form: dict[str, str],
    signature: str | None = None,
    more_headers: dict[str, str] | None = None,
) -> tuple[int, str]:
    """The same on a running loop."""
    bare, _, query = path.partition("?")
    headers = [(b"x-twilio-signature", (signature or sign(path, form)).encode())]
    headers += [(name.lower().encode(), v.encode()) for name, v in (more_headers or {}).items()]
    scope = {
        "type": "http",
        "method": "POST",
        "path": bare,
        "query_string": query.encode(),
        "headers": headers if signature != "" else [],
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": urlencode(form).encode(), "more_body": False}

    async def send(event: dict[str, Any]) -> None:
        sent.append(event)

    await webhooks(scope, receive, send)
    return sent[0]["status"], sent[1]["body"].decode()


def only_call() -> Call:
    """The one call there is."""
    return Call.unscoped.get()
