"""What parent, zygote and child tell each other about a run; imports only the stdlib.

Numbers at fixed places instead of JSON: the zygote reads and writes them between two forks, when
each page of memory that it touches is a page that must be copied first.
"""

from __future__ import annotations

import struct
from typing import Any, NamedTuple, TypeVar

MESSAGE_BYTES = 64


class Order(NamedTuple):
    """From the parent, with two sockets: how much memory and wall time a run has."""

    memory_limit_mb: int
    timeout_s: float


class Used(NamedTuple):
    """From a child that waits for a job: what it has used so far; memory is its peak."""

    cpu_s: float
    memory_kb: int


class Report(NamedTuple):
    """To the parent: how a child ended, and what its job used.

    `signal` and `error` are 0 where none ended it; with an `error` (errno) there was no child.
    """

    signal: int = 0
    timed_out: bool = False
    cpu_ms: int = 0
    peak_memory_kb: int = 0
    error: int = 0


_FORMATS: dict[type, struct.Struct] = {
    Order: struct.Struct("!Id"),
    Used: struct.Struct("!dQ"),
    Report: struct.Struct("!H?QQH"),
}
_Message = TypeVar("_Message", Order, Used, Report)


def pack(message: Order | Used | Report) -> bytes:
    """Return the message as it travels."""
    return _FORMATS[type(message)].pack(*message)


def unpack(kind: type[_Message], body: bytes) -> _Message:
    """Return the message that travelled.

    Raises:
        struct.error: it is of another kind.
    """
    fields: tuple[Any, ...] = _FORMATS[kind].unpack(body)
    return kind(*fields)
