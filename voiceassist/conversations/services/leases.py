"""The runs that a process holds while their model speaks: claimed, renewed; imports models."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from django.db import DatabaseError, OperationalError, connection
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from voiceassist.conversations.choices import Phase, RunStatus
from voiceassist.conversations.models import AgentRun
from voiceassist.conversations.services import events
from voiceassist.conversations.services.events import Pieces
from voiceassist.foundation.database import with_connection
from voiceassist.foundation.prepared import PreparedUpdate

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=15)


def claim(run_id: int, claimant: str, *, again: bool = False) -> bool:
    """Take a run whose model is due and that nobody holds; return whether it was to be had.

    Args:
        again: another process has begun the step; the conversation is locked.
    """
    now = timezone.now()
    taking = _TAKE_OVER if again else _CLAIM
    return bool(taking.run(run_id, now, claimant, now + LEASE))


def left_by_another(run_id: int) -> int | None:
    """Return the conversation of a run whose step was begun by a process that let it go, or died;
    None: it is no such run.
    """
    left = _due(run_id, timezone.now()).filter(attempt__gt=0)
    return left.values_list("conversation_id", flat=True).first()


def _due(run_id: Any, now: Any) -> QuerySet[AgentRun]:
    free = Q(claimed_by="") | Q(lease_until__lt=now)
    due: QuerySet[AgentRun] = AgentRun.unscoped.filter(
        free, pk=run_id, status=RunStatus.RUNNING, phase=Phase.MODEL
    )
    return due


def _taking(attempt: Q) -> PreparedUpdate:
    return PreparedUpdate(
        AgentRun,
        ["id", "lease_until", "claimed_by", "lease_until"],
        lambda run_id, now, claimant, until: (
            _due(run_id, now).filter(attempt),
            {"claimed_by": claimant, "lease_until": until, "attempt": F("attempt") + 1},
        ),
    )


_CLAIM, _TAKE_OVER = _taking(Q(attempt=0)), _taking(Q(attempt__gt=0))


def let_go(run_id: int, claimant: str) -> None:
    """Let go of a run whose model has not ended, so that another process can take it at once."""
    mine = AgentRun.unscoped.filter(pk=run_id, claimed_by=claimant, phase=Phase.MODEL)
    mine.update(claimed_by="", lease_until=None)


def look_after(
    claimant: str, run_ids: Collection[int], pieces: Sequence[Pieces], *, renew: bool
) -> set[int]:
    """Store text of a process's runs; return those that are still its own.

    In transactions of its own: text that cannot be stored, as of a conversation that was deleted,
    does not keep other text from being stored.

    Args:
        renew: whether the leases begin anew.

    Raises:
        OperationalError, InterfaceError: the database cannot be reached; nothing is stored.
    """
    unstorable: set[int] = set()
    if pieces:
        try:
            with_connection(events.store_pieces, pieces)
        except OperationalError:
            raise
        except DatabaseError:
            unstorable = _each_alone(pieces)
    return with_connection(_held, claimant, run_ids, but=unstorable, renew=renew)


def _held(
    claimant: str, run_ids: Collection[int], *, but: Collection[int], renew: bool
) -> set[int]:
    """Return which runs are a process's own, but those of some conversations."""
    among = [json.dumps([*run_ids]), json.dumps([*but])]
    held = [*among, claimant, RunStatus.RUNNING, Phase.MODEL]
    where = _WHERE[connection.vendor]
    with connection.cursor() as cursor:
        if renew:
            until = connection.ops.adapt_datetimefield_value(timezone.now() + LEASE)
            cursor.execute(f"{_RENEW} {where} RETURNING id", [until, *held])
        else:
            cursor.execute(f"{_WHICH} {where}", held)
        return {pk for (pk,) in cursor.fetchall()}


_WHICH = "SELECT id FROM conversations_agentrun"
_RENEW = "UPDATE conversations_agentrun SET lease_until = %s"
_AMONG = """
WHERE id IN (SELECT {each}) AND conversation_id NOT IN (SELECT {each})
AND claimed_by = %s AND status = %s AND phase = %s
"""
_WHERE = {  # the ids in one parameter: to put two hundred into a statement takes much longer
    "postgresql": _AMONG.format(each="value::bigint FROM jsonb_array_elements_text(%s::jsonb)"),
    "sqlite": _AMONG.format(each="value FROM json_each(%s)"),
}


def _each_alone(pieces: Sequence[Pieces]) -> set[int]:
    """Store text run by run; return the conversations whose text is refused."""
    refused = set()
    for each in pieces:
        try:
            with_connection(events.store_pieces, [each])
        except DatabaseError:
            log.warning("text of conversation %s not stored", each.conversation.pk, exc_info=True)
            refused.add(each.conversation.pk)
    return refused
