"""Writes the demo's past calls as rows, since no service can make a call in the past."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from django.utils import timezone

from calls.choices import CallStatus, Direction, ItemStatus
from calls.choices import Role as Speaker
from calls.models import Call, TranscriptItem
from tools_library.choices import TriggerContext
from tools_library.models import Tool, ToolExecution
from voiceassist.assistants.models import Assistant
from voiceassist.demo.past_calls import CALLS, PastCall, Ran, Said
from voiceassist.organizations.models import Organization

_RINGING = timedelta(seconds=6)


def write(
    organization: Organization, assistants: Mapping[str, Assistant], tools: Mapping[str, Tool]
) -> int:
    """Store the past calls with transcripts and executions; return how many."""
    now = timezone.now()
    numbers = {slug: _number(assistant) for slug, assistant in assistants.items()}
    calls = [
        _call(past, assistants[past.assistant], numbers[past.assistant], now) for past in CALLS
    ]
    # The oldest first, so that ids grow with time as they do in life.
    order = sorted(range(len(calls)), key=lambda index: calls[index].started_at)
    stored = Call.unscoped.bulk_create([calls[index] for index in order])
    items: list[TranscriptItem] = []
    executions: list[ToolExecution] = []
    for call, past in zip(stored, (CALLS[index] for index in order), strict=True):
        items += _items(call, past.said)
        executions += (_execution(call, index, ran, tools) for index, ran in enumerate(past.ran))
    TranscriptItem.unscoped.bulk_create(items)
    ToolExecution.unscoped.bulk_create(executions)
    return len(stored)


def _number(assistant: Assistant) -> str:
    row = assistant.phone_numbers.first()
    return str(row.number) if row else "+12025550100"


def _call(past: PastCall, assistant: Assistant, own: str, now: datetime) -> Call:
    inbound = past.direction == Direction.INBOUND
    started = now - timedelta(hours=past.hours_ago)
    answered = started + _RINGING if past.duration_ms is not None else None
    length = timedelta(milliseconds=past.duration_ms or 0)
    cut = sum(1 for said in past.said if said.heard is not None)
    return Call(
        organization_id=assistant.organization_id,
        call_sid="CA" + hashlib.blake2s(f"{past.other} {past.hours_ago}".encode()).hexdigest()[:32],
        direction=past.direction,
        from_number=past.other if inbound else own,
        to_number=own if inbound else past.other,
        assistant=assistant,
        assistant_version=assistant.published_version,
        status=CallStatus(past.status),
        ended_reason=past.ended_reason,
        ended_detail=past.ended_detail,
        instruction=past.instruction,
        is_simulated=True,
        started_at=started,
        answered_at=answered,
        ended_at=(answered or started + 4 * _RINGING) + length,
        duration_ms=past.duration_ms,
        metrics={"interruptions": cut},
    )


def _items(call: Call, said: tuple[Said, ...]) -> Iterator[TranscriptItem]:
    for position, each in enumerate(said, start=1):
        spoken = each.role == Speaker.ASSISTANT
        yield TranscriptItem(
            organization_id=call.organization_id,
            call=call,
            item_id=f"item_demo_{position}",
            position=position,
            role=each.role,
            text=each.text,
            heard_text=(each.text if each.heard is None else each.heard) if spoken else "",
            status=ItemStatus.COMPLETED if each.heard is None else ItemStatus.INTERRUPTED,
            at_ms=each.at_ms,
            generated_ms=each.length_ms if spoken else 0,
            heard_ms=(each.heard_ms or each.length_ms) if spoken else 0,
            latency_ms=each.latency_ms,
        )


def _execution(call: Call, index: int, ran: Ran, tools: Mapping[str, Tool]) -> ToolExecution:
    tool = tools.get(ran.tool)
    started = (call.answered_at or call.started_at) + timedelta(milliseconds=ran.at_ms)
    output = {"success": ran.status == "success", "message": ran.message}
    return ToolExecution(
        organization_id=call.organization_id,
        tool=tool,
        tool_name=ran.tool,
        tool_version=tool.version if tool else "",
        assistant_id=call.assistant_id,
        call=call,
        source_kind="call",
        source_id=str(call.pk),
        tool_call_id=f"call_demo_{index}",
        input_parameters=ran.arguments,
        output_result=output if ran.data is None else output | {"data": ran.data},
        message=ran.message,
        status=ran.status,
        side_effect=tool.side_effect if tool else "irreversible",
        trigger_context=TriggerContext.CALL,
        started_at=started,
        completed_at=started + timedelta(milliseconds=ran.duration_ms),
        duration_ms=ran.duration_ms,
        error_code=ran.error_code,
    )
