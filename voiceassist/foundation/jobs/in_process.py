"""Jobs in threads of this process, where no broker is configured; imports Django's connections."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

from voiceassist.foundation.jobs.connections import give_back_connections
from voiceassist.foundation.jobs.registry import Job, find, periodic

log = logging.getLogger(__name__)

MOST_WAITING = 10_000


class QueueFull(RuntimeError):
    """More jobs wait than are kept in memory."""


class InProcessRunner:
    """A pool of threads for each queue; jobs that somebody waits for never queue behind others.

    Args:
        threads: of each queue; they are started as they are needed.
        most_waiting: jobs taken and not yet ended, over both queues.
    """

    def __init__(self, threads: int, most_waiting: int = MOST_WAITING) -> None:
        self._pools = {
            "live": ThreadPoolExecutor(threads, thread_name_prefix="job-live"),
            "default": ThreadPoolExecutor(threads, thread_name_prefix="job"),
        }
        self._most_waiting = most_waiting
        self._open: set[Future[None]] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._timer: threading.Thread | None = None

    @property
    def stopped(self) -> bool:
        """Whether it has been drained and takes nothing more."""
        return self._stopping.is_set()

    def submit(self, job: Job, args: tuple[Any, ...]) -> None:
        """Take a job.

        Raises:
            QueueFull: too many wait.
            RuntimeError: the process is stopping.
            TypeError: an argument is no JSON value.
        """
        # A broker would turn arguments into JSON and back; the same here, so both run alike.
        values = json.loads(json.dumps(args))
        with self._lock:
            if self._stopping.is_set():
                raise RuntimeError("The process is stopping and takes no more jobs.")
            if len(self._open) >= self._most_waiting:
                raise QueueFull(f"{self._most_waiting:,} jobs wait already.")
            future = self._pools[job.queue].submit(_run, job.work, job.name, values)
            self._open.add(future)
        future.add_done_callback(self._forget)

    def start_periodic(self) -> None:
        """Begin to run periodic jobs; a second call changes nothing."""
        with self._lock:
            if self._timer is None:
                self._timer = threading.Thread(
                    target=self._keep_time, name="job-timer", daemon=True
                )
                self._timer.start()

    def drain(self, seconds: float) -> bool:
        """Take no more jobs and wait for those taken; return whether all ended in time."""
        self._stopping.set()
        with self._lock:
            running = set(self._open)
        waiting = wait(running, timeout=seconds).not_done
        for pool in self._pools.values():
            pool.shutdown(wait=False, cancel_futures=True)
        return not waiting

    def _forget(self, future: Future[None]) -> None:
        with self._lock:
            self._open.discard(future)

    def _keep_time(self) -> None:
        due = {name: time.monotonic() + seconds for name, seconds in periodic().items()}
        while due:
            name = min(due, key=lambda each: due[each])
            if self._stopping.wait(max(0.0, due[name] - time.monotonic())):
                return
            due[name] = time.monotonic() + periodic()[name]
            try:
                self.submit(find(name), ())
            except RuntimeError:
                log.warning("periodic job %s was left out this time", name, exc_info=True)


def _run(work: Callable[..., None], name: str, args: list[Any]) -> None:
    try:
        work(*args)
    except Exception:
        log.exception("job %s failed", name)
    finally:
        give_back_connections()
