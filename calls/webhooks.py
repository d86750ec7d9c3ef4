"""What Twilio's webhooks about calls are answered; imports the call services."""

from __future__ import annotations

from django.http import QueryDict

from calls.live import live_calls
from calls.services import incoming, twiml
from calls.services.pool import in_pool
from voiceassist.foundation.providers.twilio_webhooks import Form, Headers, Webhooks

DELIVERY = "i-twilio-idempotency-token"


async def _voice(form: Form, query: QueryDict, headers: Headers) -> str:
    if live_calls.draining:
        return twiml.busy()
    if not form.get("CallSid"):
        return twiml.hang_up()
    return await in_pool(incoming.ring, form)


async def _status(form: Form, query: QueryDict, headers: Headers) -> str:
    if query.get("transfer"):
        await in_pool(incoming.dialled, form, str(query["transfer"]))
    else:
        await in_pool(incoming.status, form, str(query.get("call") or ""))
    return ""


async def _stream_status(form: Form, query: QueryDict, headers: Headers) -> str:
    incoming.stream_status(form)
    return ""


async def _resume(form: Form, query: QueryDict, headers: Headers) -> str:
    return await in_pool(incoming.next_verb, form, _redirected(query, headers))


async def _dial_result(form: Form, query: QueryDict, headers: Headers) -> str:
    key = str(query.get("transfer") or "")
    return await in_pool(incoming.dial_result, form, key, _redirected(query, headers))


def _redirected(query: QueryDict, headers: Headers) -> incoming.Redirected:
    waited = str(query.get("waited") or "")
    return incoming.Redirected(
        delivery=headers.get(DELIVERY, ""),
        waited=int(waited) if waited.isascii() and waited.isdigit() else 0,
        draining=live_calls.draining,
    )


webhooks = Webhooks(
    {
        "voice": _voice,
        "status": _status,
        "stream-status": _stream_status,
        "resume": _resume,
        "dial-result": _dial_result,
    }
)
