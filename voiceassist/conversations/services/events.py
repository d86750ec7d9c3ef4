"""Events of a conversation: numbered, stored, and carried to those who watch; imports models."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from voiceassist.conversations.loop.frames import TEXT, UNKNOWN, Frame
from voiceassist.conversations.models import Conversation, RunEvent
from voiceassist.conversations.services.live import live

News = tuple[str, dict[str, Any]]


class Pieces(NamedTuple):
    """Pieces of a step's text, numbered from `first_seq` on; may be none."""

    conversation: Conversation
    first_seq: int
    texts: tuple[str, ...]


def append(
    conversation: Conversation, news: Iterable[News], *, after: int | None = None
) -> list[Frame]:
    """Store events of a conversation whose row is locked, and publish them after the commit.

    `last_seq` of the row is set; the caller saves it.

    Args:
        after: the newest number of the step that streams, from whoever streams it; else what is
            reserved for that step is left out.
    """
    known = after is not None
    start = after if after is not None else max(conversation.last_seq, conversation.reserved_seq)
    streams = not known and conversation.reserved_seq > conversation.last_seq
    frames, prev = [], UNKNOWN if streams else (start if known else conversation.last_seq)
    for seq, (kind, data) in enumerate(news, start + 1):
        frames.append(Frame(seq, prev, kind, data))
        prev = seq
    if not frames:
        return []
    at = timezone.now()
    RunEvent.unscoped.bulk_create(
        RunEvent(
            organization_id=conversation.organization_id,
            conversation_id=conversation.pk,
            first_seq=frame.seq,
            seq=frame.seq,
            type=frame.type,
            data=frame.data,
            at=at,
        )
        for frame in frames
    )
    conversation.last_seq = frames[-1].seq
    transaction.on_commit(partial(publish, conversation.pk, frames))
    return frames


def store_pieces(pieces: Iterable[Pieces]) -> None:
    """Store pieces of text that were published already."""
    at = timezone.now()
    RunEvent.unscoped.bulk_create(
        RunEvent(
            organization_id=each.conversation.organization_id,
            conversation_id=each.conversation.pk,
            first_seq=each.first_seq,
            seq=each.first_seq + len(each.texts) - 1,
            type=TEXT,
            data={"pieces": list(each.texts)},
            at=at,
        )
        for each in pieces
        if each.texts
    )


def publish(conversation_id: int, frames: Sequence[Frame]) -> None:
    """Hand events to everybody who watches, in this process and in others; from any thread."""
    live.publish(conversation_id, frames)


def stored(conversation_id: int, after: int, most: int = 500) -> list[Frame]:
    """Return events after a number, in order, at least `most` where there are more."""
    rows = RunEvent.unscoped.filter(conversation_id=conversation_id, seq__gt=after)
    return [frame for row in rows.order_by("seq")[:most] for frame in _expanded(row, after)]


def _expanded(row: RunEvent, after: int) -> Iterator[Frame]:
    pieces = row.data.get("pieces") if row.type == TEXT else None
    if pieces is None:
        yield Frame(row.seq, row.seq - 1, row.type, row.data)
        return
    for seq, piece in enumerate(pieces, row.first_seq):
        if seq > after:
            yield Frame(seq, seq - 1, TEXT, {"delta": piece})
