"""The page that tries a tool out: arguments by hand, what came of it; imports the trials."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import escape
from unfold.widgets import UnfoldAdminSelectWidget

from tools_library.admin.fields import PrettyJSONField, text
from tools_library.api.throttling import TrialsThrottle
from tools_library.choices import ExecutionStatus
from tools_library.models import Tool, ToolExecution
from tools_library.services import catalog, trials
from voiceassist.assistants.models import Assistant
from voiceassist.foundation.admin import pretty_json, reason
from voiceassist.foundation.errors import InvalidInput, VoiceAssistError
from voiceassist.foundation.reading_order import in_reading_order

TEMPLATE = "admin/tools_library/tool/try.html"

_NUMBERS = ("integer", "number")
_TONES = {
    ExecutionStatus.SUCCESS: "va-ok",
    ExecutionStatus.ERROR: "va-bad",
    ExecutionStatus.TIMEOUT: "va-bad",
}
_EMPTY = ("", None)


class TryForm(forms.Form):
    """A field for each argument of the tool's schema, and in whose name it runs.

    What is left empty is left out, so that the answer to missing arguments can be seen too.
    """

    def __init__(self, tool: Tool, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        definition = catalog.flat_definition(tool.function_definition, tool.name, "")
        schema: Any = definition["parameters"]
        properties = schema.get("properties")
        self.arguments: dict[str, str] = {}
        needed = schema.get("required") or []
        declared = properties.items() if isinstance(properties, Mapping) else ()
        for place, (name, about) in enumerate(declared):
            field = _field(str(name), about if isinstance(about, Mapping) else {}, name in needed)
            self.fields[f"argument_{place}"] = field
            self.arguments[f"argument_{place}"] = str(name)
        rows = Assistant.objects.of(tool.organization_id).filter(assistant_tools__tool=tool)
        self.fields["assistant"] = forms.ModelChoiceField(
            rows.order_by("name"),
            required=False,
            label="As which assistant",
            empty_label="None: as the tool says",
            help_text="With its own configuration of this tool.",
            widget=UnfoldAdminSelectWidget,
        )
        self.fields["context"] = PrettyJSONField(
            label="Names for templates",
            rows=2,
            help_text='JSON object of what a call would bring, such as {"phone_number": '
            '"+12025550134"}.',
        )

    def clean_context(self) -> dict[str, Any]:
        """Return an object.

        Raises:
            ValidationError: it is something else.
        """
        given = self.cleaned_data["context"] or {}
        if not isinstance(given, dict):
            raise ValidationError("Write a JSON object, such as {}.")
        return given

    def parameters(self) -> dict[str, Any]:
        """Return the arguments that were written."""
        given = {name: self.cleaned_data[key] for key, name in self.arguments.items()}
        return {name: value for name, value in given.items() if value not in _EMPTY}

    def filled_from(self, execution: ToolExecution) -> dict[str, Any]:
        """Return what the fields held when a run was asked for."""
        values = {
            key: _shown(self.fields[key], execution.input_parameters.get(name))
            for key, name in self.arguments.items()
        }
        return {**values, "assistant": execution.assistant_id}


class _Typed(forms.TypedChoiceField):
    """A choice of JSON values; nothing chosen is None."""

    def __init__(self, values: list[Any], **kwargs: Any) -> None:
        offered = [("", "–"), *((json.dumps(each), _word(each)) for each in values)]
        super().__init__(
            choices=offered,
            coerce=json.loads,
            empty_value=None,
            required=False,
            widget=UnfoldAdminSelectWidget,
            **kwargs,
        )


class _Number(forms.CharField):
    """A number as JSON has it."""

    def clean(self, value: Any) -> Any:
        """Return the number, or None.

        Raises:
            ValidationError: it is none.
        """
        given = super().clean(value)
        if not given:
            return None
        try:
            return int(given) if given.lstrip("-").isdigit() else float(given)
        except ValueError:
            raise ValidationError("Write a number, such as 3 or 2.5.") from None


def page(request: HttpRequest, tool: Tool, site: dict[str, Any]) -> HttpResponse:
    """Show the form and the newest trial; a POST runs the tool and comes back here.

    Args:
        site: context of every admin page.
    """
    if request.method == "POST":
        form = TryForm(tool, request.POST)
        if form.is_valid() and (found := _run(request, tool, form)) is not None:
            here = reverse("admin:tools_library_tool_try_it", args=[tool.pk])
            return HttpResponseRedirect(f"{here}?run={found.execution_id}")
        run = None
    else:
        run = _asked_for(request, tool)
        form = TryForm(tool)
        form.initial = form.filled_from(run) if run else {}
    shown = {**site, "title": f"Try {tool}", "tool": tool, "form": form}
    shown |= {"opts": Tool._meta, "original": tool}
    return TemplateResponse(request, TEMPLATE, {**shown, **(_outcome(run) if run else {})})


def too_often(request: HttpRequest) -> str:
    """Return why somebody must wait before they try more, or nothing: one limit with the REST."""
    throttle: Any = TrialsThrottle()  # of REST framework, which asks for no more than the person
    if throttle.allow_request(request, None):
        return ""
    wait = math.ceil(throttle.wait() or 1)
    return f"That was often: {throttle.rate} at most. Try again in {wait} s."


def _run(request: HttpRequest, tool: Tool, form: TryForm) -> ToolExecution | None:
    """Run it and wait; where it is refused before that, say why at the form."""
    given = form.cleaned_data
    if problem := too_often(request):
        form.add_error(None, problem)
        return None
    trial = trials.Trial(
        parameters=form.parameters(),
        by=request.user,
        assistant=given["assistant"],
        context=given["context"],
    )
    try:
        return trials.try_tool(tool, trial)
    except InvalidInput as error:
        form.add_error(None, [f"{path}: {text}" for path, text in error.errors.items()])
    except VoiceAssistError as error:
        form.add_error(None, reason(error))
    return None


def _asked_for(request: HttpRequest, tool: Tool) -> ToolExecution | None:
    """Return the run that the address names, where it is a trial of this tool."""
    named = request.GET.get("run", "")
    try:
        key = UUID(named)
    except ValueError:
        if named:
            messages.warning(request, "There is no such run.")
        return None
    rows = ToolExecution.objects.of(tool.organization_id).filter(tool=tool, trigger_context="test")
    found: ToolExecution | None = rows.filter(execution_id=key).first()
    return found


def _outcome(run: ToolExecution) -> dict[str, Any]:
    output = run.output_result or {}
    return {
        "run": run,
        "for_engineers": in_reading_order(run.error_message),
        "tone": _TONES.get(ExecutionStatus(run.status), "va-warn"),
        "data": pretty_json(output.get("data")),
        "given": pretty_json(run.input_parameters),
        "trace": pretty_json(run.trace),
    }


def _field(name: str, about: Mapping[str, Any], needed: bool) -> forms.Field:
    help_text = escape(_help(about, needed))
    kind, values = about.get("type"), about.get("enum")
    if isinstance(values, list) and values:
        return _Typed(values, label=name, help_text=help_text)
    if kind == "boolean":
        return _Typed([True, False], label=name, help_text=help_text)
    if kind == "string":
        return text(name, help_text)
    if kind in _NUMBERS:
        widget = text("").widget
        return _Number(required=False, label=name, help_text=help_text, widget=widget)
    return PrettyJSONField(label=name, help_text=help_text or "JSON.", rows=3)


def _help(about: Mapping[str, Any], needed: bool) -> str:
    said = str(about.get("description") or "")
    return " ".join(filter(None, [said, "Required." if needed else ""]))


def _shown(field: forms.Field, value: Any) -> Any:
    if value is None or isinstance(field, PrettyJSONField):
        return value
    return json.dumps(value) if isinstance(field, _Typed) else value


def _word(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
