"""Everything a live call needs to know, read once before its stream opens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from calls.bridge.ports import CallPlan, HistoryItem, ModelSettings, Phrases, ToolTraits
from calls.choices import Direction
from calls.models import Call, MediaTicket, TranscriptItem, Transfer
from calls.services import late_results, tickets, transfers
from calls.services.errors import TicketRefused
from calls.services.recorder import CallRef
from tools_library.approvals.policy import who_is_asked
from tools_library.behaviour import Behaviour, DelayedMessage, SpokenMessage
from tools_library.executors.builtin.transfer_call import destinations
from tools_library.services import catalog
from tools_library.services.catalog import CatalogTool
from tools_library.services.execution import Origin
from tools_library.services.outcomes import process_listener
from voiceassist.assistants.prompts import first_message, full_instructions
from voiceassist.assistants.rendering import fill
from voiceassist.assistants.sentences import WHEN, sentence
from voiceassist.assistants.spec import AssistantSpec

HISTORY_MAX = 40  # long text histories push a voice model toward written speech
CALL_TOOL_TIMEOUT_S = 10.0
HOLDING_AFTER_MS = int(DelayedMessage.model_fields["after_ms"].default)


@dataclass(frozen=True, slots=True)
class Opening:
    """A stream that may open: whose it is, what the bridge follows, who calls its tools."""

    call: CallRef
    call_sid: str | None
    plan: CallPlan
    tools: dict[str, CatalogTool]
    origin: Origin


def open_stream(token: str) -> Opening:
    """Use the socket's token up and read what its call needs.

    Raises:
        TicketRefused: the token opens nothing.
    """
    ticket = tickets.claim(token)
    call: Call = ticket.call
    version = call.assistant_version
    if version is None or call.assistant is None:
        raise TicketRefused("The assistant of this call is gone.")
    spec = version.spec
    context = call_context(call, spec)
    listed = catalog.for_assistant(call.assistant, trigger="call", spec=spec)
    tools = {tool.name: tool for tool in listed}
    return Opening(
        call=CallRef(call.pk, call.organization_id, ticket.pk),
        call_sid=call.call_sid,
        plan=_plan(ticket, spec, tools, context),
        tools=tools,
        origin=Origin(
            organization_id=call.organization_id,
            trigger="call",
            source_kind="call",
            source_id=str(call.pk),
            assistant_id=call.assistant_id,
            call_id=call.pk,
            user_id=call.started_by_id,
            context=context,
            reply_to=process_listener.channel,
        ),
    )


def call_context(call: Call, spec: AssistantSpec) -> dict[str, Any]:
    """Return the names that `${}` may use in a call, by the contracts."""
    inbound = call.direction == Direction.INBOUND
    return {
        "call_sid": call.call_sid or "",
        "phone_number": call.from_number if inbound else call.to_number,
        "phone_numbers": {"from": call.from_number, "to": call.to_number},
        "assistant_id": call.assistant_id,
        "assistant_name": spec.name,
        "organization_id": call.organization_id,
        "organization_name": call.organization.name,
        "user_id": call.started_by_id,
        "conversation_id": None,
        "trigger_context": "call",
    }


def _plan(
    ticket: MediaTicket,
    spec: AssistantSpec,
    tools: dict[str, CatalogTool],
    context: dict[str, Any],
) -> CallPlan:
    call = ticket.call
    resumed = ticket.resumed and call.answered_at is not None
    sentences = {key: fill(sentence(spec, key), context) for key in WHEN}
    history, position, offset_ms = _so_far(call) if resumed else ((), 0, 0)
    back = transfers.came_back(call, ticket) if resumed else None
    if back is not None:
        told = f"{transfers.why(back)} You are talking with the caller again."
        history = (*history, HistoryItem("system", told))
    return CallPlan(
        settings=ModelSettings(
            model=spec.realtime_model,
            instructions=full_instructions(spec, context, call.instruction),
            voice=spec.voice,
            language=spec.language,
            transcription_model=spec.transcription_model,
            turn_detection=_turn_detection(spec),
            noise_reduction=spec.noise_reduction,
            tools=tuple(tool.definition for tool in tools.values()),
        ),
        sentences=sentences,
        first_message=first_message(spec, context),
        first_message_interruptible=spec.first_message_interruptible,
        farewell=sentences["farewell"],
        silence_timeout_s=spec.silence_timeout_seconds,
        max_duration_s=max(spec.max_duration_seconds - offset_ms / 1000, 10.0),
        tools={
            name: _traits(tool, spec.language, sentences["holding"]) for name, tool in tools.items()
        },
        history=history,
        destinations=destinations(spec.tools_settings.transfer_call),
        resumed=resumed,
        returns_with="transfer_failed" if back is not None else "resumed",
        news=late_results.missed(call, _silent_since(ticket, back)) if resumed else (),
        position_offset=position,
        offset_ms=offset_ms,
    )


def _silent_since(ticket: MediaTicket, back: Transfer | None) -> datetime:
    """Return when the stream before this one closed, as far as that is written down."""
    dialled = back.dialled_at if back is not None else None
    return ticket.call.stream_closed_at or dialled or ticket.created_at


def _turn_detection(spec: AssistantSpec) -> dict[str, Any]:
    detection = spec.turn_detection.model_dump(mode="json")
    return detection | {"create_response": True}


def _traits(tool: CatalogTool, language: str, holding: str) -> ToolTraits:
    # What the session itself does is heard: keys, a farewell, somebody's phone ringing.
    holding = "" if tool.runs_at == "session" else holding
    asked = who_is_asked(
        tool.behaviour, require_confirmation=tool.require_confirmation, trigger="call"
    )
    return ToolTraits(
        runs_at=tool.runs_at,
        side_effect=tool.side_effect,
        execution_order=tool.execution_order,
        timeout_s=min(tool.timeout_seconds or CALL_TOOL_TIMEOUT_S, CALL_TOOL_TIMEOUT_S),
        on_interrupt=tool.behaviour.on_interrupt,
        asked=asked is not None,
        phrases=_phrases(tool.behaviour, language, holding),
    )


def _phrases(behaviour: Behaviour, language: str, holding: str) -> Phrases:
    """Return what the caller hears around a run, in one language.

    While a run takes long they hear the assistant's own sentence where the tool has none. An async
    run is only accepted when its call is answered; of its outcome the model speaks.
    """
    messages = behaviour.messages
    after_ms = messages.delayed.after_ms if messages.delayed else HOLDING_AFTER_MS
    told_at_once = behaviour.execution_mode == "sync"
    return Phrases(
        start=_variants(messages.start, language),
        delayed=_variants(messages.delayed, language) or ((holding,) if holding else ()),
        delayed_after_s=after_ms / 1000,
        complete=_variants(messages.complete, language) if told_at_once else (),
        failed=_variants(messages.failed, language) if told_at_once else (),
    )


def _variants(message: SpokenMessage | None, language: str) -> tuple[str, ...]:
    return message.variants(language) if message is not None else ()


def _so_far(call: Call) -> tuple[tuple[HistoryItem, ...], int, int]:
    rows = TranscriptItem.objects.of(call.organization_id).filter(call=call)
    said = list(rows.order_by("-position")[:HISTORY_MAX])[::-1]
    history = tuple(
        HistoryItem(row.role, row.heard_text or row.text)
        for row in said
        if (row.heard_text or (row.role == "caller" and row.text))
    )
    began = call.answered_at or call.started_at
    elapsed_ms = int((timezone.now() - began).total_seconds() * 1000)
    return history, said[-1].position if said else 0, max(elapsed_ms, 0)
