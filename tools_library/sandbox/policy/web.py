"""What tool code gets as `requests`: each call is one message to the parent, which sends it.

Imports only the standard library. A message is `{"method", "url", "headers", "body" (base64 or
null), "timeout" (seconds or null), "allow_redirects"}`; its answer `{"status", "reason", "url",
"headers", "body" (base64), "elapsed_ms"}` or `{"error": one of ERROR_KINDS, "message"}`.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, NoReturn
from urllib.parse import quote, urlencode, urlsplit

from tools_library.sandbox.policy.facade import Facade, facade

Ask = Callable[[dict[str, Any]], dict[str, Any]]

_ACCEPTED = (
    "params", "data", "json", "headers", "cookies", "timeout", "auth", "allow_redirects",
)  # fmt: skip
_REFUSED = {
    "proxies": "requests always go out directly",
    "verify": "certificates are always checked",
    "cert": "client certificates are not supported",
    "files": "send the content with data or json",
    "hooks": "call your function on the answer",
    "stream": "answers are always read whole",
}


class RequestException(OSError):
    """A request failed; `response` is its answer where there was one."""

    def __init__(self, message: str = "", response: Any = None) -> None:
        super().__init__(message)
        self.response = response
        self.request = None


class HTTPError(RequestException):
    """The answer has a status of 400 or above."""


class ConnectionError(RequestException):
    """The other side could not be reached, or may not be called from here."""


class Timeout(RequestException):
    """No answer in time."""


class ConnectTimeout(ConnectionError, Timeout):
    """No connection in time."""


class ReadTimeout(Timeout):
    """No whole answer in time."""


class TooManyRedirects(RequestException):
    """The answers send the request on more often than is followed."""


class InvalidURL(RequestException, ValueError):
    """The address or a header cannot be sent."""


class ContentTooLarge(RequestException):
    """The request or its answer is larger than a tool may send or read."""


class JSONDecodeError(RequestException, json.JSONDecodeError):
    """The answer is not JSON."""

    def __init__(self, text: str, error: json.JSONDecodeError) -> None:
        json.JSONDecodeError.__init__(self, error.msg, text[:200], min(error.pos, 200))
        self.response = None
        self.request = None


ERRORS: dict[str, type] = {
    each.__name__: each
    for each in (
        RequestException, HTTPError, ConnectionError, Timeout, ConnectTimeout, ReadTimeout,
        TooManyRedirects, InvalidURL, ContentTooLarge, JSONDecodeError,
    )
}  # fmt: skip
_BY_KIND: dict[str, type[RequestException]] = {
    "timeout": ReadTimeout,
    "connection": ConnectionError,
    "refused": ConnectionError,
    "invalid": InvalidURL,
    "too_large": ContentTooLarge,
    "redirects": TooManyRedirects,
    "limit": RequestException,
}
ERROR_KINDS = frozenset(_BY_KIND)

_METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
NAMES = frozenset({*_METHODS, "request", "Response", "codes", "exceptions", *ERRORS})
"""What the module holds."""

_CODES = {
    **{status.name.lower(): status.value for status in HTTPStatus},
    "okay": 200, "too_many": 429, "server_error": 500, "unprocessable": 422,
}  # fmt: skip
_codes = facade("requests.codes", _CODES)
_exceptions = facade("requests.exceptions", ERRORS)
_CHARSET = re.compile(r"charset=[\"']?([A-Za-z0-9_-]{1,30})", re.IGNORECASE)


class Headers(Mapping[str, str]):
    """Header fields, found in whatever case they are asked for."""

    __slots__ = ("_fields",)

    def __init__(self, fields: Mapping[str, str]) -> None:
        self._fields = {name.lower(): (name, value) for name, value in fields.items()}

    def __getitem__(self, name: str) -> str:
        return self._fields[name.lower()][1]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._fields

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._fields.values())

    def __len__(self) -> int:
        return len(self._fields)

    def __repr__(self) -> str:
        return repr(dict(self))


class Response:
    """An answer, read whole."""

    __slots__ = ("content", "elapsed", "headers", "reason", "status_code", "url")

    def __init__(self, answer: Mapping[str, Any]) -> None:
        self.status_code = int(answer["status"])
        self.reason = str(answer.get("reason") or "")
        self.url = str(answer["url"])
        self.headers = Headers(answer.get("headers") or {})
        self.content = base64.b64decode(answer.get("body") or "")
        self.elapsed = datetime.timedelta(milliseconds=int(answer.get("elapsed_ms") or 0))

    @property
    def ok(self) -> bool:
        """Whether the status is below 400."""
        return self.status_code < 400

    @property
    def encoding(self) -> str:
        """The character set that the answer names, else UTF-8."""
        named = _CHARSET.search(self.headers.get("content-type") or "")
        return named.group(1).lower() if named else "utf-8"

    @property
    def text(self) -> str:
        """The body as text."""
        try:
            return self.content.decode(self.encoding, "replace")
        except LookupError:
            return self.content.decode("utf-8", "replace")

    def json(self, **options: Any) -> Any:
        """Return the body as JSON.

        Raises:
            JSONDecodeError: it is none.
        """
        try:
            return json.loads(self.content.decode("utf-8-sig", "replace"), **options)
        except json.JSONDecodeError as error:
            raise JSONDecodeError(self.text, error) from None

    def raise_for_status(self) -> None:
        """Raise HTTPError when the status is 400 or above."""
        if 400 <= self.status_code < 600:
            side = "Client" if self.status_code < 500 else "Server"
            text = f"{self.status_code} {side} Error: {self.reason} for url: {self.url}"
            raise HTTPError(text, response=self)

    def close(self) -> None:
        """Do nothing: the answer was read whole."""

    def __enter__(self) -> Response:
        return self

    def __exit__(self, *error: object) -> None:
        """Do nothing."""

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        return f"<Response [{self.status_code}]>"


def module(ask: Ask) -> tuple[Facade, Facade]:
    """Return `requests` and `requests.exceptions` whose calls go through `ask`."""

    def request(method: Any, url: Any, **options: Any) -> Response:
        return _answered(ask(_message(method, url, options)))

    def verb(name: str) -> Callable[..., Response]:
        def call(url: Any, *given: Any, **options: Any) -> Response:
            return request(name.upper(), url, **_positional(name, given), **options)

        return call

    names: dict[str, Any] = {name: verb(name) for name in _METHODS}
    names |= {
        "request": request, "Response": Response, "codes": _codes, "exceptions": _exceptions,
    }  # fmt: skip
    return facade("requests", {**names, **ERRORS}), _exceptions


def _positional(name: str, given: tuple[Any, ...]) -> dict[str, Any]:
    """Name what requests' own functions take after the address without a name."""
    places = {"get": ("params",), "post": ("data", "json"), "put": ("data",), "patch": ("data",)}
    if len(given) > len(places.get(name, ())):
        raise TypeError(f"requests.{name} got too many arguments; name them.")
    return dict(zip(places.get(name, ()), given, strict=False))


