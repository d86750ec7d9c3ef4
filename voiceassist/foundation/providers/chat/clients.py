"""One OpenAI client for each event loop and account, with connections that are used again.

The SDK is imported in a thread at the first use: it takes longer than a live call may wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from django.conf import settings

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_Keepers = dict[tuple[str, str], AsyncGenerator["AsyncOpenAI", None]]
_Clients = dict[tuple[str, str], asyncio.Task["AsyncOpenAI"]]
_keepers: WeakKeyDictionary[asyncio.AbstractEventLoop, _Keepers] = WeakKeyDictionary()
_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, _Clients] = WeakKeyDictionary()


async def client() -> AsyncOpenAI:
    """Return this loop's client of the server that the settings name."""
    loop = asyncio.get_running_loop()
    kind = settings.OPENAI_BASE_URL, settings.OPENAI_API_KEY
    known = _clients.setdefault(loop, {})
    task = known.get(kind)
    if task is None or (task.done() and (task.cancelled() or task.exception())):
        task = known[kind] = loop.create_task(_opened(*kind))
    return await asyncio.shield(task)


async def warm() -> None:
    """Load and build in advance what the first step would wait for."""
    await client()


async def close() -> None:
    """Close the connections of this loop; what streams over them ends. Loops that end do it too."""
    loop = asyncio.get_running_loop()
    _clients.pop(loop, None)
    for keeper in (_keepers.pop(loop, None) or {}).values():
        await keeper.aclose()


def is_openai() -> bool:
    """Return whether the server is OpenAI's own (or our stand-in) and takes its newest options."""
    host = urlsplit(settings.OPENAI_BASE_URL).hostname or ""
    stand_ins = settings.STAND_INS_URL
    return (
        host == "openai.com"
        or host.endswith((".openai.com", ".openai.azure.com"))
        or bool(stand_ins and settings.OPENAI_BASE_URL.startswith(stand_ins))
    )


async def _opened(base_url: str, api_key: str) -> AsyncOpenAI:
    made = await asyncio.to_thread(_made, base_url, api_key)
    # A loop that is shut down closes the generators that began in it: connections end with their
    # loop, wherever it was started.
    keeper = _kept(made)
    _keepers.setdefault(asyncio.get_running_loop(), {})[base_url, api_key] = keeper
    return await anext(keeper)


async def _kept(made: AsyncOpenAI) -> AsyncGenerator[AsyncOpenAI, None]:
    try:
        yield made
    finally:
        await made.close()


def _made(base_url: str, api_key: str) -> AsyncOpenAI:
    from voiceassist.foundation.providers.chat.pool import made

    return made(base_url, api_key)
