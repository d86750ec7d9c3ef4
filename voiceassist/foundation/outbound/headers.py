"""What a request's head may carry; imports only the standard library."""

from __future__ import annotations

import re
from collections.abc import Mapping

from voiceassist.foundation.outbound.errors import OutboundInvalid

USER_AGENT = "VoiceAssist/0.1"

_METHOD = re.compile(r"[A-Z]{1,20}")
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_UNSAFE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
# How a message is framed and what its connection becomes is the door's to say.
_OURS = frozenset(
    {
        "accept-encoding", "connection", "content-length", "expect", "host", "http2-settings",
        "keep-alive", "proxy-authorization", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade",
    }
)  # fmt: skip


def checked_headers(method: str, headers: Mapping[str, str]) -> dict[str, str]:
    """Check what the caller sends and add what is ours.

    Raises:
        OutboundInvalid: the method or a header cannot be sent.
    """
    if not _METHOD.fullmatch(method) or method == "CONNECT":
        raise OutboundInvalid(f"{method[:20]!r} is no HTTP method that can be sent.")
    for name, value in headers.items():
        if not _NAME.fullmatch(name) or name.lower() in _OURS:
            raise OutboundInvalid(f"The header {name[:60]!r} cannot be set.")
        check_header(name, value)
    ours = {"Accept-Encoding": "gzip, identity"}
    if not any(name.lower() == "user-agent" for name in headers):
        ours["User-Agent"] = USER_AGENT
    return {**headers, **ours}


def check_header(name: str, value: str) -> None:
    """Judge the value of a header.

    Raises:
        OutboundInvalid: it cannot be sent; says why and how to mend it.
    """
    if _UNSAFE.search(value) or not _latin(value):
        raise OutboundInvalid(
            f"The value of the header {name} has a line break, a control character or a sign that "
            "headers cannot carry, such as €; write it on one line, in Latin letters."
        )


def _latin(value: str) -> bool:
    try:
        value.encode("latin-1")
    except UnicodeError:
        return False
    return True
