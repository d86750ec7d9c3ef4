"""The runs that a process holds while their model speaks: claimed, renewed; imports models."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from datetime import timedelta

from django.db import DatabaseError, OperationalError
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from voiceassist.conversations.choices import Phase, RunStatus
from voiceassist.conversations.models import AgentRun
from voiceassist.conversations.services import events
from voiceassist.conversations.services.events import Pieces
from voiceassist.foundation.database import with_connection

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=15)


def claim(run_id: int, claimant: str, *, again: bool = False) -> bool:
    """Take a run whose model is due and that nobody holds; return whether it was to be had.

    Args:
        again: another process has begun the step; the conversation is locked.
    """
    due = _due(run_id).filter(attempt__gt=0) if again else _due(run_id).filter(attempt=0)
    until = timezone.now() + LEASE
    return bool(due.update(claimed_by=claimant, lease_until=until, attempt=F("attempt") + 1))


def left_by_another(run_id: int) -> int | None:
    """Return the conversation of a run whose step was begun by a process that let it go, or died;
    None: it is no such run.
    """
    return _due(run_id).filter(attempt__gt=0).values_list("conversation_id", flat=True).first()


def _due(run_id: int) -> QuerySet[AgentRun]:
    free = Q(claimed_by="") | Q(lease_until__lt=timezone.now())
    due: QuerySet[AgentRun] = AgentRun.unscoped.filter(
        free, pk=run_id, status=RunStatus.RUNNING, phase=Phase.MODEL
    )
    return due


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
    held = AgentRun.unscoped.filter(
        pk__in=run_ids, claimed_by=claimant, status=RunStatus.RUNNING, phase=Phase.MODEL
    ).exclude(conversation__in=unstorable)
    if renew:
        with_connection(held.update, lease_until=timezone.now() + LEASE)
    return set(with_connection(lambda: list(held.values_list("pk", flat=True))))


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
