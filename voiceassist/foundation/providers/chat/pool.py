"""The OpenAI client with our connections. Imports the SDK: only to be imported in a thread."""

from __future__ import annotations

from collections.abc import AsyncIterator

import anyio
import httpx2
from openai import AsyncOpenAI

MOST_CONNECTIONS = 2_000
MOST_IDLE = 200
IDLE_FOR_S = 60.0
CONNECT_WITHIN_S = 10.0
MAX_ERROR_BYTES = 64 << 10


def made(base_url: str, api_key: str) -> AsyncOpenAI:
    """Return a client that never tries again by itself and has no time limit but to connect."""
    anyio.run(anyio.sleep, 0)  # or its backend is imported by the first request, in our loop
    pool = httpx2.AsyncClient(
        limits=httpx2.Limits(
            max_connections=MOST_CONNECTIONS,
            max_keepalive_connections=MOST_IDLE,
            keepalive_expiry=IDLE_FOR_S,
        ),
        timeout=httpx2.Timeout(None, connect=CONNECT_WITHIN_S),
        event_hooks={"response": [_bound_error]},
    )
    return AsyncOpenAI(
        api_key=api_key or "none", base_url=base_url, max_retries=0, http_client=pool
    )


async def _bound_error(response: httpx2.Response) -> None:
    """The SDK reads the body of an error whole, however long: it gets no more than a part."""
    if response.status_code >= 300 and isinstance(response.stream, httpx2.AsyncByteStream):
        response.stream = _FirstPart(response.stream)


class _FirstPart(httpx2.AsyncByteStream):
    def __init__(self, whole: httpx2.AsyncByteStream) -> None:
        self._whole = whole

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = MAX_ERROR_BYTES
        async for piece in self._whole:
            yield piece[:left]
            left -= len(piece)
            if left <= 0:
                return

    async def aclose(self) -> None:
        """Let the connection go."""
        await self._whole.aclose()
