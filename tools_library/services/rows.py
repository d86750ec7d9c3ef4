"""A run's row with what its steps read, in one short statement; imports models."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model

from tools_library.models import Tool, ToolExecution, ToolVersion
from voiceassist.foundation.prepared import PreparedQuery
from voiceassist.organizations.models import Organization

Row = TypeVar("Row", bound=Model)

_RUN = tuple(field.attname for field in ToolExecution._meta.concrete_fields)
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
    run = _row(ToolExecution, _RUN, values)
    tool = _row(Tool, _TOOL, values)
    run.tool = None if run.tool_id is None else tool
    run.organization = _row(Organization, _ORGANIZATION, values)
    if run.definition_id is not None:
        run.definition = _version(run.definition_id, next(values))
    return run


@lru_cache(maxsize=500)
def _version(pk: int, created_at: datetime) -> ToolVersion:
    """Return a version, which never changes; whoever gets it must not change it either.

    Args:
        created_at: tells it from another one of its number, as after a backup was restored.
    """
    return ToolVersion.unscoped.get(pk=pk)


def _row(model: type[Row], names: tuple[str, ...], values: Iterable[Any]) -> Row:
    return model.from_db(connection.alias, names, list(islice(values, len(names))))
