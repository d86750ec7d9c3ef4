"""What Twilio's webhook about text messages is answered; imports the services."""

from __future__ import annotations

from django.http import QueryDict
from twilio.twiml.messaging_response import MessagingResponse

from tools_library.engine.cleaning import clean_text
from voiceassist.conversations.services import sms_receiving
from voiceassist.conversations.services.database import threads
from voiceassist.conversations.services.sms_receiving import Delivery
from voiceassist.foundation.providers.twilio_webhooks import Form, Headers, Webhooks


async def _sms(form: Form, query: QueryDict, headers: Headers) -> str:
    response, delivery = MessagingResponse(), _delivery(form)
    if delivery.sid and delivery.sender:
        reply = await threads.run(sms_receiving.receive, delivery)
        if reply:
            response.message(reply)
    return str(response)


def _delivery(form: Form) -> Delivery:
    media = form.get("NumMedia", "")
    return Delivery(
        sid=clean_text(form.get("MessageSid") or form.get("SmsMessageSid") or "")[:64],
        sender=clean_text(form.get("From", ""))[:40],
        to=clean_text(form.get("To", ""))[:40],
        text=form.get("Body", ""),
        media=int(media) if media.isascii() and media.isdigit() else 0,
        obeyed=form.get("OptOutType", "").lower(),
    )


webhooks = Webhooks({"sms": _sms})
