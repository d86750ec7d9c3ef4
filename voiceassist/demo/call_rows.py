"""Reads what the product stored about simulated calls; imports the models, nothing else of rooms.

The commands read; only the product writes.
"""

from __future__ import annotations

from typing import Any

from django.db import DatabaseError
from django.db.models import Prefetch

from calls.choices import ItemStatus
from calls.models import Call, TranscriptItem
from tools_library.choices import FINAL_STATUSES
from tools_library.models import ToolExecution
from voiceassist.assistants.models import Assistant, PhoneNumber


class CannotRing(Exception):
    """The assistant cannot be rung; the text says why and what to do."""


def number_of(name: str) -> tuple[Assistant, str]:
    """Return an assistant and its number, by slug or `organization/slug`.

    Raises:
        CannotRing: no such assistant, more than one, or none of its own number.
    """
    organization, _, slug = name.rpartition("/")
    try:
        assistants = _assistants(organization, slug)
    except DatabaseError as error:
        raise CannotRing(
            f"The database cannot be read ({error}). `make run` prepares the demo's; or check "
            "DATABASE_URL."
        ) from error
    if not assistants:
        raise CannotRing(_unknown(name))
    if len(assistants) > 1:
        full = ", ".join(f"{each.organization.slug}/{each.slug}" for each in assistants)
        raise CannotRing(f"Several organizations have an assistant {slug!r}. Name one: {full}")
    number = next(iter(assistants[0].phone_numbers.all()), None)
    if number is None:
        raise CannotRing(
            f"No phone number rings the assistant {name!r}. Assign one in the admin, under "
            "Phone numbers."
        )
    return assistants[0], str(number.number)


def _assistants(organization: str, slug: str) -> list[Assistant]:
    found = Assistant.unscoped.filter(slug=slug).select_related("organization")
    if organization:
        found = found.filter(organization__slug=organization)
    numbers = PhoneNumber.unscoped.order_by("number")
    return list(found.prefetch_related(Prefetch("phone_numbers", queryset=numbers)))


def _unknown(name: str) -> str:
    slugs = sorted(set(Assistant.unscoped.values_list("slug", flat=True)))
    if not slugs:
        return (
            f"There is no assistant {name!r}: this database has none. `make run` makes the demo's; "
            "or check DATABASE_URL."
        )
    return f"There is no assistant {name!r}. There are: {', '.join(slugs)}"


def call_of(call_sid: str) -> Call | None:
    """Return the call's row."""
    return Call.unscoped.filter(call_sid=call_sid).first()


def is_complete(call: Call | None) -> bool:
    """Return whether the call's end, all its words and all its runs are stored."""
    if call is None or not call.ended_reason:
        return False
    open_words = TranscriptItem.unscoped.filter(call=call, status=ItemStatus.IN_PROGRESS)
    open_runs = ToolExecution.unscoped.filter(call=call).exclude(status__in=FINAL_STATUSES)
    return not open_words.exists() and not open_runs.exists()


def transcript(call: Call) -> list[dict[str, Any]]:
    """Return what was said, in conversation order."""
    names = ("role", "text", "heard_text", "status", "at_ms", "heard_ms", "latency_ms")
    rows = TranscriptItem.unscoped.filter(call=call).order_by("position", "id")
    return list(rows.values(*names))


def executions(call: Call) -> list[dict[str, Any]]:
    """Return the runs of tools, the first one first."""
    names = (
        "execution_id", "tool_name", "status", "input_parameters", "output_result", "message",
        "error_code", "at_ms", "duration_ms",
    )  # fmt: skip
    rows = ToolExecution.unscoped.filter(call=call).order_by("id").values(*names)
    return [{**row, "execution_id": str(row["execution_id"])} for row in rows]
