"""One step of the model over the wire: send, retry while nothing has come, read with limits.

Imports the clients and the pure parts; the SDK's errors are known once a client is there.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any

from voiceassist.foundation.providers.chat import errors
from voiceassist.foundation.providers.chat.assembly import (
    Assembly,
    BadChunk,
    EndedEarly,
    ErrorChunk,
)
from voiceassist.foundation.providers.chat.clients import client, is_openai
from voiceassist.foundation.providers.chat.events import EventReader, EventTooLarge, WholeReader
from voiceassist.foundation.providers.chat.types import ChatRequest, Finished, TextDelta

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI

ATTEMPTS = 3
_FIRST_PAUSE_S = 0.25
_LONGEST_PAUSE_S = 5.0
_AFTER_THE_END_S = 2.0  # for the usage and the mark of the end, once the answer is complete
_DRAIN_S = 0.1


async def stream(
    request: ChatRequest, *, timeout_s: float
) -> AsyncGenerator[TextDelta | Finished, None]:
    """Ask the model for one step; yield its text as it comes, then the whole of it.

    Tries again, within the time, as long as no answer has begun: after a lost connection, 429 and
    5xx. Never afterwards.

    Args:
        timeout_s: for the whole step, all attempts together; loading the SDK does not count.

    Raises:
        ChatError: see its codes.
    """
    made = await client()  # the first one takes its time, which is not the model's
    ends_at = asyncio.get_running_loop().time() + timeout_s
    response = None
    try:
        response = await _begun(made, request, timeout_s, ends_at)
        answer = _answer(response, request.model, timeout_s, ends_at)
        async with contextlib.aclosing(answer) as events:
            async for event in events:
                yield event
    finally:
        if response is not None:
            await response.aclose()


def body_of(request: ChatRequest) -> dict[str, Any]:
    """Return the JSON body. Compatible servers know neither `stream_options` nor the new name of
    the limit, and some refuse what they do not know.
    """
    newest = is_openai()
    body: dict[str, Any] = {
        "model": request.model,
        "messages": request.messages,
        "stream": True,
    }
    if newest:
        body["stream_options"] = {"include_usage": True}
    if request.tools:
        body["tools"] = request.tools
    if request.temperature is not None:
        body["temperature"] = request.temperature
    if request.max_tokens is not None:
        body["max_completion_tokens" if newest else "max_tokens"] = request.max_tokens
    return body


async def _begun(
    made: AsyncOpenAI, request: ChatRequest, timeout_s: float, ends_at: float
) -> httpx2.Response:
    loop = asyncio.get_running_loop()
    for attempt in range(1, ATTEMPTS + 1):
        try:
            async with asyncio.timeout_at(ends_at):
                return await _sent(made, request)
        except TimeoutError:
            raise errors.timed_out(timeout_s) from None
        except errors.ChatError as error:
            pause = _pause(error, attempt)
            if not error.retryable or attempt == ATTEMPTS or pause is None:
                raise
            if loop.time() + pause >= ends_at:
                raise
        await asyncio.sleep(pause)
    raise AssertionError("the last attempt returns or raises")


def _pause(error: errors.ChatError, attempt: int) -> float | None:
    """Return how long to wait before the next attempt, None where that would be too long."""
    if error.retry_after_s is not None:
        return error.retry_after_s if error.retry_after_s <= _LONGEST_PAUSE_S else None
    longest: float = _FIRST_PAUSE_S * 2**attempt
    return random.uniform(longest / 2, longest)  # noqa: S311 - spreads load, hides nothing


async def _sent(made: AsyncOpenAI, request: ChatRequest) -> httpx2.Response:
    import httpx2
    from openai import APIConnectionError, APIStatusError

    try:
        return await made.post(
            "/chat/completions",
            cast_to=httpx2.Response,
            body=body_of(request),
            options={
                # A compressed answer could unfold without an end, and would come in lumps.
                "headers": {"Idempotency-Key": request.key, "Accept-Encoding": "identity"},
                "timeout": None,
            },
            stream=True,
        )
    except UnicodeEncodeError as error:
        raise errors.unsendable() from error
    except APIStatusError as error:
        raise errors.of_status(
            error.status_code, error.body, _retry_after(error.response), request.model
        ) from error
    except APIConnectionError as error:
        raise errors.unreachable(str(error.__cause__ or error)) from error


def _retry_after(response: httpx2.Response) -> float | None:
    """Return the seconds that a server asks to wait; a date instead is not understood."""
    try:
        return max(0.0, float(response.headers.get("retry-after", "")))
    except ValueError:
        return None


async def _answer(
    response: httpx2.Response, model: str, timeout_s: float, ends_at: float
) -> AsyncGenerator[TextDelta | Finished, None]:
    assembly = Assembly()
    try:
        async with contextlib.aclosing(_chunks(response, assembly, ends_at)) as chunks:
            async for data in chunks:
                text = assembly.feed(data)
                if text:
                    yield TextDelta(text)
        finished = assembly.finished()
    except TimeoutError:
        raise errors.timed_out(timeout_s) from None
    except ErrorChunk as error:
        raise errors.of_event(error.said, model) from error
    except EventTooLarge:
        raise errors.bad_answer("a part of it has no end") from None
    except BadChunk as error:
        ended_early = isinstance(error, EndedEarly)
        raise errors.bad_answer(str(error), retryable=ended_early) from error
    yield finished


async def _chunks(
    response: httpx2.Response, assembly: Assembly, ends_at: float
) -> AsyncGenerator[bytes, None]:
    """Yield the JSON of each chunk, up to the mark of the end."""
    loop = asyncio.get_running_loop()
    reader: EventReader | WholeReader = EventReader()
    if "json" in response.headers.get("content-type", ""):
        reader = WholeReader()  # a server that does not stream
    async with contextlib.aclosing(response.aiter_raw()) as pieces:
        piece: bytes | None = b""
        while piece is not None:
            piece = await _next(pieces, assembly, ends_at)
            for data in reader.finish() if piece is None else reader.feed(piece):
                if data == b"[DONE]":
                    await _drain(pieces)
                    return
                was_complete = assembly.is_complete
                yield data
                if assembly.is_complete and not was_complete:
                    ends_at = min(ends_at, loop.time() + _AFTER_THE_END_S)


async def _next(
    pieces: AsyncGenerator[bytes, None], assembly: Assembly, ends_at: float
) -> bytes | None:
    """Return the next piece; None at the end, or when nothing more comes that matters."""
    import httpx2

    try:
        async with asyncio.timeout_at(ends_at):
            return await anext(pieces, None)
    except TimeoutError:
        if not assembly.is_complete:
            raise
    except httpx2.TransportError as error:
        if not assembly.is_complete:
            raise errors.unreachable(f"{type(error).__name__}: {error}") from error
    return None


async def _drain(pieces: AsyncGenerator[bytes, None]) -> None:
    """Read what follows the mark, normally nothing: a body read whole leaves its connection
    for the next step.
    """
    import httpx2

    with contextlib.suppress(TimeoutError, httpx2.TransportError):
        async with asyncio.timeout(_DRAIN_S):
            async for _ in pieces:
                pass
