"""Events of a conversation: numbered, stored, and carried to those who watch; imports models."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.utils import timezone

from voiceassist.conversations.loop.frames import TEXT, UNKNOWN, Frame
from voiceassist.conversations.models import Conversation, RunEvent
from voiceassist.conversations.services.live import live
from voiceassist.foundation import written
from voiceassist.foundation.prepared import PreparedQuery

News = tuple[str, dict[str, Any]]


PAGE = 500

_STORED = PreparedQuery(
    RunEvent,
    ["conversation_id", "seq"],
    lambda conversation_id, after: (
        RunEvent.unscoped.filter(conversation_id=conversation_id, seq__gt=after)
        .order_by("seq")
        .values_list("first_seq", "seq", "type", "data")[:PAGE]
    ),
)

_STORE = {
    "postgresql": """
INSERT INTO conversations_runevent
    (organization_id, conversation_id, first_seq, seq, type, data, at)
SELECT organization_id, conversation_id, first_seq, seq, %s, data, %s
FROM jsonb_to_recordset(%s::jsonb) AS told (
    organization_id bigint, conversation_id bigint, first_seq bigint, seq bigint, data jsonb
)
""",
    "sqlite": """
INSERT INTO conversations_runevent
    (organization_id, conversation_id, first_seq, seq, type, data, at)
SELECT
    json_extract(value, '$.organization_id'), json_extract(value, '$.conversation_id'),
    json_extract(value, '$.first_seq'), json_extract(value, '$.seq'),
    %s, json_extract(value, '$.data'), %s
FROM json_each(%s)
""",
}


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
    new = [
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
    ]
    written.insert(new)
    conversation.last_seq = frames[-1].seq
    transaction.on_commit(partial(publish, conversation.pk, frames))
    return frames


def store_pieces(pieces: Iterable[Pieces]) -> None:
    """Store pieces of text that were published already.

    All in one parameter: to put a hundred rows together takes the interpreter for ten times as long
    as to store them, five times a second, and from the event loop that shows the text.
    """
    told = [
        {
            "organization_id": each.conversation.organization_id,
            "conversation_id": each.conversation.pk,
            "first_seq": each.first_seq,
            "seq": each.first_seq + len(each.texts) - 1,
            "data": {"pieces": each.texts},
        }
        for each in pieces
        if each.texts
    ]
    if not told:
        return
    at = connection.ops.adapt_datetimefield_value(timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(_STORE[connection.vendor], [TEXT, at, json.dumps(told)])


def publish(conversation_id: int, frames: Sequence[Frame]) -> None:
    """Hand events to everybody who watches, in this process and in others; from any thread."""
    live.publish(conversation_id, frames)


def stored(conversation_id: int, after: int) -> list[Frame]:
    """Return events after a number, in order, at least PAGE where there are more."""
    rows = _STORED.all(conversation_id, after)
    return [frame for row in rows for frame in _expanded(after, *row)]


def _expanded(
    after: int, first_seq: int, last_seq: int, kind: str, data: dict[str, Any]
) -> Iterator[Frame]:
    pieces = data.get("pieces") if kind == TEXT else None
    if pieces is None:
        yield Frame(last_seq, last_seq - 1, kind, data)
        return
    for seq, piece in enumerate(pieces, first_seq):
        if seq > after:
            yield Frame(seq, seq - 1, TEXT, {"delta": piece})
