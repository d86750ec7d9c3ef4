"""Steps that are due: whoever makes one so announces it here, the process's driver begins it."""

from __future__ import annotations

from functools import partial
from typing import Protocol

from django.db import transaction


class Drives(Protocol):
    """What begins steps."""

    def drive(self, run_pk: int) -> None:
        """Let the step of a run that is due begin; from any thread, never blocks."""


_drivers: list[Drives] = []


def register(driver: Drives) -> None:
    """Let a driver begin what is announced; at the room's start."""
    _drivers[:] = [driver]


def announce(run_pk: int) -> None:
    """Tell that a run's step is due, after the commit that makes it so.

    Where that is forgotten, as by a crash, the sweeper finds it.
    """
    transaction.on_commit(partial(_drive, run_pk))


def _drive(run_pk: int) -> None:
    for driver in _drivers:
        driver.drive(run_pk)
