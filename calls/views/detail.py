"""The page of one call, live and afterwards, and what staff may do to it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from calls.choices import FINAL_STATUSES, CallStatus, EndedReason
from calls.models import Call
from calls.reading.score import EventRow, Row, RunRow, SpokenRow, ending_of, score_of
from calls.services import control
from calls.views import transferring
from calls.views.access import call_or_404, page
from tools_library.choices import ExecutionStatus, ToolType
from voiceassist.foundation.errors import VoiceAssistError
from voiceassist.foundation.models import Event
from voiceassist.organizations.current import person


@page("calls.read")
@require_safe
def call_page(request: HttpRequest, call_id: int) -> HttpResponse:
    """Show the call as it stands; the page's script goes on from `seq`."""
    # The seq first: rows read after it are at least as new, and events only repeat what they say.
    seq = newest_seq(request, call_id)
    call = call_or_404(request, call_id)
    rows = score_of(call)
    context = {
        "call": call,
        "seq": seq,
        "rows": rows,
        "live": call.status not in FINAL_STATUSES,
        "language": _language(call),
        "ending": ending_of(call),
        "ended_reasons": EndedReason.choices,
        "facts": _facts(rows),
        "call_statuses": CallStatus.choices,
        "run_statuses": ExecutionStatus.choices,
        "tool_types": ToolType.choices,
        "blank": {
            "caller": SpokenRow(role="caller", status="in_progress"),
            "assistant": SpokenRow(role="assistant", status="in_progress"),
            "run": RunRow(),
            "event": EventRow(),
        },
        "note_max": control.NOTE_MAX,
        **transferring.form_of(call),
        **transferring.card_of(call),
    }
    return render(request, "calls/detail.html", context)


@page("calls.operate")
@require_POST
def end(request: HttpRequest, call_id: int) -> HttpResponse:
    """End the call; the assistant says goodbye first."""
    call = call_or_404(request, call_id)
    try:
        control.end_call(call, person(request))
    except VoiceAssistError as error:
        messages.error(request, error.public_message)
    else:
        messages.success(request, "The call is being ended. The assistant says goodbye first.")
    return redirect("calls:detail", call_id=call.pk)


@page("calls.operate")
@require_POST
def note(request: HttpRequest, call_id: int) -> HttpResponse:
    """Give the assistant a note that the caller does not hear."""
    call = call_or_404(request, call_id)
    text = request.POST.get("text", "").strip()
    context: dict[str, Any] = {"call": call, "note_max": control.NOTE_MAX, "note_text": text}
    if not text:
        context["note_error"] = "Write the note first."
    elif len(text) > control.NOTE_MAX:
        context["note_error"] = f"Make it shorter: {control.NOTE_MAX} characters at most."
    else:
        try:
            control.give_note(call, text, person(request))
            context |= {"note_text": "", "note_given": True}
        except VoiceAssistError as error:
            context["note_error"] = error.public_message
    if request.headers.get("HX-Request"):
        return render(request, "calls/_note.html", context)
    if "note_error" in context:
        messages.error(request, context["note_error"])
    else:
        messages.success(request, "Note given. The assistant uses it from its next turn on.")
    return redirect("calls:detail", call_id=call.pk)


def newest_seq(request: HttpRequest, call_id: int) -> int:
    """Return the seq up to which the page's rows surely reach."""
    events = Event.objects.filter(
        organization_id=request.organization.pk,  # type: ignore[attr-defined]
        topic=f"call:{call_id}",
    )
    return events.aggregate(newest=Max("id"))["newest"] or 0


def _language(call: Call) -> str:
    if call.assistant_version is not None:
        return str(call.assistant_version.configuration.get("language", ""))
    return ""


def _facts(rows: list[Row]) -> dict[str, Any]:
    spoken = [row for row in rows if isinstance(row, SpokenRow)]
    waits = sorted(row.latency_ms for row in spoken if row.latency_ms)
    return {
        "first_word_ms": waits[len(waits) // 2] if waits else None,
        "interruptions": sum(row.interrupted for row in spoken),
        "runs": sum(isinstance(row, RunRow) for row in rows),
    }
