"""How a call's row moves from its first ring to its end; every change is an event.

Whoever changes a call's row holds the order of its organization's events first.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from calls.choices import FINAL_STATUSES, CallStatus, EndedReason
from calls.models import Call
from voiceassist.foundation.events import News, emit, hold_order

# What a final status of the phone company means, where the bridge has not said why.
_REASONS = {
    CallStatus.COMPLETED: EndedReason.CALLER_HUNG_UP,
    CallStatus.BUSY: EndedReason.NOT_ANSWERED,
    CallStatus.NO_ANSWER: EndedReason.NOT_ANSWERED,
    CallStatus.CANCELED: EndedReason.STAFF_ENDED,
    CallStatus.FAILED: EndedReason.REJECTED,
}


def topic(call_id: int) -> str:
    """Return the topic on which a call's events are published."""
    return f"call:{call_id}"


def announce(call: Call) -> None:
    """Tell everybody how the call stands."""
    emit(call.organization_id, News(topic(call.pk), "call.updated", describe(call)))


def describe(call: Call) -> dict[str, Any]:
    """Return the `data` of `call.updated`."""
    return {
        "status": call.status,
        "ended_reason": call.ended_reason,
        "ended_detail": call.ended_detail,
        "answered_at": _iso(call.answered_at),
        "ended_at": _iso(call.ended_at),
        "duration_ms": call.duration_ms,
        "interruptions": call.metrics.get("interruptions", 0),
    }


@transaction.atomic
def answer(call: Call, call_sid: str = "") -> None:
    """The stream began: the call is in progress, unless it is over already."""
    now = timezone.now()
    hold_order(call.organization_id)
    _keep_sid(call, call_sid)
    Call.unscoped.filter(pk=call.pk).update(stream_closed_at=None)
    rows = Call.unscoped.filter(pk=call.pk, answered_at__isnull=True)
    if rows.exclude(status__in=FINAL_STATUSES).update(
        status=CallStatus.IN_PROGRESS, answered_at=now
    ):
        call.refresh_from_db()
        announce(call)


@transaction.atomic
def end(
    call: Call,
    reason: str,
    *,
    status: str = CallStatus.COMPLETED,
    detail: str = "",
    last_words: str = "",
    figures: Mapping[str, Any] | None = None,
) -> bool:
    """End the call; only the first ending of a call counts. Return whether this was it.

    Args:
        call: refreshed here.
        reason: an EndedReason.
        status: a final CallStatus.
        detail: for staff, never heard.
        last_words: what the phone company's voice still says.
        figures: `usage` and `metrics` of the stream, merged over what is there.
    """
    now = timezone.now()
    call = _hold(call)
    merge_figures(call, figures or {})
    first = not call.ended_reason
    if first:
        call.ended_reason = reason
        call.ended_detail = detail[:300]
        call.last_words = last_words
        call.ended_at = call.ended_at or now
        if call.status not in FINAL_STATUSES:
            call.status = status
    call.duration_ms = _duration_ms(call.answered_at, call.ended_at or now)
    call.save()
    announce(call)
    return first


@transaction.atomic
def stream_closed(
    call: Call, ticket_id: int, figures: Mapping[str, Any], broke_by: str = ""
) -> None:
    """A stream is over, and the call may go on with another: keep its figures.

    Where another has begun meanwhile, the call is not waiting for one.
    """
    call = _hold(call)
    call.media_tickets.filter(pk=ticket_id).update(broke_by=broke_by)
    merge_figures(call, figures)
    newer = call.media_tickets.filter(pk__gt=ticket_id, used_at__isnull=False)
    call.stream_closed_at = None if newer.exists() else timezone.now()
    call.save(update_fields=["usage", "metrics", "stream_closed_at"])


@transaction.atomic
def put_through(call: Call, detail: str) -> None:
    """The caller talked to somebody else and that is over: so is the call.

    The phone company may have told of the hang-up before.
    """
    call = _hold(call)
    if call.ended_reason in ("", EndedReason.CALLER_HUNG_UP):
        now = timezone.now()
        call.ended_reason, call.ended_detail = EndedReason.TRANSFERRED, detail[:300]
        call.ended_at = call.ended_at or now
        call.duration_ms = _duration_ms(call.answered_at, call.ended_at)
        if call.status not in FINAL_STATUSES:
            call.status = CallStatus.COMPLETED
        call.save()
        announce(call)


def merge_figures(call: Call, figures: Mapping[str, Any]) -> None:
    """Add a stream's token counts and metrics to the call's; the caller saves."""
    for name, value in figures.get("usage", {}).items():
        call.usage[name] = call.usage.get(name, 0) + value
    for name, value in figures.get("metrics", {}).items():
        known = call.metrics.get(name, 0)
        call.metrics[name] = known + value if isinstance(value, int) else value


@transaction.atomic
def take_status(call: Call, status: str, sequence: int, call_sid: str = "") -> None:
    """Take what the phone company says; order and repetition do not matter.

    A late or repeated report changes nothing, and a final status is never moved back.
    """
    hold_order(call.organization_id)
    _keep_sid(call, call_sid)
    call = _hold(call)
    final = status in FINAL_STATUSES
    if call.status in FINAL_STATUSES and not (final and not call.ended_reason):
        return
    if not final and sequence <= call.status_sequence:
        return
    call.status_sequence = max(sequence, call.status_sequence)
    if final:
        now = timezone.now()
        call.status = status
        call.ended_at = call.ended_at or now
        call.ended_reason = call.ended_reason or _REASONS[CallStatus(status)]
        call.duration_ms = _duration_ms(call.answered_at, call.ended_at)
    elif _rank(status) > _rank(call.status):
        call.status = status
    call.save()
    announce(call)


def _hold(call: Call) -> Call:
    hold_order(call.organization_id)
    # Not the key: rows that refer to the call are written all the while.
    return Call.unscoped.select_for_update(no_key=True).get(pk=call.pk)


def _keep_sid(call: Call, call_sid: str) -> None:
    """The phone company's first webhooks may come before its answer that names the call."""
    if call_sid and call.call_sid is None:
        Call.unscoped.filter(pk=call.pk, call_sid__isnull=True).update(call_sid=call_sid[:64])


def _rank(status: str) -> int:
    return [CallStatus.QUEUED, CallStatus.RINGING, CallStatus.IN_PROGRESS].index(CallStatus(status))


def _duration_ms(answered: datetime | None, ended: datetime) -> int | None:
    return None if answered is None else max(int((ended - answered).total_seconds() * 1000), 0)


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
