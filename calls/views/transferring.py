"""Putting a caller through from the call's page, and how that stands; imports services."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from calls.choices import FINAL_STATUSES
from calls.models import Call
from calls.services import control
from calls.views.access import call_or_404, page
from tools_library.executors.builtin.transfer_call import destinations
from voiceassist.foundation.errors import InvalidInput, VoiceAssistError
from voiceassist.organizations.current import person


@page("calls.operate")
@require_POST
def transfer(request: HttpRequest, call_id: int) -> HttpResponse:
    """Put the caller through once the assistant has said so; what is wrong shows in the dialog."""
    call = call_or_404(request, call_id)
    chosen, typed = (request.POST.get(name, "").strip() for name in ("to", "number"))
    error = _ask(request, call, typed or chosen)
    here = reverse("calls:detail", args=[call.pk])
    if not request.headers.get("HX-Request"):
        if error:
            messages.error(request, error)
        return redirect(here)
    if not error:
        return HttpResponse(headers={"HX-Redirect": here})
    form = form_of(call)
    context = {
        "call": call,
        "transfer_to": chosen,
        "transfer_number": typed,
        "transfer_error": error,
        "transfer_field": "number" if typed or not form["destinations"] else "to",
        **form,
    }
    return render(request, "calls/_transfer.html", context)


@page("calls.read")
@require_safe
def transfers(request: HttpRequest, call_id: int) -> HttpResponse:
    """Return the card of transfers, or 204 where it looks as the page already has it."""
    call = call_or_404(request, call_id)
    context = card_of(call)
    if request.GET.get("seen") == context["transfers_mark"]:
        return HttpResponse(status=204)
    return render(request, "calls/_transfers.html", {"call": call, **context})


def form_of(call: Call) -> dict[str, Any]:
    """Return whom staff may choose: the destinations of the assistant that callers talk with."""
    known: dict[str, str] = {}
    if call.assistant_version is not None:
        known = destinations(call.assistant_version.spec.tools_settings.transfer_call)
    named = {number for label, number in known.items() if label != number}
    return {
        "destinations": [
            (label, number)
            for label, number in known.items()
            if label != number or number not in named
        ]
    }


def card_of(call: Call) -> dict[str, Any]:
    """Return the transfers of a call, oldest first, and what tells two looks of them apart."""
    rows = list(call.transfers.order_by("pk"))
    mark = "-".join(f"{row.pk}.{row.status}" for row in rows)
    live = call.status not in FINAL_STATUSES
    return {"transfers": rows, "transfers_mark": f"{live:d}{mark}", "transfers_live": live}


def _ask(request: HttpRequest, call: Call, to: str) -> str:
    """Ask for it; return what is against it, or nothing."""
    if not to:
        return "Choose somebody, or write a number."
    try:
        control.transfer(call, to, person(request))
    except InvalidInput as error:
        return error.errors["to"]
    except VoiceAssistError as error:
        return error.public_message
    told = f"The assistant says so, then the caller is put through to {to}."
    messages.success(request, told)
    return ""
