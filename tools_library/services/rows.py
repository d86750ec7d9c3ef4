"""A run's row with what its steps read, in one short statement; imports models."""

from __future__ import annotations

import uuid

from tools_library.models import Tool, ToolExecution
from tools_library.services.kept_versions import versions
from voiceassist.foundation.prepared import PreparedQuery, columns, instance
from voiceassist.organizations.models import Organization

_RUN = columns(ToolExecution)
_TOOL = ("id", "organization_id", "name", "display_name", "tool_type", "is_active", "archived_at")
_ORGANIZATION = ("id", "name", "outbound_allow", "outbound_deny")

_ONE = PreparedQuery(
    ToolExecution,
    ["execution_id"],
    lambda given: (
        ToolExecution.unscoped.filter(execution_id=given)
        .order_by()
        .values_list(
            *_RUN,
            *(f"tool__{name}" for name in _TOOL),
            *(f"organization__{name}" for name in _ORGANIZATION),
            "definition__created_at",
        )
    ),
)


def one(execution_id: uuid.UUID | str) -> ToolExecution | None:
    """Return a run with its tool, version and organization, if it is there.

    Of the tool and the organization comes what runs read; the rest is asked for when it is used.
    """
    found = _ONE.first(execution_id)
    if found is None:
        return None
    values = iter(found)
    run = instance(ToolExecution, _RUN, values)
    tool = instance(Tool, _TOOL, values)
    run.tool = None if run.tool_id is None else tool
    run.organization = instance(Organization, _ORGANIZATION, values)
    if run.definition_id is not None:
        run.definition = versions([(run.definition_id, next(values))]).get(run.definition_id)
    return run
