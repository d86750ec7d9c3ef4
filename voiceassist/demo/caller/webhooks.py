"""Signed form posts to the product, as the phone company sends them; imports requests, twilio."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import requests

TIMEOUT_S = 15.0
USER_AGENT = "TwilioProxy/1.1"


class Unreachable(Exception):
    """Nobody answered; the text says where and why."""


@dataclass(frozen=True)
class Answer:
    """What came back; `ms` from sending to the whole answer."""

    status: int
    text: str
    ms: int


@functools.cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(16, thread_name_prefix="webhooks")


def sign(auth_token: str, url: str, form: dict[str, str] | None = None) -> str:
    """Return `X-Twilio-Signature` of a post, or of a socket's handshake (no form)."""
    from twilio.request_validator import RequestValidator

    return str(RequestValidator(auth_token).compute_signature(url, form or {}))


@dataclass(frozen=True)
class Origin:
    """The product's address: `public` is what is signed, `url` where it is reached from here."""

    url: str
    public: str

    def reach(self, address: str) -> str:
        """Return where a public address (of a page or a socket) is reached."""
        wanted, public, here = urlsplit(address), urlsplit(self.public), urlsplit(self.url)
        if wanted.netloc != public.netloc:
            return address
        scheme = here.scheme
        if wanted.scheme in ("ws", "wss"):
            scheme = "wss" if scheme == "https" else "ws"
        return urlunsplit(wanted._replace(scheme=scheme, netloc=here.netloc))


class Webhooks:
    """Posts with one account's signature; `on_answer(what, url, answer)` hears of each."""

    def __init__(
        self, origin: Origin, auth_token: str, on_answer: Callable[[str, str, Answer], None]
    ) -> None:
        self._origin = origin
        self._auth_token = auth_token
        self._on_answer = on_answer

    async def post(self, what: str, url: str, form: dict[str, str]) -> Answer:
        """Post a form and return the answer, whatever its status.

        Raises:
            Unreachable: no connection, or no answer in time.
        """
        loop = asyncio.get_running_loop()
        answer = await loop.run_in_executor(_threads(), self._post, url, form)
        self._on_answer(what, url, answer)
        return answer

    def _post(self, url: str, form: dict[str, str]) -> Answer:
        headers = {
            "X-Twilio-Signature": sign(self._auth_token, url, form),
            "User-Agent": USER_AGENT,
        }
        reached = self._origin.reach(url)
        began = time.monotonic()
        try:
            # A session of its own ignores the machine's proxy settings.
            with requests.Session() as session:
                session.trust_env = False
                answer = session.post(
                    reached, data=form, headers=headers, timeout=TIMEOUT_S, allow_redirects=False
                )
        except requests.RequestException as error:
            raise Unreachable(f"{reached} does not answer: {_reason(error)}") from error
        took = int((time.monotonic() - began) * 1000)
        return Answer(answer.status_code, answer.text, took)


def _reason(error: requests.RequestException) -> str:
    if isinstance(error, requests.Timeout):
        return f"nothing came within {TIMEOUT_S:.0f} seconds"
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    return str(error)
