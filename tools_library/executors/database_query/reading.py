"""One statement in a read-only transaction, rows as JSON, all of it within a time; psycopg only.

Sync drivers cannot be stopped from outside while they connect, so this one runs in an event loop of
its own for the length of a run.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import psycopg
from psycopg import adapters, sql
from psycopg.adapt import AdaptersMap
from psycopg.rows import tuple_row
from psycopg.types.json import Jsonb
from psycopg.types.string import TextLoader

MAX_BYTES = 500_000
"""Of all rows as JSON; more than that is cut off."""

MAX_RECEIVED = 32_000_000
"""On the wire: a single value may be as large as a gigabyte, and the driver holds it whole."""

# The database's own text for these is exact and has no limits of Python's types.
_AS_TEXT = ("date", "time", "timetz", "timestamp", "timestamptz", "interval", "numeric", "money",
            "inet", "cidr", "uuid")  # fmt: skip


_MEASURED_EVERY_S = 0.02
_RECEIVED_AT = 128  # tcpi_bytes_received in Linux's struct tcp_info, 64 bits


class OutOfTime(Exception):
    """The time was over before the last row."""


class NoConnection(Exception):
    """The database let nobody in; `error` is the driver's."""

    def __init__(self, error: psycopg.Error) -> None:
        super().__init__()
        self.error = error


@dataclass(frozen=True)
class Rows:
    """`rows` are objects by column; `truncated`: there were more than may be told."""

    rows: list[dict[str, Any]]
    truncated: bool


def read(
    connection: Mapping[str, Any], query: str, values: Mapping[str, Any], limit: int, seconds: float
) -> Rows:
    """Run a query and return at most `limit` rows.

    Args:
        connection: the driver's keywords, with checked addresses as `hostaddr`.
        values: for the query's `%(name)s`, as JSON values.

    Raises:
        NoConnection, OutOfTime, psycopg.Error: the class says which step failed.
    """
    return asyncio.run(_read(connection, query, values, limit, seconds))


async def _read(
    connection: Mapping[str, Any], query: str, values: Mapping[str, Any], limit: int, seconds: float
) -> Rows:
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + seconds
    conn = await _connect(connection, seconds)
    line = _Line(conn, ends_at)
    found: list[dict[str, Any]] = []
    try:
        milliseconds = max(1, round((ends_at - loop.time()) * 1000))
        await conn.execute(_opening(milliseconds))
        bound = {name: _bound(each) for name, each in values.items()}
        return Rows(found, await _fill(found, line, query, bound, limit))
    except psycopg.Error as error:
        if line.too_much:
            return Rows(found, truncated=True)
        if loop.time() >= ends_at and not error.sqlstate:
            raise OutOfTime from error
        raise
    finally:
        line.end()


async def _connect(connection: Mapping[str, Any], seconds: float) -> Any:
    try:
        async with asyncio.timeout(seconds):
            return await psycopg.AsyncConnection.connect(
                autocommit=True, row_factory=tuple_row, context=_ADAPTERS, **connection
            )
    except TimeoutError:
        raise OutOfTime from None
    except psycopg.Error as error:
        raise NoConnection(error) from None


def _opening(milliseconds: int) -> sql.Composed:
    """Return what comes before the query; it is discarded with the connection."""
    return sql.SQL(
        "BEGIN READ ONLY; SET LOCAL statement_timeout = {time}; SET LOCAL lock_timeout = {time}; "
        "SET LOCAL DateStyle = 'ISO'; SET LOCAL IntervalStyle = 'iso_8601'"
    ).format(time=sql.Literal(milliseconds))


class _Line:
    """A connection's socket, which is shut when the time is over or too much has come."""

    def __init__(self, conn: Any, ends_at: float) -> None:
        self.conn = conn
        self.too_much = False
        loop = asyncio.get_running_loop()
        # Cancelling a task of the driver would first talk to the server; a shut socket ends at
        # once.
        self._out_of_time = loop.call_at(ends_at, self._shut)
        self._next = loop.call_later(_MEASURED_EVERY_S, self._measure_again)

    def measure(self) -> None:
        """Shut the socket where more has come than is taken."""
        with self._socket() as sock:
            if sock is not None and _received(sock) > MAX_RECEIVED:
                self.too_much = True
                self._shut()

    def end(self) -> None:
        """Close the connection; nothing is shut after that."""
        self._out_of_time.cancel()
        self._next.cancel()
        self.conn.pgconn.finish()

    def _measure_again(self) -> None:
        self.measure()
        loop = asyncio.get_running_loop()
        self._next = loop.call_later(_MEASURED_EVERY_S, self._measure_again)

    def _shut(self) -> None:
        with contextlib.suppress(OSError), self._socket() as sock:
            if sock is not None:
                sock.shutdown(socket.SHUT_RDWR)

    @contextlib.contextmanager
    def _socket(self) -> Iterator[socket.socket | None]:
        """Yield the socket under a number of its own; None once the connection is closed.

        A closed connection's number may be that of another thread's socket by now.
        """
        try:
            number = os.dup(self.conn.pgconn.socket)
        except (psycopg.Error, OSError):
            yield None
            return
        with socket.socket(fileno=number) as sock:
            yield sock


def _received(sock: socket.socket) -> int:
    """Return how many bytes have come; 0 where the system does not say."""
    if not hasattr(socket, "TCP_INFO"):
        return 0
    end = _RECEIVED_AT + 8
    told = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, end)
    return int.from_bytes(told[_RECEIVED_AT:end], sys.byteorder)


async def _fill(
    found: list[dict[str, Any]], line: _Line, query: str, values: Mapping[str, Any], limit: int
) -> bool:
    """Append the rows to `found`; return whether there are more than may be told."""
    size = 0
    cursor = line.conn.cursor()
    # Row by row: what is beyond the limit is never held, however much the database sends.
    stream = cursor.stream(query, values)
    async with contextlib.aclosing(_ending(stream, line.conn)) as rows:
        async for row in rows:
            told = dict(zip(_columns(cursor.description), map(_plain, row), strict=True))
            size += len(json.dumps(told, ensure_ascii=False, default=str))
            if len(found) == limit or size > MAX_BYTES:
                return True
            found.append(told)
            line.measure()
            if line.too_much:
                return True
    return False


async def _ending(stream: Any, conn: Any) -> Any:
    """Yield from a stream; left early, the connection goes first, else all would be read."""
    try:
        async for row in stream:
            yield row
    except GeneratorExit:
        conn.pgconn.finish()
        raise
    finally:
        with contextlib.suppress(psycopg.Error):
            await stream.aclose()


def _columns(description: Any) -> list[str]:
    """Return the columns' names, equal ones numbered."""
    names: list[str] = []
    for column in description:
        name, number = column.name, 2
        while name in names:
            name, number = f"{column.name}_{number}", number + 1
        names.append(name)
    return names


def _bound(value: Any) -> Any:
    """Return a JSON value as the driver binds it: objects as jsonb, lists as arrays."""
    return Jsonb(value) if isinstance(value, dict) else value


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return f"{len(bytes(value)):,} bytes"
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if value is None or isinstance(value, str | int | float | dict):
        return value
    return str(value)


def _adapters() -> Any:
    made = AdaptersMap(adapters)
    for name in _AS_TEXT:
        made.register_loader(name, TextLoader)
    return SimpleNamespace(adapters=made, connection=None)


_ADAPTERS = _adapters()
