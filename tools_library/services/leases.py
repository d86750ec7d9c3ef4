"""A worker vouches for its runs while they go on, so that those of a dead one are seen.

Taking a run up gives it a lease; one thread per process prolongs the leases of runs that take
longer. Imports models.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.utils import timezone

from tools_library.choices import ExecutionStatus
from tools_library.models import ToolExecution
from voiceassist.foundation.jobs import give_back_connections

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=6)
PROLONG_SECONDS = 2.0


def until() -> datetime:
    """Return when a lease that is given now ends."""
    return timezone.now() + LEASE


class Keeper:
    """Prolongs the leases of this process's runs; its thread sleeps while there is none."""

    def __init__(self) -> None:
        # A run is in it twice where its first worker was taken for dead, and this process is both.
        self._began: dict[object, tuple[int, float]] = {}
        self._work = threading.Condition()
        self._thread: threading.Thread | None = None

    @contextmanager
    def kept(self, execution_pk: int) -> Iterator[None]:
        """Keep a run's lease up while the block runs."""
        token = object()
        with self._work:
            self._began[token] = execution_pk, time.monotonic()
            if self._thread is None or not self._thread.is_alive():  # also after a fork
                self._thread = threading.Thread(target=self._keep, name="leases", daemon=True)
                self._thread.start()
            self._work.notify()
        try:
            yield
        finally:
            with self._work:
                del self._began[token]

    def _keep(self) -> None:
        while True:
            with self._work:
                self._work.wait_for(lambda: self._began)
            time.sleep(PROLONG_SECONDS)
            old = time.monotonic() - PROLONG_SECONDS
            with self._work:
                long = [pk for pk, began in self._began.values() if began <= old]
            if long:
                self._prolong(long)

    def _prolong(self, execution_pks: list[int]) -> None:
        rows = ToolExecution.unscoped.filter(pk__in=execution_pks, status=ExecutionStatus.RUNNING)
        try:
            rows.update(lease_until=until())
        except Exception:
            log.exception("leases of running tools could not be prolonged")
        finally:
            give_back_connections()


keeper = Keeper()
"""The one of this process."""
