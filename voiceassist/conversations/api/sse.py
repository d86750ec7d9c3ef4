"""Server-Sent Events: `id`, `event` and `data` lines, ended by LF only; heartbeats as comments."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable

from django.http import HttpRequest, StreamingHttpResponse

from voiceassist.conversations.loop.frames import Frame
from voiceassist.conversations.models import Conversation
from voiceassist.conversations.services.following import follow
from voiceassist.foundation.errors import InvalidInput

CONTENT_TYPE = "text/event-stream"
RECHECK_SECONDS = 30.0
_HEARTBEAT = b": still here\n\n"

Allowed = Callable[[], Awaitable[bool]]


def stream(
    conversation: Conversation, after: int, *, to_rest: bool, allowed: Allowed | None = None
) -> StreamingHttpResponse:
    """Return the events after a number as a stream.

    Args:
        to_rest: end it where nothing more comes by itself.
        allowed: whether whoever reads it still may; asked every RECHECK_SECONDS.
    """
    return answer(_lines(conversation.pk, after, to_rest, allowed))


def answer(lines: AsyncIterator[bytes]) -> StreamingHttpResponse:
    """Return bytes as an event stream that no proxy holds back."""
    response = StreamingHttpResponse(lines, content_type=CONTENT_TYPE)
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


def position(request: HttpRequest) -> int:
    """Return after which event a client goes on: `Last-Event-ID`, or `?after=`.

    Raises:
        InvalidInput: it is no number.
    """
    text = request.headers.get("Last-Event-ID", "") or request.GET.get("after", "")
    if not text:
        return 0
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise InvalidInput({"Last-Event-ID": "Send the number of the last event you got."})
    return int(text)


def encoded(frame: Frame) -> bytes:
    """Return one event as it goes out."""
    data = json.dumps(frame.body(), ensure_ascii=False, separators=(",", ":"))
    return f"id: {frame.seq}\nevent: {frame.type}\ndata: {data}\n\n".encode()


async def _lines(
    conversation_id: int, after: int, to_rest: bool, allowed: Allowed | None
) -> AsyncIterator[bytes]:
    asked_at = time.monotonic()
    async for frame in follow(conversation_id, after, to_rest=to_rest):
        if allowed is not None and time.monotonic() - asked_at >= RECHECK_SECONDS:
            if not await allowed():
                return
            asked_at = time.monotonic()
        yield _HEARTBEAT if frame is None else encoded(frame)
