"""Which version of each of its tools an assistant uses now; imports models and the reviews.

That is the pinned one, else the newest. While the newest one waits for its review or was rejected,
the last approved one stays in use, so that a builder's save takes nothing away from callers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from django.db.models import OuterRef, Subquery

from tools_library.approvals import reviews
from tools_library.approvals.choices import ReviewStatus
from tools_library.approvals.hashing import configuration_hash
from tools_library.models import AssistantTool, Tool, ToolReview, ToolVersion


def versions(
    rows: Iterable[AssistantTool], newest: Mapping[int, ToolVersion] | None = None
) -> dict[int, ToolVersion | None]:
    """Return the version that each row's assistant uses, by the row's id.

    Where none may be used it is the newest, whose runs say so; None: the tool has no version. Two
    queries, two more where something waits. The rows are one organization's, `pinned_version` read.

    Args:
        newest: of each tool, by the tool's id; None: they are read, by one of the queries.
    """
    rows = list(rows)
    if newest is None:
        newest = _newest({row.tool_id for row in rows if row.pinned_version is None})
    found = {row.pk: row.pinned_version or newest.get(row.tool_id) for row in rows}
    return found | _last_approved(_waiting(rows, found))


def usable(row: AssistantTool) -> ToolVersion | None:
    """Return the version that may be used as a row configures it; None: there is none yet."""
    found = versions([row])
    waiting = _waiting([row], found)
    return None if waiting else found[row.pk]


def usable_of(tool: Tool) -> ToolVersion | None:
    """Return the version that assistants use who configure nothing of it; None: none yet."""
    return usable(AssistantTool(pk=0, organization_id=tool.organization_id, tool=tool))


def _newest(tools: Collection[int]) -> dict[int, ToolVersion]:
    """Return the newest version of each tool, by the tool's id."""
    if not tools:
        return {}
    of_tool = ToolVersion.unscoped.filter(tool=OuterRef("tool")).order_by("-id")
    found = ToolVersion.unscoped.filter(tool__in=tools, pk=Subquery(of_tool.values("pk")[:1]))
    return {version.tool_id: version for version in found}


def _waiting(
    rows: Collection[AssistantTool], found: Mapping[int, ToolVersion | None]
) -> list[AssistantTool]:
    """Return the rows whose version, as they configure it, may not be used; pins stay."""
    asked = {
        row.pk: (version.pk, _hash(version, row))
        for row in rows
        if row.pinned_version is None and (version := found[row.pk]) is not None
    }
    if not asked:
        return []
    organization_id = next(iter(rows)).organization_id
    passing = reviews.usable(organization_id, set(asked.values()))
    return [row for row in rows if row.pk in asked and asked[row.pk] not in passing]


def _last_approved(rows: Collection[AssistantTool]) -> dict[int, ToolVersion]:
    """Return the newest version that was approved as each row configures it, where there is one."""
    found: dict[int, ToolVersion] = {}
    if not rows:
        return found
    approved = ToolReview.unscoped.filter(
        status=ReviewStatus.APPROVED, version__tool__in={row.tool_id for row in rows}
    )
    review: ToolReview
    for review in approved.select_related("version").order_by("-version_id").iterator(50):
        for row in rows:
            fits = row.tool_id == review.version.tool_id and row.pk not in found
            if fits and review.configuration_hash == _hash(review.version, row):
                found[row.pk] = review.version
        if len(found) == len(rows):
            break
    return found


def _hash(version: ToolVersion, row: AssistantTool) -> str:
    return configuration_hash(version.configuration, row.custom_configuration)
