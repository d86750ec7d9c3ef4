"""The two looks from outside that answer before Django: ASGI callables; imports asgiref's types.

`/health/live` says only that the process answers. `respond` is shared with health and metrics.
"""

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, HTTPScope, Scope


async def respond(
    send: ASGISendCallable, status: int, body: bytes, content_type: bytes, *, head: bool = False
) -> None:
    """Send one whole HTTP response that no cache may keep."""
    headers = [
        (b"content-type", content_type),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send(
        {"type": "http.response.start", "status": status, "headers": headers, "trailers": False}
    )
    await send({"type": "http.response.body", "body": b"" if head else body, "more_body": False})


async def reading(scope: Scope, send: ASGISendCallable) -> HTTPScope | None:
    """Return the request where it is a GET or HEAD; else answer 405 and return None."""
    if scope["type"] == "http" and scope["method"] in {"GET", "HEAD"}:
        return scope
    await respond(send, 405, b"Only GET is answered here.\n", b"text/plain; charset=utf-8")
    return None


async def live(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """`GET /health/live`: 200 as long as the event loop turns; touches no dependency."""
    request = await reading(scope, send)
    if request is None:
        return
    head = request["method"] == "HEAD"
    await respond(send, 200, b'{"status": "alive"}', b"application/json", head=head)
