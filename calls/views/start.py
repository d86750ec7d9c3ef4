"""The page that lets an assistant ring somebody; imports services and reading."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from calls.reading.numbers import NotANumber, to_e164
from calls.reading.starting import INSTRUCTION_MAX, callable_assistants, phone_is_simulated
from calls.views.access import page
from calls.views.quick_starts import QUICK_STARTS
from voiceassist.assistants.models import Assistant
from voiceassist.foundation.errors import InvalidInput, VoiceAssistError
from voiceassist.organizations.current import organization_of, person
from voiceassist.organizations.models import Organization


class StartForm(forms.Form):
    """Names as on the wire: `userPhone`, `instruction`, `assistant_id`."""

    userPhone = forms.CharField(required=False, strip=True)  # noqa: N815
    instruction = forms.CharField(required=False, strip=True)
    assistant_id = forms.ModelChoiceField(
        queryset=Assistant.unscoped.none(),
        error_messages={
            "required": "Choose the assistant that rings.",
            "invalid_choice": "This assistant is not published any more. Choose another one.",
        },
    )

    def __init__(self, organization: Organization, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["assistant_id"].queryset = callable_assistants(organization)  # type: ignore[attr-defined]

    def clean_userPhone(self) -> str:  # noqa: N802
        """Return the number in E.164."""
        try:
            return to_e164(self.cleaned_data["userPhone"])
        except NotANumber as error:
            raise forms.ValidationError(str(error)) from None

    def clean_instruction(self) -> str:
        """Return the instruction, within its length."""
        text: str = self.cleaned_data["instruction"]
        if not text:
            raise forms.ValidationError("Say what the assistant should do, or pick a quick start.")
        if len(text) > INSTRUCTION_MAX:
            raise forms.ValidationError(
                f"This has {len(text):,} characters; {INSTRUCTION_MAX:,} fit."
            )
        return text


@page("calls.operate")
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Show the form; POST rings and leads to the call's page."""
    organization = organization_of(request)
    data = request.POST.copy() if request.method == "POST" else None
    if data is not None and not data.get("instruction", "").strip():
        # Without script the card that was picked stands for its words.
        chosen = {quick.slug: quick.instruction for quick in QUICK_STARTS}
        data["instruction"] = chosen.get(data.get("quick", ""), "")
    form = StartForm(
        organization,
        data,
        initial={
            "assistant_id": organization.default_assistant_id,
            "userPhone": request.GET.get("to", ""),
        },
    )
    problem = ""
    if form.is_valid():
        try:
            return _ring(request, form)
        except InvalidInput as error:
            for name, text in error.errors.items():
                form.add_error(name if name in form.fields else None, text)
        except VoiceAssistError as error:
            problem = error.public_message
    context = {
        "form": form,
        "problem": problem,
        "assistants": callable_assistants(organization),
        "quick_starts": QUICK_STARTS,
        "picked": data.get("quick", "") if data is not None else "",
        "instruction_max": INSTRUCTION_MAX,
        "simulated": phone_is_simulated(),
    }
    return render(request, "calls/start.html", context, status=400 if form.errors else 200)


def _ring(request: HttpRequest, form: StartForm) -> HttpResponse:
    from calls.services.start import start_call

    call = start_call(
        organization_of(request),
        form.cleaned_data["userPhone"],
        form.cleaned_data["instruction"],
        form.cleaned_data["assistant_id"],
        person(request),
    )
    return redirect("calls:detail", call_id=call.pk)
