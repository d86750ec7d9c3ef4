"""The page that lets an assistant ring somebody; imports services and models."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from calls.services.start import INSTRUCTION_MAX, start_call
from calls.views.access import page
from calls.views.quick_starts import QUICK_STARTS
from voiceassist.assistants.models import Assistant
from voiceassist.foundation.errors import InvalidInput, VoiceAssistError
from voiceassist.foundation.providers.twilio import is_stand_in
from voiceassist.organizations.current import organization_of, person
from voiceassist.organizations.models import Organization


@dataclass
class StartForm:
    """What is in the form, under the names of the API, and what is wrong with it."""

    userPhone: str = ""
    instruction: str = ""
    assistant_id: str = ""
    quick: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    problem: str = ""


@page("calls.operate")
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Show the form; POST rings and leads to the call's page."""
    organization = organization_of(request)
    assistants = _published(organization)
    if request.method == "POST":
        form = _posted(request)
        if answer := _ring(request, form, assistants):
            return answer
    else:
        form = StartForm(assistant_id=str(organization.default_assistant_id or ""))
    context = {
        "form": form,
        "assistants": assistants,
        "quick_starts": QUICK_STARTS,
        "instruction_max": INSTRUCTION_MAX,
        "simulated": is_stand_in(),
    }
    status = 400 if form.errors else 502 if form.problem else 200
    return render(request, "calls/start.html", context, status=status)


def _published(organization: Organization) -> QuerySet[Assistant]:
    assistants: QuerySet[Assistant] = Assistant.objects.of(organization)
    return assistants.filter(is_active=True, published_version__isnull=False)


def _posted(request: HttpRequest) -> StartForm:
    given = {name: str(value).strip() for name, value in request.POST.items()}
    form = StartForm(
        userPhone=given.get("userPhone", ""),
        instruction=given.get("instruction", ""),
        assistant_id=given.get("assistant_id", ""),
        quick=given.get("quick", ""),
    )
    if not form.instruction:
        # Without script the card that was picked stands for its words.
        words = {quick.slug: quick.instruction for quick in QUICK_STARTS}
        form.instruction = words.get(form.quick, "")
    return form


def _ring(
    request: HttpRequest, form: StartForm, assistants: QuerySet[Assistant]
) -> HttpResponse | None:
    chosen = {str(assistant.pk): assistant for assistant in assistants}.get(form.assistant_id)
    if chosen is None:
        form.errors["assistant_id"] = "Choose the assistant that rings."
        return None
    try:
        organization = organization_of(request)
        call = start_call(organization, form.userPhone, form.instruction, chosen, person(request))
    except InvalidInput as error:
        form.errors = error.errors
        return None
    except VoiceAssistError as error:
        form.problem = error.public_message
        return None
    return redirect("calls:detail", call_id=call.pk)
