"""Ends a read that outlives its deadline; imports only the standard library.

A socket's own timeout starts anew with each byte, so an answer that drips would never end. One
thread holds all deadlines and shuts the socket of each that passes.
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
import socket
import threading
import time


class Guard:
    """One request's deadline.

    Attributes:
        fired: it passed and the socket was shut.
        watched: there is a connection, on which the request may have gone out.
        kept: that connection was opened for an earlier request.
    """

    def __init__(self) -> None:
        self.fired = self.watched = self.kept = False
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._over = False

    def watch(self, sock: socket.socket | None, *, kept: bool = False) -> None:
        """Name the socket to shut; a request names it once its connection stands."""
        with self._lock:
            self._socket = sock
            self.watched, self.kept = True, kept
            if self.fired:
                self._shut()

    def end(self) -> None:
        """The request is over: its socket may serve another one."""
        with self._lock:
            self._over = True
            self._socket = None

    def fire(self) -> None:
        """The deadline has passed."""
        with self._lock:
            if not self._over:
                self.fired = True
                self._shut()

    def _shut(self) -> None:
        if self._socket is None:
            return
        with contextlib.suppress(OSError):  # it may be closed already
            # Not the TLS socket's own method, which would swap its state under the reader.
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


class Watchdog:
    """Fires guards at their deadlines, from one daemon thread that starts with the first."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._heap: list[tuple[float, int, Guard]] = []
        self._order = itertools.count()
        self._thread: threading.Thread | None = None

    def guard(self, deadline: float) -> Guard:
        """Return a guard that fires at `deadline` on `time.monotonic`."""
        guard = Guard()
        with self._condition:
            heapq.heappush(self._heap, (deadline, next(self._order), guard))
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="deadlines", daemon=True)
                self._thread.start()
            self._condition.notify()
        return guard

    def _run(self) -> None:
        while True:
            self._next_due().fire()

    def _next_due(self) -> Guard:
        with self._condition:
            while True:
                if not self._heap:
                    self._condition.wait()
                    continue
                wait = self._heap[0][0] - time.monotonic()
                if wait <= 0:
                    return heapq.heappop(self._heap)[2]
                self._condition.wait(wait)


watchdog = Watchdog()
