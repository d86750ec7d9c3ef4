"""Calls whose end was never reported: a lost line that did not come back, a server that died."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from calls.choices import FINAL_STATUSES, CallStatus, Direction, EndedReason, TransferStatus
from calls.models import Call, Transfer
from calls.services import lifecycle, transfers
from voiceassist.foundation.events import hold_order

LOST_AFTER = timedelta(seconds=45)  # the phone company asks for the next verb within a second
NEVER_ANSWERED_AFTER = timedelta(minutes=5)
NEVER_RUNG_AFTER = timedelta(minutes=35)  # outgoing calls wait for their turn to ring first
TRANSFER_RINGS = timedelta(minutes=3)  # with the sentence before, and the way there and back
TRANSFER_LONGEST = timedelta(seconds=transfers.LONGEST_S + 300)
LONGEST = timedelta(minutes=75)  # the longest call that can be configured, and a good margin


def sweep() -> int:
    """End what is over; return how many calls were ended."""
    now = timezone.now()
    open_calls = Call.unscoped.exclude(status__in=FINAL_STATUSES)
    lost = open_calls.filter(stream_closed_at__lt=now - LOST_AFTER)
    ended = _end(lost, EndedReason.STREAM_LOST, "The line dropped and did not come back.")
    silent = open_calls.filter(answered_at__isnull=True).filter(
        Q(started_at__lt=now - NEVER_RUNG_AFTER)
        | Q(direction=Direction.INBOUND, started_at__lt=now - NEVER_ANSWERED_AFTER)
    )
    ended += _end(silent, EndedReason.NOT_ANSWERED, "Nobody reported how the ringing ended.")
    _end_transfers(now)
    forgotten = open_calls.filter(answered_at__lt=now - LONGEST).exclude(
        transfers__status__in=transfers.OPEN
    )
    return ended + _end(
        forgotten, EndedReason.SERVER_STOPPED, "Nobody reported the end of this call."
    )


def _end_transfers(now: datetime) -> None:
    """End the transfers of whose end, or answer, nobody has told us."""
    rows = Transfer.unscoped.filter(status__in=transfers.OPEN)
    answered = Q(status=TransferStatus.ANSWERED, answered_at__lt=now - TRANSFER_LONGEST)
    unanswered = Q(answered_at__isnull=True, created_at__lt=now - TRANSFER_RINGS)
    over = rows.filter(answered | unanswered)
    for transfer in over:
        _end_transfer(over, transfer)


@transaction.atomic
def _end_transfer(over: QuerySet[Transfer], transfer: Transfer) -> None:
    """One that was answered since it was looked up goes on."""
    hold_order(transfer.organization_id)
    if over.filter(pk=transfer.pk).exists():
        transfers.take_result(transfer, TransferStatus.FAILED, caller_left=False)


def _end(calls: QuerySet[Call], reason: str, detail: str) -> int:
    return sum(_end_one(calls, call, reason, detail) for call in calls)


@transaction.atomic
def _end_one(calls: QuerySet[Call], call: Call, reason: str, detail: str) -> bool:
    """A call that came back since it was looked up goes on."""
    hold_order(call.organization_id)
    if not calls.filter(pk=call.pk).exists():
        return False
    return lifecycle.end(call, reason, status=CallStatus.FAILED, detail=detail)
