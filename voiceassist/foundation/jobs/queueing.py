"""Handing a job over to the runner of the settings; imports Django and the runners."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import lru_cache
from typing import Any, Protocol

from django.conf import settings
from django.db import transaction

from voiceassist.foundation.jobs.registry import Job, Queue, find

log = logging.getLogger(__name__)


class Runner(Protocol):
    """Takes jobs and sees to it that they run."""

    @property
    def stopped(self) -> bool:
        """Whether it has been drained and takes nothing more."""
        ...

    def submit(self, job: Job, args: tuple[Any, ...]) -> None:
        """Take a job; raises where it cannot be taken."""
        ...

    def start_periodic(self) -> None:
        """Begin to run periodic jobs, where this process is the one that does."""
        ...

    def drain(self, seconds: float) -> bool:
        """Take no more, wait for what runs; return whether all ended in time."""
        ...


def enqueue(name: str, *args: Any, queue: Queue | None = None) -> None:
    """Run a job in the background once the current transaction is committed.

    Never raises for a broker that is away: what a job works on is a row, which stays as it is, and
    sweepers hand such rows over again.

    Args:
        args: JSON values.
        queue: another one than the job's own.

    Raises:
        LookupError: no such job.
    """
    job = find(name)
    if queue is not None:
        job = replace(job, queue=queue)
    transaction.on_commit(lambda: _submit(job, args))


def start_periodic() -> None:
    """Run periodic jobs in this process, where no Celery beat does; for the server's start."""
    if _runner(settings.JOBS_RUNNER).stopped:
        _runner.cache_clear()
    _runner(settings.JOBS_RUNNER).start_periodic()


def drain(seconds: float) -> bool:
    """Wait until this process's jobs have ended; return whether they did in time."""
    return _runner(settings.JOBS_RUNNER).drain(seconds)


def _submit(job: Job, args: tuple[Any, ...]) -> None:
    try:
        _runner(settings.JOBS_RUNNER).submit(job, args)
    except Exception:
        log.exception("job %s could not be handed over; its row waits for the sweeper", job.name)


@lru_cache(maxsize=2)
def _runner(name: str) -> Runner:
    if name == "celery":
        from voiceassist.foundation.jobs.celery_runner import CeleryRunner

        return CeleryRunner()
    from voiceassist.foundation.jobs.in_process import InProcessRunner

    return InProcessRunner(settings.JOBS_THREADS)
