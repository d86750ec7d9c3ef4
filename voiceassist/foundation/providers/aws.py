"""AWS: boto3 clients for stored keys, sending through the outbound door within a deadline.

Nothing of the machine's own AWS settings is read, except by `host_keys`. The SDK is imported where
it is used: it costs a third of a second, and most processes never need it.
"""

from __future__ import annotations

import contextlib
import contextvars
import io
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings

from voiceassist.foundation.outbound import Door, OutboundTimeout

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest, AWSResponse

MAX_ANSWER_BYTES = 6_500_000  # 6 MB of payload, and what encodes it
_ROLE_SECONDS = 3_600
_RENEW_BEFORE_S = 300
_MOST_CLIENTS = 128
_DOORS_OWN = frozenset({"host", "content-length", "connection", "accept-encoding",
                        "transfer-encoding"})  # fmt: skip

_ends_at: contextvars.ContextVar[float] = contextvars.ContextVar("aws_ends_at")
_creating = threading.Lock()
_clients: dict[tuple[str, str, Keys, str], Any] = {}


@dataclass(frozen=True)
class Keys:
    """What signs a request. `session_token` belongs to keys that expire."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """Give the requests that this thread sends inside so long, all together."""
    token = _ends_at.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends_at.reset(token)


def lambda_client(region: str, keys: Keys) -> Any:
    """Return the client of AWS Lambda; it is kept, and safe in threads. Use it `within` a time."""
    return _client("lambda", region, keys, settings.AWS_ENDPOINT_URL)


def sts_client(region: str, keys: Keys) -> Any:
    """Return the client that buys a role's keys; see `lambda_client`."""
    return _client("sts", region, keys, settings.AWS_ENDPOINT_URL)


def warm() -> None:
    """Load the SDK and what it knows of Lambda; the first client takes a second otherwise."""
    with _creating:
        _made("lambda", "us-east-1", Keys("none", "none"), "")


class _Roles:
    """Keys of assumed roles, kept until shortly before they expire."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, ...], tuple[Keys, float]] = {}
        self._lock = threading.Lock()

    def keys(self, region: str, keys: Keys, role: str, session: str, external_id: str) -> Keys:
        """Return what STS gave for a role, asking it where nothing fresh is kept."""
        kind = (keys.access_key_id, keys.secret_access_key, role, session, external_id)
        with self._lock:
            kept = self._kept.get(kind)
        if kept is not None and kept[1] - time.time() > _RENEW_BEFORE_S:
            return kept[0]
        extra: dict[str, Any] = {"ExternalId": external_id} if external_id else {}
        given = sts_client(region, keys).assume_role(
            RoleArn=role, RoleSessionName=session, DurationSeconds=_ROLE_SECONDS, **extra
        )["Credentials"]
        bought = Keys(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
        expiration: datetime = given["Expiration"]
        with self._lock:
            if len(self._kept) >= 256:
                self._kept.clear()
            self._kept[kind] = bought, expiration.timestamp()
        return bought


_roles = _Roles()


def assume_role(region: str, keys: Keys, role: str, session: str, external_id: str) -> Keys:
    """Return a role's keys.

    Args:
        session: names us in the account's own log (CloudTrail).
        external_id: what the role's trust policy asks for; empty for none.

    Raises:
        botocore.exceptions.ClientError: AWS refused.
        OutboundError: AWS was not reached in time.
    """
    return _roles.keys(region, keys, role, session, external_id)


def host_keys(profile: str) -> Keys | None:
    """Return the machine's own keys: of a profile, or whatever its environment gives.

    None where it has none. May ask the cloud's metadata service, with the SDK's own time limit.
    """
    credentials = _host_credentials(profile)
    if credentials is None:
        return None
    frozen = credentials.get_frozen_credentials()
    return Keys(frozen.access_key, frozen.secret_key, frozen.token or "")


@lru_cache(maxsize=16)
def _host_credentials(profile: str) -> Any:
    import boto3
    from botocore.exceptions import ProfileNotFound

    with _creating:
        try:
            return boto3.session.Session(profile_name=profile or None).get_credentials()
        except ProfileNotFound:
            return None


def _client(service: str, region: str, keys: Keys, endpoint: str) -> Any:
    kind = service, region, keys, endpoint
    if (known := _clients.get(kind)) is not None:
        return known
    with _creating:  # making one takes its time, and many runs may want the same first one
        if kind not in _clients:
            if len(_clients) >= _MOST_CLIENTS:
                _clients.pop(next(iter(_clients)))
            _clients[kind] = _made(service, region, keys, endpoint)
        return _clients[kind]


def _made(service: str, region: str, keys: Keys, endpoint: str) -> Any:
    from botocore.config import Config

    # The stubs know no `ignore_configured_endpoint_urls`.
    options: dict[str, Any] = {
        "retries": {"mode": "standard", "total_max_attempts": 1},
        "ignore_configured_endpoint_urls": True,
    }
    client = _session().client(
        service,
        region_name=region,
        endpoint_url=endpoint or None,
        aws_access_key_id=keys.access_key_id,
        aws_secret_access_key=keys.secret_access_key,
        aws_session_token=keys.session_token or None,
        config=Config(**options),
    )
    client.meta.events.register("before-send", _send)
    return client


@lru_cache(maxsize=1)
def _session() -> Any:
    """Return a session that looks at no profile and no file of the machine."""
    import boto3
    import botocore.session

    nothing = {
        "profile": (None, None, None, None),
        "config_file": (None, None, os.devnull, None),
        "credentials_file": (None, None, os.devnull, None),
    }
    core = botocore.session.Session(session_vars=nothing)
    return boto3.session.Session(botocore_session=core)


def _send(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
    """Send a signed request in the SDK's stead: its own sender knows no deadline for the whole."""
    from botocore.awsrequest import AWSResponse
    from botocore.compat import HTTPHeaders

    left = _ends_at.get() - time.monotonic()
    if left <= 0:
        raise OutboundTimeout("There was no time left to call AWS.")
    answer = _door(urlsplit(request.url).netloc).request(
        str(request.method),
        request.url,
        headers={
            name: _text(value)
            for name, value in request.headers.items()
            if name.lower() not in _DOORS_OWN
        },
        body=_bytes(request.body),
        timeout=left,
        max_bytes=MAX_ANSWER_BYTES,
    )
    headers = HTTPHeaders.from_dict(dict(answer.headers))
    return AWSResponse(request.url, answer.status, headers, _Body(answer.body))


@lru_cache(maxsize=64)
def _door(netloc: str) -> Door:
    """Return a door to one AWS host, which no tool can name: it comes from the SDK or the settings.

    So it may be private, as VPC endpoints and stand-ins are.
    """
    parts = urlsplit(f"//{netloc}")
    ports = [parts.port] if parts.port else [443, 80]
    return Door([f"{parts.hostname}:{port}" for port in ports])


class _Body(io.BytesIO):
    """A body that was read whole, as the SDK wants to read it."""

    def stream(self) -> Iterator[bytes]:
        """Yield all of it."""
        yield self.read()


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _bytes(body: Any) -> bytes | None:
    if body is None or isinstance(body, bytes):
        return body
    return bytes(body) if isinstance(body, bytearray) else str(body).encode()
