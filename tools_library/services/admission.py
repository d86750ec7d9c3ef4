"""Whether a tool call may run and when: everything that is decided before its row is stored.

`prepare` looks at the call alone, `judge` at what ran before, inside the transaction that stores
the row. Imports models, the gate of approvals, limits, rates and repeats.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from tools_library.approvals import reviews
from tools_library.approvals.gate import CallerSaid, Confirmed, Question, gate
from tools_library.approvals.hashing import arguments_hash
from tools_library.behaviour import RateLimit
from tools_library.choices import ExecutionStatus, TriggerContext
from tools_library.engine import schema
from tools_library.engine.errors import ToolError, ToolNotAllowed
from tools_library.models import Tool, ToolExecution
from tools_library.services import limits, locks, rates, repeats, running
from tools_library.services.catalog import CatalogTool
from tools_library.services.origins import Origin
from voiceassist.assistants.models import Assistant
from voiceassist.organizations.models import Organization

_RUNS = ToolExecution._meta.db_table

CALLS_AN_HOUR = 200
"""Of one call or conversation, all tools together: a model that asks for more runs in circles."""


class UnknownTool(ToolError):
    """The model called something it was not given."""

    code = "unknown_tool"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"There is no tool called {name[:100]!r}. Use only the tools you were given."
        )


def prepare(execution: ToolExecution, entry: CatalogTool, origin: Origin) -> None:
    """Set where a call begins and until when it has time; reads nothing.

    Raises:
        ToolNotAllowed: not in this context.
        ToolError: a session's arguments do not fit.
    """
    if not entry.allows(origin.trigger):
        raise ToolNotAllowed(f"The tool {entry.name} may not be used here.")
    now = timezone.now()
    execution.is_async = entry.behaviour.execution_mode == "async" and entry.runs_at == "worker"
    execution.deadline_at = now + datetime.timedelta(seconds=_seconds(execution, entry))
    if entry.runs_at != "worker":
        execution.input_parameters = _accepted(execution, entry)
        execution.status = ExecutionStatus.RUNNING
        execution.started_at = now
        return
    execution.status = ExecutionStatus.QUEUED
    execution.queued_at = now
    if origin.source_id and entry.tool_id is not None:
        declared = schema.declared_only(entry.parameters, execution.input_parameters)
        execution.arguments_hash = arguments_hash(declared)


def _accepted(execution: ToolExecution, entry: CatalogTool) -> dict[str, Any]:
    """Return the arguments of a run that no worker checks; pages get defaults filled in."""
    arguments = execution.input_parameters
    if entry.runs_at == "browser":
        arguments = schema.with_defaults(entry.parameters, arguments)
    return schema.accept(entry.parameters, arguments)


def judge(
    execution: ToolExecution, entry: CatalogTool, origin: Origin, said: Iterable[CallerSaid]
) -> Question | Confirmed | None:
    """Let a prepared call run, or not; return what somebody must be asked first, if anything.

    A call that an equal earlier one answers has its outcome set, or waits for it. Call it inside
    the transaction that stores the row: what is counted stays locked until then.

    Raises:
        NotReviewed: its version, as the assistant configures it, was not approved.
        ToolError: it does not run; the message tells the model why.
    """
    if origin.source_id:
        locks.hold(f"source:{origin.source_kind}:{origin.source_id}")
    standing = _standing(execution, entry)
    if entry.version_id is not None and origin.trigger != TriggerContext.TEST:
        reviews.check_parts(
            execution.organization_id, entry.version_id, entry.configuration,
            entry.custom_configuration, name=entry.name,
        )  # fmt: skip
    _keep_within_runs(entry, standing)
    _keep_within_calls(entry, standing)
    if repeats.judge(execution, entry):
        return None
    for limit in _limits(execution, entry, standing):
        rates.check(*limit)
    return gate(execution, entry, origin, said)


def judge_yes(execution: ToolExecution, entry: CatalogTool) -> None:
    """Let a run go on that somebody was asked about: what it may use others can have used since.

    Call it inside the transaction that sets it going, before its events.

    Raises:
        RateLimited: its tool, assistant or organization has run as often as it may.
        ToolError: its tool is gone or switched off.
    """
    if execution.source_id and entry.behaviour.runs_per_call is not None:
        locks.hold(f"source:{execution.source_kind}:{execution.source_id}")
    standing = _standing(execution, entry)
    _keep_within_runs(entry, standing)
    for limit in _limits(execution, entry, standing):
        rates.check(*limit)


@dataclass(frozen=True)
class _Standing:
    """What was stored before a call."""

    calls: int
    runs: int
    organization_limit: dict[str, Any] | None = None
    assistant_runs: int | None = None
    assistant_seconds: int = 60


def _seconds(execution: ToolExecution, entry: CatalogTool) -> float:
    if entry.runs_at == "browser":
        return entry.timeout_seconds or limits.BROWSER_SECONDS
    if entry.runs_at == "session" and entry.timeout_seconds:
        return entry.timeout_seconds  # nobody waits for it: its call was answered at once
    merged = running.merged_configuration(entry.configuration, entry.custom_configuration)
    return limits.timeout_seconds(
        entry.side_effect,
        entry.timeout_seconds,
        merged,
        execution.trigger_context,
        is_async=execution.is_async,
    )


_STANDING = f"""
SELECT t.is_active AND t.archived_at IS NULL, o.tool_rate_limit,
    a.tool_limit_runs, a.tool_limit_seconds,
    (SELECT count(*) FROM {_RUNS} WHERE source_kind = %s AND source_id = %s
        AND source_id <> '' AND organization_id = t.organization_id AND created_at >= %s),
    (SELECT count(*) FROM {_RUNS} WHERE source_kind = %s AND source_id = %s
        AND source_id <> '' AND tool_id = t.id
        AND deadline_at IS NOT NULL AND duplicate_of_id IS NULL)
