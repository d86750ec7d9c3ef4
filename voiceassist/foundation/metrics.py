"""`GET /metrics`: what this process counted, as Prometheus text; imports Django's settings.

Open under DEBUG; otherwise for the bearer of `METRICS_TOKEN` or an address of `METRICS_ALLOW`.
"""

import hmac
from ipaddress import ip_address, ip_network

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, HTTPScope, Scope
from django.conf import settings
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from voiceassist.foundation.probes import reading, respond

_REFUSAL = (
    b"Metrics are for the bearer of METRICS_TOKEN, or for addresses in METRICS_ALLOW. "
    b"Send 'Authorization: Bearer <METRICS_TOKEN>'.\n"
)


async def metrics(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Answer the process's metrics, or 401 to whoever may not read them."""
    request = await reading(scope, send)
    if request is None:
        return
    head = request["method"] == "HEAD"
    if not may_read(request):
        await respond(send, 401, _REFUSAL, b"text/plain; charset=utf-8", head=head)
        return
    await respond(send, 200, generate_latest(), CONTENT_TYPE_LATEST.encode(), head=head)


def may_read(scope: HTTPScope) -> bool:
    """Return whether the request may read the metrics."""
    if settings.DEBUG or _is_allowed_address(scope):
        return True
    if not settings.METRICS_TOKEN:
        return False
    given = dict(scope["headers"]).get(b"authorization", b"")
    return hmac.compare_digest(given, b"Bearer " + settings.METRICS_TOKEN.encode())


def _is_allowed_address(scope: HTTPScope) -> bool:
    client = scope.get("client")
    if not client or not settings.METRICS_ALLOW:
        return False
    try:
        address = ip_address(client[0])
    except ValueError:
        return False
    return any(address in ip_network(network) for network in settings.METRICS_ALLOW)