def _message(method: Any, url: Any, options: dict[str, Any]) -> dict[str, Any]:
    for name in options:
        if name not in _ACCEPTED:
            why = _REFUSED.get(name, f"it takes {', '.join(_ACCEPTED)}")
            raise TypeError(f"requests does not take {name[:60]} in tools: {why}.")
    if type(method) is not str or type(url) is not str:
        raise TypeError("The method and the address of a request are texts.")
    headers = _fields(options.get("headers"), "headers")
    body = _body(options.get("data"), options.get("json"), headers)
    _add_sign_in(options.get("auth"), headers)
    cookies = _fields(options.get("cookies"), "cookies")
    if cookies:
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    redirects = options.get("allow_redirects")
    return {
        "method": method.upper(),
        "url": _address(url, options.get("params")),
        "headers": headers,
        "body": None if body is None else base64.b64encode(body).decode("ascii"),
        "timeout": _seconds(options.get("timeout")),
        "allow_redirects": method.upper() != "HEAD" if redirects is None else bool(redirects),
    }


def _address(url: str, params: Any) -> str:
    """Return the address with `params` in its query, and what is not ASCII there encoded."""
    front, mark, fragment = url.strip().partition("#")
    if params:
        given = params if isinstance(params, str) else urlencode(_present(params), doseq=True)
        front += ("&" if urlsplit(front).query else "?") + given
    scheme, colon, rest = front.partition("://")
    host, slash, path = rest.partition("/")
    path = quote(path, safe="!#$%&'()*+,/:;=?@[]~-._")
    return f"{scheme}{colon}{host}{slash}{path}" if colon else front


def _present(params: Any) -> list[tuple[Any, Any]]:
    pairs = params.items() if isinstance(params, Mapping) else params
    return [(name, value) for name, value in pairs if value is not None]


def _body(data: Any, value: Any, headers: dict[str, str]) -> bytes | None:
    kind = ""
    if data is None and value is None:
        return None
    if data is None or data in ({}, [], "") and value is not None:
        body, kind = json.dumps(value, allow_nan=False).encode(), "application/json"
    elif isinstance(data, (bytes, bytearray)):
        body = bytes(data)
    elif isinstance(data, str):
        body = data.encode()
    elif isinstance(data, (Mapping, list, tuple)):
        body = urlencode(_present(data), doseq=True).encode()
        kind = "application/x-www-form-urlencoded"
    else:
        raise TypeError("data is a dict, a list of pairs, a text or bytes.")
    if kind and not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = kind
    return body


def _add_sign_in(auth: Any, headers: dict[str, str]) -> None:
    if auth is None:
        return
    if type(auth) not in (tuple, list) or len(auth) != 2:
        raise TypeError("auth is a pair (user, password); for a token set an Authorization header.")
    pair = ":".join(str(part) for part in auth).encode()
    headers["Authorization"] = f"Basic {base64.b64encode(pair).decode('ascii')}"


def _fields(given: Any, what: str) -> dict[str, str]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise TypeError(f"{what} is a dict.")
    return {_text(name): _text(value) for name, value in given.items() if value is not None}


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return "" + str(value)


def _seconds(timeout: Any) -> float | None:
    """Return the longest wait in seconds; a pair (connect, read) counts as its sum."""
    if timeout is None:
        return None
    parts = timeout if type(timeout) in (tuple, list) else (timeout,)
    seconds = [float(part) for part in parts if part is not None]
    if not all(math.isfinite(part) and part > 0 for part in seconds):
        raise ValueError("timeout is a number of seconds above 0.")
    return sum(seconds) if seconds else None


def _answered(answer: Any) -> Response:
    if not isinstance(answer, dict):
        _broken()
    if "error" in answer:
        kind = _BY_KIND.get(str(answer["error"]), RequestException)
        raise kind(str(answer.get("message") or "The request failed."))
    try:
        return Response(answer)
    except (KeyError, TypeError, ValueError, binascii.Error):
        _broken()


def _broken() -> NoReturn:
    raise ConnectionError("The request was not answered.")
