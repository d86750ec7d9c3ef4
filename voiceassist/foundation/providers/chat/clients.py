"""One OpenAI client for each event loop and account, with connections that are used again.

The SDK is imported in a thread at the first use: it takes longer than a live call may wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_Kind = tuple[str, str]  # base address and key


@dataclass
class _Kept:
    """A loop's clients, and the generators that close them."""

    tasks: dict[_Kind, asyncio.Task[AsyncOpenAI]] = field(default_factory=dict)
    keepers: dict[_Kind, AsyncGenerator[AsyncOpenAI, None]] = field(default_factory=dict)


_loops: dict[asyncio.AbstractEventLoop, _Kept] = {}


async def client() -> AsyncOpenAI:
    """Return this loop's client of the server that the settings name."""
    loop = asyncio.get_running_loop()
    kind = settings.OPENAI_BASE_URL, settings.OPENAI_API_KEY
    tasks = _loops.setdefault(loop, _Kept()).tasks
    task = tasks.get(kind)
    if task is None or (task.done() and (task.cancelled() or task.exception())):
        task = tasks[kind] = loop.create_task(_opened(*kind))
    return await asyncio.shield(task)


async def warm() -> None:
    """Load and build in advance what the first step would wait for."""
    await client()


async def close() -> None:
    """Close this loop's connections; what streams over them ends. A loop that ends does it too."""
    kept = _loops.pop(asyncio.get_running_loop(), _Kept())
    for keeper in kept.keepers.values():
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
    # A loop that is shut down closes the generators that began in it: so connections end with
    # their loop, whoever runs it.
    keeper = _keep(made)
    _loops.setdefault(asyncio.get_running_loop(), _Kept()).keepers[base_url, api_key] = keeper
    return await anext(keeper)


async def _keep(made: AsyncOpenAI) -> AsyncGenerator[AsyncOpenAI, None]:
    try:
        yield made
    finally:
        _loops.pop(asyncio.get_running_loop(), None)
        await made.close()


def _made(base_url: str, api_key: str) -> AsyncOpenAI:
    from voiceassist.foundation.providers.chat.pool import made

    return made(base_url, api_key)
