"""The parent's talk with one child, which it takes for hostile; imports only the stdlib.

The child may print, ask for HTTP and answer once. What is not that ends it: a frame that is too
large, no JSON, of an unknown kind or out of turn. After the first answer nothing more is read, and
nobody waits for its end: it is ended.
"""

from __future__ import annotations

import select
import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from tools_library.sandbox import control, limits, wire
from tools_library.sandbox.types import HttpPort

_ANSWERS = frozenset({"result", "error", "problems", "code"})
_MOST = 1 << 31
_CHUNK = 256 * 1024


@dataclass
class Said:
    """What came out of one child and what the zygote says of its end.

    `refused` says why the child could not be locked in: then it has not read its job. `report` is
    the child's own account where it answered, None when the zygote itself is gone; `hung` when it
    did not keep its own deadline.
    """

    answer: wire.Message | None = None
    broken: str = ""
    refused: str = ""
    report: control.Report | None = None
    hung: bool = False
    printed: list[str] = field(default_factory=list)

    @property
    def stdout(self) -> str:
        """What the tool printed."""
        return "".join(self.printed)


class Exchange:
    """One job, from handing it over to the report on the child's end.

    Args:
        job: the socket to the child.
        report: the socket to the zygote about this child.
        frame: the job itself.
        http: does the child's HTTP calls; None where it may have none.
        stop_at: `time.monotonic()` at which the zygote must have ended the child.
    """

    def __init__(
        self,
        job: socket.socket,
        report: socket.socket,
        frame: bytes,
        http: HttpPort | None,
        stop_at: float,
    ) -> None:
        self._job = job
        self._report = report
        self._unsent = memoryview(frame)
        self._http = http
        self._stop_at = stop_at
        self._frames = wire.Frames(limits.FROM_CHILD_BYTES, limits.RUN_BYTES)
        self._said = Said()
        self._room = limits.STDOUT_BYTES + limits.MASKED_CHARACTERS
        self._asked = 0
        self._spoken = False

    def run(self) -> Said:
        """Talk until the child has answered or ended; return when the zygote has reported.

        Raises:
            Exception: whatever the HTTP port raises; the child is ended then.
        """
        said = self._said
        try:
            with self._job:
                self._talk()
        except wire.WireError as error:
            said.broken = str(error)
            self._give_up()
        except BaseException:
            self._give_up()
            self._hear_the_end()
            raise
        self._hear_the_end()
        return said

    def _talk(self) -> None:
        self._job.setblocking(False)
        poll = select.poll()
        while self._said.answer is None:
            self._write()
            poll.register(self._job, select.POLLIN | (select.POLLOUT if self._unsent else 0))
            left = self._stop_at - time.monotonic()
            if left <= 0 or not poll.poll(left * 1000):
                self._said.hung = True
                return
            if not self._read():
                return

    def _write(self) -> None:
        if self._unsent:
            # Where the child is gone already, what it sent before is still worth reading.
            with suppress(OSError):
                self._unsent = self._unsent[self._job.send(self._unsent) :]

    def _read(self) -> bool:
        try:
            chunk = self._job.recv(_CHUNK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        if not chunk:  # the child is gone; the report says how
            return False
        self._frames.feed(chunk)
        while self._said.answer is None and (message := self._frames.next()) is not None:
            self._take(message)
        return not self._said.refused

    def _take(self, message: wire.Message) -> None:
        kind, said = message["kind"], self._said
        if kind == "print":
            self._print(_text(message.get("text")))
        elif kind == "http":
            self._ask(message.get("request"))
        elif kind in _ANSWERS:
            said.answer = message
        elif kind == "refused" and not self._spoken:
            said.refused = _text(message.get("why"))
        else:
            raise wire.WireError(f"a message of kind {kind[:20]!r}")
        self._spoken = True

    def _print(self, text: str) -> None:
        if self._room > 0:
            self._said.printed.append(text[: self._room])
            self._room -= len(text)

    def _ask(self, request: Any) -> None:
        self._asked += 1
        if self._http is None or self._asked > limits.HTTP_MESSAGES or self._unsent:
            raise wire.WireError("a request out of turn")
        if not isinstance(request, dict):
            raise wire.WireError("a request that is none")
        answer = self._http(request)
        if time.monotonic() >= self._stop_at - limits.GRACE_SECONDS:
            return  # its time is over: the zygote ends it, though it may be late
        frame = wire.encode({"kind": "http_answer", "answer": answer}, limits.TO_CHILD_BYTES)
        self._unsent = memoryview(frame)

    def _give_up(self) -> None:
        """Have the zygote end the child now."""
        with suppress(OSError):
            self._report.shutdown(socket.SHUT_WR)

    def _hear_the_end(self) -> None:
        said = self._said
        with self._report:
            if said.answer is not None and (used := _used(said.answer)) is not None:
                # Nobody waits for the end of a child that has said all it may: the closing of this
                # socket ends it.
                said.report = used
                return
            if not said.hung and not said.broken:
                self._report.settimeout(limits.GOODBYE_SECONDS)
                with suppress(TimeoutError):
                    said.report = self._reported()
                    return
            self._give_up()
            self._report.settimeout(max(limits.GOODBYE_SECONDS, self._stop_at - time.monotonic()))
            try:
                said.report = self._reported()
            except TimeoutError:
                said.hung = True
            else:
                said.hung = False

    def _reported(self) -> control.Report | None:
        try:
            body = self._report.recv(control.MESSAGE_BYTES)
        except TimeoutError:
            raise
        except OSError:
            return None
        return control.unpack(control.Report, body) if body else None


def _used(answer: wire.Message) -> control.Report | None:
    """Return what a child says it has used, None where it says nothing that can be so."""
    match answer.get("used"):
        case [int(cpu_ms), int(memory_kb)] if 0 <= cpu_ms < _MOST and 0 <= memory_kb < _MOST:
            return control.Report(cpu_ms=int(cpu_ms), peak_memory_kb=int(memory_kb))
    return None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise wire.WireError("text that is none")
    return value
