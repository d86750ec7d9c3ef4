"""How often tools ran: ended runs are added to their tools in batches; imports models.

A counter that every run of a tool changes would make its runs wait for each other. Here a run that
ends is marked in its own row; `fold` adds marked rows to their tools, `with_counts` adds them to
what it shows. A run counts once it has been under way and ended, however it went; one that was
refused when it was asked for does not.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from django.db import transaction
from django.db.models import Count, F, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest

from tools_library.models import Tool, ToolExecution

BATCH = 500


def fold() -> int:
    """Add ended runs to the counters of their tools; return how many.

    Safe to do twice at once: whoever locks a row counts it.
    """
    total = 0
    while count := _fold_batch():
        total += count
    return total


def with_counts(tools: QuerySet[Tool]) -> QuerySet[Tool]:
    """Annotate tools with `runs` and `last_run_at`, exact as of the query."""
    waiting = ToolExecution.unscoped.filter(tool=OuterRef("pk"), uncounted=True).order_by()
    per_tool = waiting.values("tool")
    count = Subquery(per_tool.annotate(count=Count("pk")).values("count"))
    newest = Subquery(per_tool.annotate(newest=Max("completed_at")).values("newest"))
    last = F("last_executed_at")
    # SQLite's greatest of something and nothing is nothing.
    either = Greatest(Coalesce(last, newest), Coalesce(newest, last))
    return tools.annotate(runs=F("execution_count") + Coalesce(count, 0), last_run_at=either)


@transaction.atomic
def _fold_batch() -> int:
    rows = ToolExecution.unscoped.filter(uncounted=True).order_by("pk")
    locked = rows.select_for_update(skip_locked=True, of=("self",))
    batch = list(locked.values_list("pk", "tool_id", "completed_at")[:BATCH])
    ToolExecution.unscoped.filter(pk__in=[pk for pk, _, _ in batch]).update(uncounted=False)
    counts = Counter(tool_id for _, tool_id, _ in batch if tool_id is not None)
    for tool_id in sorted(counts):  # in one order, for two that fold at once
        newest = max(at for _, tool, at in batch if tool == tool_id and at is not None)
        _add(tool_id, counts[tool_id], newest)
    return len(batch)


def _add(tool_id: int, count: int, newest: datetime) -> None:
    Tool.unscoped.filter(pk=tool_id).update(
        execution_count=F("execution_count") + count,
        last_executed_at=Greatest(Coalesce("last_executed_at", newest), newest),
    )
