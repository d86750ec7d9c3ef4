"""Static files as an ASGI callable before Django: no middleware, no thread hop for a hit.

whitenoise finds the files and writes their headers; imports Django's finders.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from whitenoise import WhiteNoise

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

MAX_AGE_S = 300


class StaticFiles:
    """Serves every app's static files below STATIC_URL."""

    def __init__(self) -> None:
        self._files = WhiteNoise(None, autorefresh=settings.DEBUG, max_age=MAX_AGE_S)
        for root in _roots():
            self._files.add_files(root, prefix=settings.STATIC_URL)

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request: the file, 304, 404 or 405."""
        found = await self._find(scope["path"])
        if found is None:
            await _answer(send, 404, [], b"No such file.")
            return
        environ = {
            "HTTP_" + name.decode("latin-1").upper().replace("-", "_"): value.decode("latin-1")
            for name, value in scope["headers"]
        }
        response = found.get_response(scope["method"], environ)
        body = b""
        if response.file is not None:
            with response.file as file:
                body = await asyncio.to_thread(file.read)
        headers = [(k.lower().encode(), str(v).encode("latin-1")) for k, v in response.headers]
        await _answer(send, int(response.status), headers, body)

    async def _find(self, path: str) -> Any:
        if settings.DEBUG:
            return await asyncio.to_thread(self._files.find_file, path)
        return self._files.files.get(path)


def _roots() -> list[str]:
    roots: list[str] = []
    for finder in get_finders():
        storages = getattr(finder, "storages", {})
        roots += [str(storage.location) for storage in storages.values()]
    # The first finder wins in Django, the last folder in whitenoise.
    return roots[::-1]


async def _answer(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
