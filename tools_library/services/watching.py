"""Rooms above hear how the runs of their sources go on; imports models only."""

from __future__ import annotations

import logging
from collections.abc import Callable

from tools_library.choices import ExecutionStatus
from tools_library.models import ToolExecution

log = logging.getLogger(__name__)

Watcher = Callable[[ToolExecution], None]

_watchers: dict[str, Watcher] = {}


def register(source_kind: str, watcher: Watcher) -> None:
    """Call `watcher` after each commit that moved a run of such a source; at the room's start.

    It gets the row as it is then, in the thread that moved it. That a worker took it up is not
    told. What it misses because its process died, it finds by reading rows.
    """
    _watchers[source_kind] = watcher


def told_of(execution: ToolExecution) -> bool:
    """Return whether somebody wants to hear of this step of a run."""
    if execution.source_kind not in _watchers:
        return False
    taken_up = execution.status == ExecutionStatus.RUNNING and execution.lease_until is not None
    return not taken_up


def tell(execution: ToolExecution) -> None:
    """Tell whoever watches the run's source; never raises."""
    try:
        _watchers[execution.source_kind](execution)
    except Exception:
        log.exception("a room could not take how a run went on")
