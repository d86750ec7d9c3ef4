"""Putting callers through: asked for, dialled, and what came of it; imports models and tools."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from calls.bridge import ports
from calls.choices import FINAL_STATUSES, Direction, TransferStatus
from calls.models import Call, MediaTicket, Transfer
from calls.services import lifecycle, twiml
from tools_library.models import ToolExecution
from tools_library.services import execution
from voiceassist.foundation.events import hold_order

RING_S = 25
LONGEST_S = 3_600
OPEN = (TransferStatus.ASKED, TransferStatus.DIALLING, TransferStatus.ANSWERED)
REACHED = (TransferStatus.ANSWERED, TransferStatus.COMPLETED)

_OF_DIAL = {"answered": TransferStatus.COMPLETED, "completed": TransferStatus.COMPLETED}
_WHY = {
    TransferStatus.BUSY: "{whom} was busy.",
    TransferStatus.NO_ANSWER: "Nobody answered at {whom}.",
    TransferStatus.FAILED: "{whom} could not be reached.",
}


def ask(call: Call, wish: ports.Transfer) -> Transfer:
    """Write down that a caller is to be put through when the phone company asks what is next."""
    transfer = Transfer(
        organization_id=call.organization_id,
        call=call,
        to_number=wish.number,
        name=wish.name[:100],
        tool_call_id=wish.tool_call_id[:100],
        asked_by_id=wish.asked_by,
    )
    transfer.save()
    return transfer


def under_way(call: Call) -> bool:
    """Whether the caller is being put through, or talks with somebody else."""
    rows = Transfer.objects.of(call.organization_id)
    return bool(rows.filter(call=call, status__in=OPEN).exists())


def to_dial(call: Call) -> Transfer | None:
    """Return the transfer that the phone company must be told of, again where it asks again."""
    waiting = (TransferStatus.ASKED, TransferStatus.DIALLING)
    return Transfer.objects.of(call.organization_id).filter(call=call, status__in=waiting).first()


def dial(call: Call, transfer: Transfer) -> str:
    """Return the TwiML that dials; from now on the call waits for that instead of a stream."""
    if transfer.status == TransferStatus.ASKED:
        transfer.status, transfer.dialled_at = TransferStatus.DIALLING, timezone.now()
        transfer.save(update_fields=["status", "dialled_at"])
        Call.unscoped.filter(pk=call.pk).update(stream_closed_at=None)
    inbound = call.direction == Direction.INBOUND
    ours = call.to_number if inbound else call.from_number
    return twiml.dial(twiml.Dial(transfer.to_number, ours, transfer.pk, RING_S, LONGEST_S))


def find(key: str, call_sid: str) -> Transfer | None:
    """Return the transfer of a webhook, where it is this call's."""
    if not (key.isascii() and key.isdigit() and len(key) <= 18):
        return None
    rows = Transfer.unscoped.select_related("call")
    return rows.filter(pk=int(key), call__call_sid=call_sid).first()


@transaction.atomic
def take_answer(transfer: Transfer) -> None:
    """Somebody answered: the run that asked for it has succeeded."""
    transfer = _held(transfer)
    if transfer.status in (TransferStatus.ASKED, TransferStatus.DIALLING):
        transfer.status, transfer.answered_at = TransferStatus.ANSWERED, timezone.now()
        transfer.save(update_fields=["status", "answered_at"])
        _end_run(transfer)


@transaction.atomic
def take_result(transfer: Transfer, dialled: str, *, caller_left: bool) -> Transfer:
    """Take how dialling ended, once; return the transfer as it stands then.

    Args:
        dialled: the phone company's DialCallStatus.
        caller_left: the call itself is over.
    """
    transfer = _held(transfer)
    known = dialled if dialled in TransferStatus.values else TransferStatus.FAILED
    status = TransferStatus(_OF_DIAL.get(dialled, known))
    if transfer.status == TransferStatus.ANSWERED:
        status = TransferStatus.COMPLETED
    if caller_left and status != TransferStatus.COMPLETED:
        status = TransferStatus.CANCELED
    late = status == TransferStatus.COMPLETED  # nobody had told us for too long
    if transfer.status in OPEN or (late and transfer.status != status):
        _end(transfer, status)
    if transfer.status == TransferStatus.COMPLETED:
        lifecycle.put_through(transfer.call, f"Put through to {whom(transfer)}.")
    return transfer


@transaction.atomic
def call_over(call: Call) -> None:
    """The call itself is over: so is whatever transfer it was in."""
    for transfer in Transfer.objects.of(call.organization_id).filter(call=call, status__in=OPEN):
        take_result(transfer, TransferStatus.CANCELED, caller_left=True)


def ended_since(call: Call, moment: datetime) -> int:
    """Return how many transfers have ended without reaching anybody since `moment`."""
    rows = Transfer.objects.of(call.organization_id).filter(call=call, ended_at__gte=moment)
    return rows.exclude(status__in=REACHED).count()


def whom(transfer: Transfer) -> str:
    """Return the destination in words."""
    named = transfer.name and transfer.name != transfer.to_number
    return f"{transfer.name} ({transfer.to_number})" if named else transfer.to_number


def came_back(call: Call, ticket: MediaTicket) -> Transfer | None:
    """Return the transfer that failed and after which this ticket's stream is the first one."""
    newest = Transfer.objects.of(call.organization_id).filter(call=call).first()
    if newest is None or newest.ended_at is None or newest.status in REACHED:
        return None
    streams = MediaTicket.objects.of(call.organization_id).filter(call=call)
    others = streams.filter(used_at__gt=newest.ended_at).exclude(pk=ticket.pk)
    return None if others.exists() else newest


def why(transfer: Transfer) -> str:
    """Return why nobody was reached, as a sentence."""
    words = _WHY.get(TransferStatus(transfer.status), "{whom} was not reached.")
    return words.format(whom=whom(transfer))


def _held(transfer: Transfer) -> Transfer:
    hold_order(transfer.organization_id)
    rows = Transfer.unscoped.select_related("call").select_for_update(of=("self",))
    return rows.get(pk=transfer.pk)


def _end(transfer: Transfer, status: TransferStatus) -> None:
    transfer.status, transfer.ended_at = status, timezone.now()
    transfer.save(update_fields=["status", "ended_at"])
    _end_run(transfer)


def _end_run(transfer: Transfer) -> None:
    """End the model's run of transferCall with what really came of it."""
    run = ToolExecution.unscoped.filter(
        organization_id=transfer.organization_id,
        source_kind="call",
        source_id=str(transfer.call_id),
        tool_call_id=transfer.tool_call_id,
    ).first()
    if not transfer.tool_call_id or run is None or run.status in FINAL_STATUSES:
        return
    if transfer.status == TransferStatus.CANCELED:
        execution.cancel(run.execution_id, "The caller hung up before anybody answered.")
    elif transfer.status in REACHED:
        told = f"The caller was put through to {whom(transfer)}."
        execution.finish_in_session(run.execution_id, message=told, data={"status": "answered"})
    else:
        execution.finish_in_session(
            run.execution_id,
            message=why(transfer),
            data={"status": transfer.status},
            error_code="connection_failed",
        )
