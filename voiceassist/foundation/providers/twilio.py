"""Twilio: the REST client at a configurable address, and the check of who signs.

The SDK is imported where it is used: it costs a third of a second, and workers never need it.
"""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import QueryDict

if TYPE_CHECKING:
    from twilio.rest import Client

REQUEST_TIMEOUT_S = 10.0


_seconds: contextvars.ContextVar[float] = contextvars.ContextVar(
    "twilio_seconds", default=REQUEST_TIMEOUT_S
)


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """Let requests that this thread sends inside wait no longer than so."""
    token = _seconds.set(max(0.1, min(seconds, REQUEST_TIMEOUT_S)))
    try:
        yield
    finally:
        _seconds.reset(token)


def may_have_arrived(error: Exception) -> bool:
    """Return whether Twilio may have had the request that failed so."""
    from requests import ConnectionError, ConnectTimeout, RequestException
    from urllib3.exceptions import NewConnectionError

    if not isinstance(error, (RequestException, OSError)) or isinstance(error, ConnectTimeout):
        return False
    inner = error.args[0] if isinstance(error, ConnectionError) and error.args else None
    return not isinstance(getattr(inner, "reason", None), NewConnectionError)


@lru_cache(maxsize=1)
def client() -> Client:
    """Return the REST client; `TWILIO_API_BASE_URL` redirects it, since the SDK has no option."""
    from twilio.http.http_client import TwilioHttpClient
    from twilio.rest import Client

    class RedirectedClient(TwilioHttpClient):  # type: ignore[misc]
        """Sends each request to the configured origin, with the path that the SDK built."""

        def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
            if settings.TWILIO_API_BASE_URL:
                url = settings.TWILIO_API_BASE_URL + urlsplit(url).path
            if kwargs.get("timeout") is None:
                kwargs["timeout"] = _seconds.get()
            return super().request(method, url, *args, **kwargs)

    return Client(
        settings.TWILIO_ACCOUNT_SID,
        settings.TWILIO_AUTH_TOKEN,
        http_client=RedirectedClient(timeout=REQUEST_TIMEOUT_S),
    )


def is_stand_in() -> bool:
    """Return whether the built-in simulated phone stands in for Twilio."""
    base = settings.TWILIO_API_BASE_URL
    return bool(base) and base == settings.STAND_INS_URL


def is_signed(url: str, form: QueryDict | None, headers: Mapping[str, str]) -> bool:
    """Return whether Twilio signed this request.

    Args:
        url: as it was given to Twilio, built from PUBLIC_URL: what `Host` says is the caller's
            word. A socket's address begins with `ws`/`wss`.
        form: the POST form, or None for a socket.
        headers: names in lower case.
    """
    from twilio.request_validator import RequestValidator, get_signature_algorithm

    signature = headers.get("x-twilio-signature", "")
    if not signature:
        return False
    algorithm = get_signature_algorithm(headers.get("x-twilio-webhooks-signature-settings"))
    validator = RequestValidator(settings.TWILIO_AUTH_TOKEN)
    return bool(validator.validate(url, form, signature, algorithm))


def public_url(path: str, *, socket: bool = False) -> str:
    """Return an address below PUBLIC_URL; `socket`: with `ws` or `wss`."""
    origin = str(settings.PUBLIC_URL)
    if socket:
        origin = "ws" + origin.removeprefix("http")
    return origin + path
