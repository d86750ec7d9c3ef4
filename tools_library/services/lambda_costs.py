"""What a Lambda tool has cost today, and whether its daily cap allows another run. Writes nothing.

Costs are estimates from AWS's own report of each run (`trace.usage`), or from the time we waited
where it sent none. Runs that are under way are not in them, so a cap can be passed by what runs at
that moment.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any

from django.db.models import FloatField, Q, Sum
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.utils import timezone

from tools_library.engine.errors import ToolError
from tools_library.models import ToolExecution


class CapReachedError(ToolError):
    """The runs of today have cost as much as they may."""

    code = "rate_limited"


def spent_today_usd(
    organization_id: int, tool_id: int | None, tool_name: str, now: datetime | None = None
) -> float:
    """Return the estimated dollars of a tool's runs since midnight UTC.

    Those that tried it before a change was saved count too; their rows have only its name.

    Args:
        tool_id: None for such a draft, which counts with the tool whose name it has.
    """
    own = Q(tool_id=tool_id)
    if tool_id is None:
        own = Q(tool__name=tool_name, tool__archived_at=None)
    rows = ToolExecution.objects.of(organization_id).filter(own | Q(tool=None, tool_name=tool_name))
    today = (now or timezone.now()).astimezone(UTC).date()
    midnight = datetime.combine(today, time.min, UTC)
    usage = KeyTextTransform("estimated_cost_usd", KeyTextTransform("usage", "trace"))
    spent = rows.filter(started_at__gte=midnight).aggregate(spent=Sum(Cast(usage, FloatField())))[
        "spent"
    ]
    return float(spent or 0.0)


def check_cap(execution: ToolExecution, configuration: Mapping[str, Any]) -> None:
    """Let a run pass, or not.

    Args:
        configuration: with the assistant's own merged in.

    Raises:
        CapReachedError: the runs of today have reached `daily_cap_usd`.
    """
    cap = configuration.get("daily_cap_usd")
    if not isinstance(cap, int | float) or isinstance(cap, bool):
        return
    name = execution.tool_name
    spent = spent_today_usd(execution.organization_id, execution.tool_id, name)
    if spent >= cap:
        raise CapReachedError(
            "This tool has reached its cost limit for today. Go on without it.",
            detail=f"An estimated ${spent:.4f} of daily_cap_usd {cap} is spent since midnight UTC.",
        )
