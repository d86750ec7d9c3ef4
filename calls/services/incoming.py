"""Answers the phone company's webhooks: a ring, a status, the next verb after a stream."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from calls.choices import FINAL_STATUSES, CallStatus, Direction, EndedReason
from calls.models import Call
from calls.services import lifecycle, tickets, transfers, twiml
from voiceassist.assistants.sentences import sentence
from voiceassist.assistants.services import numbers
from voiceassist.foundation.events import hold_order
from voiceassist.foundation.providers.twilio import is_stand_in

log = logging.getLogger(__name__)

RESUMES_MAX = 3
RESUMES_WITHIN = timedelta(minutes=2)
WAITS_MAX = 10  # of a second each, for another server to take a stopping one's caller
NOT_IN_SERVICE = "This number is not in service. Goodbye."

_STATUS_WORDS = {"initiated": CallStatus.QUEUED, "answered": CallStatus.IN_PROGRESS}


@dataclass(frozen=True, slots=True)
class Redirected:
    """How a redirect came.

    Args:
        delivery: the same when the phone company repeats a delivery; empty where it names none.
        waited: how often this caller was asked to wait for another server.
        draining: this server takes no streams any more.
    """

    delivery: str = ""
    waited: int = 0
    draining: bool = False


def ring(form: Mapping[str, str]) -> str:
    """Answer a voice webhook with TwiML; the same CallSid gets the same answer, with one effect."""
    call = Call.unscoped.filter(call_sid=form.get("CallSid", "")).first()
    if call is None:
        call = _new_call(form)
    if call is None or call.ended_reason:
        return twiml.hang_up(NOT_IN_SERVICE)
    return twiml.stream(tickets.issue(call))


def _new_call(form: Mapping[str, str]) -> Call | None:
    number = numbers.find(form.get("To", ""))
    if number is None:
        log.warning("a number rang that is not ours", extra={"to": form.get("To", "")})
        return None
    assistant = number.assistant
    call = Call(
        organization_id=number.organization_id,
        call_sid=form["CallSid"],
        direction=Direction.INBOUND,
        from_number=form.get("From", "")[:40],
        to_number=str(number.number),
        assistant=assistant,
        assistant_version_id=assistant.published_version_id if assistant else None,
        status=CallStatus.RINGING,
        is_simulated=is_stand_in(),
        started_at=timezone.now(),
    )
    try:
        with transaction.atomic():
            call.save()
    except IntegrityError:  # the same webhook, delivered twice at once
        return Call.unscoped.get(call_sid=form["CallSid"])
    if assistant is None or not assistant.is_active or call.assistant_version_id is None:
        detail = "No assistant answers this number: assign one that is active and published."
        lifecycle.end(call, EndedReason.REJECTED, status=CallStatus.FAILED, detail=detail)
        return None
    lifecycle.announce(call)
    return call


def status(form: Mapping[str, str], call_id: str) -> None:
    """Take a status callback; `call_id` names calls whose sid is not stored yet."""
    call = Call.unscoped.filter(call_sid=form.get("CallSid", "")).first()
    if call is None and call_id.isascii() and call_id.isdigit():
        call = Call.unscoped.filter(pk=int(call_id), call_sid__isnull=True).first()
    word = _word(form)
    if call is None or word not in CallStatus.values:
        log.info("a status that is not ours", extra={"call_sid": form.get("CallSid", "")})
        return
    sequence = form.get("SequenceNumber", "")
    number = int(sequence) if sequence.isdigit() else 0
    lifecycle.take_status(call, word, number, form.get("CallSid", ""))
    if word in FINAL_STATUSES:
        transfers.call_over(call)


def dialled(form: Mapping[str, str], key: str) -> None:
    """Take a status of the leg that a transfer dials; only the answer says something new."""
    transfer = transfers.find(key, form.get("ParentCallSid", ""))
    if transfer is not None and _word(form) == CallStatus.IN_PROGRESS:
        transfers.take_answer(transfer)


def _word(form: Mapping[str, str]) -> str:
    word = form.get("CallStatus", "")
    return _STATUS_WORDS.get(word, word)


def stream_status(form: Mapping[str, str]) -> None:
    """Note a stream's trouble: failed handshakes become visible only here."""
    if form.get("StreamEvent") == "stream-error":
        log.warning(
            "the phone company could not open or keep a stream",
            extra={"call_sid": form.get("CallSid", ""), "error": form.get("StreamError", "")[:300]},
        )


def next_verb(form: Mapping[str, str], redirect: Redirected) -> str:
    """Answer what follows a stream: goodbye, or the next stream of a call that goes on."""
    call = _held(form.get("CallSid", ""))
    if call is None or call.assistant_version is None:
        return twiml.hang_up()
    if call.ended_reason:
        return twiml.hang_up(call.last_words, call.assistant_version.spec.language)
    transfer = transfers.to_dial(call)
    return transfers.dial(call, transfer) if transfer is not None else _next_stream(call, redirect)


def dial_result(form: Mapping[str, str], key: str, redirect: Redirected) -> str:
    """Answer what follows a transfer: the end, or the assistant again where nobody was reached."""
    transfer = transfers.find(key, form.get("CallSid", ""))
    if transfer is not None and _held(form["CallSid"]) is not None:
        left = _word(form) in FINAL_STATUSES
        transfers.take_result(transfer, form.get("DialCallStatus", ""), caller_left=left)
    return next_verb(form, redirect)


def _next_stream(call: Call, redirect: Redirected) -> str:
    if redirect.draining:
        if redirect.waited < WAITS_MAX:
            return twiml.wait(redirect.waited)
        detail = "The server was stopping, and no other one took the call over."
        return _give_up(call, EndedReason.SERVER_STOPPED, detail)
    token = tickets.issued_for(call, redirect.delivery)
    if token is None:
        since = timezone.now() - RESUMES_WITHIN
        broken = tickets.resumed_since(call, since) - transfers.ended_since(call, since)
        if broken >= RESUMES_MAX:
            detail = f"The stream broke {RESUMES_MAX} times within two minutes."
            return _give_up(call, tickets.broke_by(call) or EndedReason.STREAM_LOST, detail)
        token = tickets.issue_resumed(call, redirect.delivery)
    return twiml.stream(token)


def _held(call_sid: str) -> Call | None:
    """Return the call; nobody else answers or changes it until the transaction ends."""
    calls = Call.unscoped.select_related("assistant_version").filter(call_sid=call_sid)
    call = calls.first()
    if call is None:
        return None
    hold_order(call.organization_id)
    return calls.first()


def _give_up(call: Call, reason: str, detail: str) -> str:
    version = call.assistant_version
    if version is None:
        return twiml.hang_up()
    words = sentence(version.spec, "technical_goodbye")
    lifecycle.end(call, reason, status=CallStatus.FAILED, detail=detail, last_words=words)
    return twiml.hang_up(words, version.spec.language)
