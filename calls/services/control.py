"""Acting on a live call from any process: a message to the process that holds its stream."""

from __future__ import annotations

from typing import Any

from calls.bridge.transfer_call import labelled
from calls.choices import FINAL_STATUSES, CallStatus, EndedReason
from calls.models import Call
from calls.services import lifecycle, transfers
from calls.services.errors import CallError
from calls.services.start import e164
from tools_library.executors.builtin.transfer_call import destinations
from voiceassist.foundation.errors import InvalidInput
from voiceassist.foundation.events.transport import broadcast
from voiceassist.foundation.providers import twilio
from voiceassist.organizations.models import User

GROUP = "calls.control"
NOTE_MAX = 2_000


def end_call(call: Call, by: User | None) -> None:
    """End a call politely: the assistant says goodbye first.

    A call that nobody has answered yet is cancelled at the phone company.

    Raises:
        CallError: it is over already.
    """
    if call.status in FINAL_STATUSES:
        raise CallError("This call is over already.", code="call_over")
    if call.answered_at is None:
        _cancel(call)
    _tell(call, "end")


def give_note(call: Call, text: str, by: User | None) -> None:
    """Tell the assistant something the caller does not hear; used from the next turn on.

    Raises:
        InvalidInput: the note is empty or too long.
        CallError: the call is not in progress.
    """
    if not text.strip() or len(text) > NOTE_MAX:
        raise InvalidInput({"text": f"Write a note of 1 to {NOTE_MAX:,} characters."})
    if call.status != CallStatus.IN_PROGRESS:
        raise CallError("The call is not in progress.", code="call_over")
    _tell(call, "note", text=text.strip())


def transfer(call: Call, to: str, by: User | None) -> None:
    """Put the caller through to somebody once a sentence of the assistant was heard.

    Args:
        to: a label of the assistant's own destinations, or any number with its country.

    Raises:
        InvalidInput: this is neither.
        CallError: the call is not in progress, or its caller is being put through already.
    """
    known: dict[str, str] = {}
    if call.assistant_version is not None:
        known = destinations(call.assistant_version.spec.tools_settings.transfer_call)
    label = labelled(known, to)
    try:
        number = known[label] if label is not None else e164(to)
    except ValueError as error:
        raise InvalidInput({"to": str(error)}) from None
    if call.status != CallStatus.IN_PROGRESS:
        raise CallError("The call is not in progress.", code="call_over")
    if transfers.under_way(call):
        raise CallError("The caller is being put through already.", code="transferring")
    _tell(call, "transfer", number=number, name=label or number, by=by.pk if by else None)


def watch(call_id: int) -> None:
    """Somebody looks at the call's page: words and levels are worth publishing for a while."""
    broadcast(GROUP, {"type": "calls.control", "call_id": call_id, "action": "watch"})


def _cancel(call: Call) -> None:
    status = CallStatus.CANCELED
    if call.call_sid:
        line = twilio.client().calls(call.call_sid)
        try:
            if line.update(status="canceled").status == CallStatus.IN_PROGRESS:
                # Answered a moment ago: its stream may open too late to hear of this.
                line.update(status="completed")
                status = CallStatus.COMPLETED
        except Exception as error:
            raise CallError(f"The phone company did not cancel the call: {error}") from error
    lifecycle.end(call, EndedReason.STAFF_ENDED, status=status)


def _tell(call: Call, action: str, **more: Any) -> None:
    broadcast(GROUP, {"type": "calls.control", "call_id": call.pk, "action": action, **more})
