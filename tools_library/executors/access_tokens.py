"""OAuth 2 tokens: bought once for many runs, kept until shortly before they expire.

Imports the engine and the sending of requests. Tokens live in this process's memory only.
"""

from __future__ import annotations

import copy
import hashlib
import json
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus, urlencode

from tools_library.engine.deadline import Deadline
from tools_library.engine.errors import ToolError, ToolResponseError, ToolTimeout
from tools_library.engine.response import excerpt, parse_body
from tools_library.engine.secrets import Secrets
from tools_library.executors.authentication import Authentication, Request, basic
from voiceassist.foundation import outbound

SLACK_SECONDS = 30.0
UNNAMED_SECONDS = 300.0
"""How long a token is good whose seller does not say."""

_MOST_SECONDS = 86_400.0
_MOST_KEPT = 1_000
_RETRY_STATUSES = frozenset({429, 500, 502, 503, 504})

Send = Callable[[Request, Deadline], outbound.OutboundResponse]


@dataclass(frozen=True)
class _Token:
    value: str
    good_until: float


class TokenCache:
    """Tokens by key; of many that ask for one that is not there, one buys and the others wait."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._tokens: OrderedDict[str, _Token] = OrderedDict()
        self._buying: dict[str, Future[str]] = {}

    def get(self, key: str, buy: Callable[[], tuple[str, float]], deadline: Deadline) -> str:
        """Return a token; `buy` returns a new one and the seconds it is good for.

        Raises:
            ToolError: `buy` failed, here or in the run that was waited for.
            ToolTimeout: the other run took too long.
        """
        while True:
            with self._lock:
                token = self._tokens.get(key)
                if token is not None and token.good_until > self._clock():
                    self._tokens.move_to_end(key)
                    return token.value
                other = self._buying.get(key)
                if other is None:
                    self._buying[key] = own = Future[str]()
            if other is None:
                return self._bought(key, buy, own)
            try:
                return other.result(deadline.remaining)
            except TimeoutError:
                raise ToolTimeout("The access token was not there in time.") from None
            except ToolError as error:
                if error.code == "timeout" and not deadline.passed:
                    continue  # it was the other run's time that was over
                raise copy.copy(error) from None  # each run adds its own trace

    def forget(self, key: str, value: str) -> None:
        """Drop a token that was refused, unless another run has bought a new one already."""
        with self._lock:
            token = self._tokens.get(key)
            if token is not None and token.value == value:
                del self._tokens[key]

    def _bought(self, key: str, buy: Callable[[], tuple[str, float]], own: Future[str]) -> str:
        try:
            value, seconds = buy()
        except BaseException as error:
            self._end(key, None)
            own.set_exception(error)
            raise
        slack = min(SLACK_SECONDS, seconds / 4)
        self._end(key, _Token(value, self._clock() + min(seconds, _MOST_SECONDS) - slack))
        own.set_result(value)
        return value

    def _end(self, key: str, token: _Token | None) -> None:
        with self._lock:
            self._buying.pop(key, None)
            if token is not None:
                self._tokens[key] = token
                while len(self._tokens) > _MOST_KEPT:
                    self._tokens.popitem(last=False)


tokens = TokenCache()
"""The process's."""


@dataclass(frozen=True)
class Purchase:
    """What a token is bought with; `key` tells organizations and credentials apart."""

    key: str
    request: Request

    def buy(self, send: Send, secrets: Secrets, deadline: Deadline) -> tuple[str, float]:
        """Return a token and how many seconds it is good for.

        Raises:
            ToolError: it was refused, or nobody answered.
        """
        response = send(self.request, deadline)
        mask = secrets.mask
        if response.status != 200:
            raise ToolResponseError(
                f"The service that gives out access tokens answered with status "
                f"{response.status}; staff must check the credentials.",
                code="bad_status",
                retryable=response.status in _RETRY_STATUSES,
                detail=f"{response.status}: {excerpt(response.body, mask)}",
            )
        return _read(response, mask)


def purchase(authentication: Authentication, organization: Any, secrets: Secrets) -> Purchase:
    """Return how to buy a token by client credentials.

    Raises:
        ToolConfigurationError: a credential is missing.
    """
    user = secrets.reveal(authentication.client_id_field or "")
    password = secrets.reveal(authentication.client_secret_field or "")
    in_form = authentication.client_authentication == "form"
    form = {"grant_type": "client_credentials"}
    if in_form:
        form |= {"client_id": user, "client_secret": password}
    form |= {"scope": authentication.scope} if authentication.scope else {}
    form |= {"audience": authentication.audience} if authentication.audience else {}
    headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
    if not in_form:
        # Both are form-encoded before they are joined (RFC 6749, 2.3.1).
        pair = basic(quote_plus(user), quote_plus(password))
        secrets.hide(pair)
        headers["Authorization"] = f"Basic {pair}"
    url = authentication.token_url or ""
    told = [str(organization), url, user, password, authentication.scope, authentication.audience]
    key = hashlib.sha256(json.dumps([*told, in_form]).encode()).hexdigest()
    return Purchase(key, Request("POST", url, headers, urlencode(form).encode()))


def _read(response: outbound.OutboundResponse, mask: Callable[[str], str]) -> tuple[str, float]:
    try:
        answer = parse_body(response.body, response.headers.get("content-type", ""), mask)
    except ToolError:
        # What came may hold a token, which nobody knows to mask: nothing of it is told.
        raise ToolResponseError(_UNREADABLE, detail="The answer is no JSON object.") from None
    token = answer.get("access_token") if isinstance(answer, dict) else None
    kind = str(answer.get("token_type", "bearer")).lower() if isinstance(answer, dict) else ""
    if not isinstance(token, str) or not token or kind != "bearer":
        raise ToolResponseError(
            _UNREADABLE, detail="The answer has no access_token of type bearer."
        )
    try:
        seconds = float(answer.get("expires_in") or UNNAMED_SECONDS)
    except (TypeError, ValueError):
        seconds = UNNAMED_SECONDS
    return token, max(0.0, seconds)


_UNREADABLE = "The service that gives out access tokens answered with something unusable."
