"""Starting a call: the row first, then the phone company."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import phonenumbers
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from calls.choices import CallStatus, Direction, EndedReason
from calls.live import live_calls
from calls.models import Call
from calls.services import lifecycle, tickets, twiml
from calls.services.errors import PhoneLineFailed, ServerStopping
from voiceassist.assistants.models import Assistant, AssistantVersion
from voiceassist.foundation.errors import InvalidInput
from voiceassist.foundation.providers import twilio
from voiceassist.foundation.providers.twilio import public_url
from voiceassist.organizations.models import Organization, User

if TYPE_CHECKING:
    from twilio.rest.api.v2010.account.call import CallInstance

log = logging.getLogger(__name__)

INSTRUCTION_MAX = 4_000
RING_TIMEOUT_S = 30
_EVENTS = ["initiated", "ringing", "answered", "completed"]


def start_call(
    organization: Organization,
    to_number: str,
    instruction: str,
    assistant: Assistant | None,
    by: User | None,
) -> Call:
    """Ring somebody; the assistant follows its own instructions and `instruction`.

    Args:
        assistant: None takes the organization's default assistant.

    Raises:
        InvalidInput: number, instruction or assistant; fields as in the API.
        PhoneLineFailed: the phone company refused or could not be reached; the row says why.
        ServerStopping: this process takes no more calls.
    """
    if live_calls.draining:
        raise ServerStopping("This server is being stopped; try again in a minute.")
    number, version = _check(organization, to_number, instruction, assistant)
    with transaction.atomic():
        call = Call(
            organization=organization,
            direction=Direction.OUTBOUND,
            from_number=_own_number(version),
            to_number=number,
            assistant_id=version.assistant_id,
            assistant_version=version,
            instruction=instruction.strip(),
            is_simulated=twilio.is_stand_in(),
            started_by=by,
            started_at=timezone.now(),
        )
        call.save()
        lifecycle.announce(call)
        token = tickets.issue(call)
    _dial(call, token, version.spec.max_duration_seconds)
    return call


def _check(
    organization: Organization, to_number: str, instruction: str, assistant: Assistant | None
) -> tuple[str, AssistantVersion]:
    errors = {}
    try:
        number = e164(to_number)
    except ValueError as error:
        errors["userPhone"] = str(error)
    if not instruction.strip():
        errors["instruction"] = "Say what the assistant should do in this call."
    elif len(instruction) > INSTRUCTION_MAX:
        errors["instruction"] = (
            f"{len(instruction):,} characters are too many; keep it to {INSTRUCTION_MAX:,}."
        )
    chosen = assistant or organization.default_assistant
    version = chosen.published_version if chosen and chosen.is_active else None
    if chosen is None:
        errors["assistant_id"] = "Choose an assistant, or set the organization's default one."
    elif version is None:
        errors["assistant_id"] = f"{chosen} is not active or not published yet: publish it first."
    if errors or version is None:
        raise InvalidInput(errors)
    return number, version


def e164(text: str) -> str:
    """Return a phone number as `+12025550100`.

    Raises:
        ValueError: no such number can exist; the text says what to write instead.
    """
    hint = "Write it with the country: +1 202 555 0100."
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        raise ValueError(f"This is no phone number with a country. {hint}") from None
    reason = phonenumbers.is_possible_number_with_reason(number)
    if reason == phonenumbers.ValidationResult.TOO_SHORT:
        raise ValueError(f"Digits are missing. {hint}")
    if reason == phonenumbers.ValidationResult.TOO_LONG:
        raise ValueError(f"There are too many digits. {hint}")
    if reason != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise ValueError(f"No such number can exist. {hint}")
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _own_number(version: AssistantVersion) -> str:
    own = version.assistant.phone_numbers.first()
    number = str(own.number) if own else settings.TWILIO_PHONE_NUMBER
    if not number:
        raise InvalidInput(
            {"assistant_id": "The assistant has no phone number: give it one, or set "
             "TWILIO_PHONE_NUMBER."}
        )  # fmt: skip
    return number


def _dial(call: Call, token: str, max_duration_s: int) -> None:
    try:
        answer = _create(call, token, max_duration_s)
    except Exception as error:
        reason = _reason(error)
        lifecycle.end(call, EndedReason.REJECTED, status=CallStatus.FAILED, detail=reason)
        log.warning("the phone company refused a call", extra={"call_id": call.pk, "why": reason})
        raise PhoneLineFailed(f"The phone company did not take the call: {reason}") from error
    with transaction.atomic():
        # The first webhooks may have come before this answer: nothing they wrote is touched.
        Call.unscoped.filter(pk=call.pk, call_sid__isnull=True).update(call_sid=answer.sid)
    call.refresh_from_db()


def _create(call: Call, token: str, max_duration_s: int) -> CallInstance:
    return twilio.client().calls.create(
        to=call.to_number,
        from_=call.from_number,
        twiml=twiml.stream(token),
        status_callback=public_url(f"/twilio/status?call={call.pk}"),
        status_callback_event=_EVENTS,
        status_callback_method="POST",
        timeout=RING_TIMEOUT_S,
        time_limit=max_duration_s + 120,
    )


def _reason(error: Exception) -> str:
    message = getattr(error, "msg", None) or str(error) or type(error).__name__
    code = getattr(error, "code", None)
    return f"{message} (code {code})"[:280] if code else str(message)[:280]
