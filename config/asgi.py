"""The ASGI application: what is hot goes past Django, the rest through it."""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")

from django.core.asgi import get_asgi_application

django_application = get_asgi_application()

from channels.routing import URLRouter  # noqa: E402
from django.urls import re_path  # noqa: E402

from calls.media import media  # noqa: E402
from calls.routing import websocket_urlpatterns as call_sockets  # noqa: E402
from calls.webhooks import webhooks  # noqa: E402
from config.lifespan import lifespan  # noqa: E402
from config.static import StaticFiles  # noqa: E402
from voiceassist.conversations.sms_webhook import webhooks as sms_webhooks  # noqa: E402
from voiceassist.foundation.health import health  # noqa: E402
from voiceassist.foundation.metrics import metrics  # noqa: E402
from voiceassist.foundation.probes import live  # noqa: E402


async def no_such_socket(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Refuse a handshake at an unknown path; the server answers 403."""
    await receive()
    await send({"type": "websocket.close"})


static_files = StaticFiles()
sockets = URLRouter(
    [
        re_path(r"^twilio/media/(?P<token>[\w-]+)/?$", media),  # type: ignore[arg-type]
        *call_sockets,
        re_path("", no_such_socket),  # type: ignore[arg-type]
    ]
)


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Pass a request to whoever serves it."""
    if scope["type"] == "http":
        await _http(scope["path"])(scope, receive, send)
    elif scope["type"] == "websocket":
        await sockets(scope, receive, send)
    elif scope["type"] == "lifespan":
        await lifespan(scope, receive, send)


_EXACT = {
    "/health": health,
    "/health/live": live,
    "/metrics": metrics,
    "/twilio/sms": sms_webhooks,
}


def _http(where: str) -> Any:
    exact = _EXACT.get(where.rstrip("/"))
    if exact is not None:
        return exact
    if where.startswith("/twilio/"):
        return webhooks
    return static_files if where.startswith("/static/") else django_application
