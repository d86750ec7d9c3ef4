"""Status callbacks of one call: signed, numbered, and on demand repeated or out of order.

Imports the caller's signed posts.
"""

import asyncio
import logging
from datetime import UTC, datetime
from email.utils import format_datetime

from voiceassist.demo.caller.webhooks import Unreachable, Webhooks
from voiceassist.demo.stand_ins.behaviour import Behaviour
from voiceassist.demo.stand_ins.twilio.call import API_VERSION, PhoneCall

logger = logging.getLogger(__name__)

_EVENTS = {"initiated": "initiated", "ringing": "ringing", "in-progress": "answered"}

Form = dict[str, str]


def form_of(call: PhoneCall) -> Form:
    """The fields of every request about a call."""
    return {
        "AccountSid": call.account_sid,
        "ApiVersion": API_VERSION,
        "CallSid": call.sid,
        "CallStatus": call.status,
        "Direction": "outbound-api",
        "From": call.order.from_,
        "To": call.order.to,
        "Caller": call.order.from_,
        "Called": call.order.to,
    }


class Statuses:
    """Posts in the background, one after another; `finish()` waits for the last one."""

    def __init__(self, call: PhoneCall, webhooks: Webhooks, behaviour: Behaviour) -> None:
        self._call = call
        self._webhooks = webhooks
        self._behaviour = behaviour
        self._sequence = 0
        self._held: Form | None = None
        self._queue: asyncio.Queue[Form | None] = asyncio.Queue()
        self._posting = asyncio.create_task(self._post_all())

    def turn(self, status: str) -> None:
        """Changes the call's status and tells of it, if that was ordered."""
        call = self._call
        call.turn(status)
        sequence, self._sequence = self._sequence, self._sequence + 1
        event = _EVENTS.get(status, "completed")
        if not call.order.status_callback or event not in call.order.status_events:
            return
        form = form_of(call)
        form["SequenceNumber"] = str(sequence)
        form["Timestamp"] = format_datetime(datetime.now(UTC))
        form["CallbackSource"] = "call-progress-events"
        if call.has_ended:
            form["CallDuration"] = str(call.duration_s() or 0)
        self._send(form)

    def _send(self, form: Form) -> None:
        if self._behaviour.phone_shuffle_statuses and self._held is None:
            # Every second status overtakes the one before it.
            self._held = form
            return
        late, self._held = self._held, None
        for each in (form, late):
            if each is not None:
                for _ in range(2 if self._behaviour.phone_repeat_statuses else 1):
                    self._queue.put_nowait(each)

    async def finish(self) -> None:
        """Waits until everything is posted."""
        if self._held is not None:
            self._queue.put_nowait(self._held)
        self._queue.put_nowait(None)
        await self._posting

    def drop(self) -> None:
        """Posts no more."""
        self._posting.cancel()

    async def _post_all(self) -> None:
        url = self._call.order.status_callback
        while (form := await self._queue.get()) is not None:
            try:
                answer = await self._webhooks.post("status", url, form)
            except Unreachable as error:
                logger.warning("status callback lost: %s", error)
                continue
            if answer.status >= 300:
                logger.warning("status callback %s answered %s", url, answer.status)