FROM {Tool._meta.db_table} t
JOIN {Organization._meta.db_table} o ON o.id = t.organization_id
LEFT JOIN {Assistant._meta.db_table} a ON a.id = %s AND a.organization_id = t.organization_id
WHERE t.id = %s AND t.organization_id = %s
"""  # noqa: S608 - names of our own tables


def _standing(execution: ToolExecution, entry: CatalogTool) -> _Standing:
    """Read all of it in one statement; putting it together anew each time takes longer than it.

    Raises:
        UnknownTool: the tool is gone, or another organization's.
        ToolNotAllowed: it was archived or switched off.
    """
    if entry.tool_id is None:
        return _Standing(0, 0)
    source = (execution.source_kind, execution.source_id)
    hour_ago = timezone.now() - datetime.timedelta(hours=1)
    since = connection.ops.adapt_datetimefield_value(hour_ago)
    tool = (execution.assistant_id, entry.tool_id, execution.organization_id)
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, [*source, since, *source, *tool])
        found = cursor.fetchone()
    if found is None:
        raise UnknownTool(entry.name)
    usable, limit, assistant_runs, assistant_seconds, calls, runs = found
    if not usable:
        raise ToolNotAllowed(f"The tool {entry.name} is switched off. Go on without it.")
    stored = json.loads(limit) if isinstance(limit, str) else limit
    return _Standing(calls, runs, stored, assistant_runs, assistant_seconds)


def _keep_within_runs(entry: CatalogTool, standing: _Standing) -> None:
    if entry.runs_at == "session":
        return  # such as ending the call, which must always be possible
    most = entry.behaviour.runs_per_call
    if most is not None and standing.runs >= most:
        raise rates.RateLimited(
            f"{entry.name} may run at most {rates.times_in_words(most)} in one conversation, "
            "and it has.",
            "Do not call it again; go on without it.",
        )


def _keep_within_calls(entry: CatalogTool, standing: _Standing) -> None:
    if entry.runs_at == "session":
        return
    if standing.calls >= CALLS_AN_HOUR:
        raise rates.RateLimited(
            f"More than {CALLS_AN_HOUR} tool calls were made in this conversation within an hour.",
            "Make no more; answer with what you know.",
        )


def _limits(
    execution: ToolExecution, entry: CatalogTool, standing: _Standing
) -> Iterable[tuple[RateLimit, str, QuerySet[ToolExecution], str]]:
    """Yield the limits to check, in the order in which everybody takes their locks."""
    if entry.tool_id is None:
        return

    def runs(**of: int) -> QuerySet[ToolExecution]:
        return ToolExecution.unscoped.filter(organization_id=execution.organization_id, **of)

    if entry.behaviour.rate_limit is not None:
        own = runs(tool_id=entry.tool_id)
        yield entry.behaviour.rate_limit, f"tool:{entry.tool_id}", own, f"The tool {entry.name}"
    if standing.assistant_runs is not None and execution.assistant_id is not None:
        limit = RateLimit(runs=standing.assistant_runs, seconds=standing.assistant_seconds)
        own = runs(assistant_id=execution.assistant_id)
        yield limit, f"assistant:{execution.assistant_id}", own, "The tools of this assistant"
    if standing.organization_limit is not None:
        limit = RateLimit.model_validate(standing.organization_limit)
        name = f"organization:{execution.organization_id}"
        yield limit, name, runs(), "The tools of this organization"
