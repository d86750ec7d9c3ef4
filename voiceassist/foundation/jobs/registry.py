"""Which jobs there are; imports Django only to find the apps' `tasks` modules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from django.utils.module_loading import autodiscover_modules

Queue = Literal["live", "default"]
Work = Callable[..., None]


@dataclass(frozen=True)
class Job:
    """A function that runs in the background. Somebody waits for jobs of queue `live`."""

    name: str
    queue: Queue
    work: Work


_jobs: dict[str, Job] = {}
_periodic: dict[str, float] = {}


def job(name: str, *, queue: Queue = "default") -> Callable[[Work], Work]:
    """Declare a job; the name is stored in queues, so it does not change.

    Raises:
        ValueError: two jobs of one name.
    """

    def register(work: Work) -> Work:
        known = _jobs.get(name)
        if known is not None and known.work.__qualname__ != work.__qualname__:
            raise ValueError(f"Two jobs are called {name}.")
        _jobs[name] = Job(name, queue, work)
        return work

    return register


def every(seconds: float, name: str, *, queue: Queue = "default") -> Callable[[Work], Work]:
    """Declare a job that runs by itself, every so many seconds, without arguments."""

    def register(work: Work) -> Work:
        _periodic[name] = seconds
        return job(name, queue=queue)(work)

    return register


def find(name: str) -> Job:
    """Return a job by name.

    Raises:
        LookupError: there is none.
    """
    _load()
    if name not in _jobs:
        raise LookupError(f"No job is called {name}.")
    return _jobs[name]


def all_jobs() -> tuple[Job, ...]:
    """Return all jobs of all apps."""
    _load()
    return tuple(_jobs.values())


def periodic() -> dict[str, float]:
    """Return name → seconds of the jobs that run by themselves."""
    _load()
    return dict(_periodic)


@cache
def _load() -> Any:
    autodiscover_modules("tasks")
