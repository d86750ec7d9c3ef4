"""The tool's form: fields of its request where the row holds JSON; imports models and choices."""

from __future__ import annotations

import json
from typing import Any, ClassVar, get_args

from django import forms
from django.forms.fields import InvalidJSONInput
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from tools_library.choices import ToolType, TriggerContext
from tools_library.executors.endpoint.config import Method, ResponseHandling
from tools_library.models import Tool

REQUEST_FIELDS = ("method", "url", "headers", "query", "body")
ANSWER_FIELDS = ("success_field", "message_field", "data_field")
_CODE = {"class": "font-mono", "spellcheck": "false", "autocomplete": "off"}
_DEFAULTS = ResponseHandling()
_COLUMNS = (
    "name", "display_name", "description", "side_effect", "is_active", "allowed_contexts",
    "timeout_seconds", "retry_attempts",
)  # fmt: skip


class PrettyJSONField(forms.JSONField):
    """JSON in a text area, indented; empty is None."""

    def __init__(self, *, rows: int = 6, **kwargs: Any) -> None:
        super().__init__(
            required=False,
            widget=UnfoldAdminTextareaWidget(attrs={**_CODE, "rows": rows}),
            error_messages={"invalid": "This is not JSON. Check quotes, commas and brackets."},
            **kwargs,
        )

    def prepare_value(self, value: Any) -> Any:
        """Return the text to edit."""
        if value in (None, {}, []):
            return ""
        if isinstance(value, InvalidJSONInput):
            return value
        return json.dumps(value, indent=2, ensure_ascii=False)


def _text(label: str, help_text: str, default: str) -> forms.CharField:
    return forms.CharField(
        required=False,
        label=label,
        help_text=help_text,
        widget=UnfoldAdminTextInputWidget(attrs={**_CODE, "placeholder": default}),
    )


class ToolForm(forms.ModelForm):  # type: ignore[type-arg]
    """A tool that calls an endpoint, with its configuration and definition as fields."""

    method = forms.ChoiceField(
        choices=[(each, each) for each in get_args(Method)],
        initial="POST",
        widget=UnfoldAdminSelectWidget,
    )
    url = forms.CharField(
        label="Address",
        widget=UnfoldAdminTextInputWidget(attrs=_CODE),
        help_text="Begins with https://. After the host, ${order_id} takes an argument's value.",
    )
    headers = forms.CharField(
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={**_CODE, "rows": 3}),
        help_text="One per line, such as X-Source: voice",
    )
    query = PrettyJSONField(
        label="Query",
        rows=3,
        help_text='JSON object, such as {"q": "${query}"}. Empty: a GET or DELETE sends the '
        "arguments that its address does not use.",
    )
    body = PrettyJSONField(
        label="Body",
        help_text='JSON with ${name} where values go; "${parameters}" is all arguments. '
        "Empty: a POST, PUT or PATCH sends the arguments.",
    )
    success_field = _text(
        "Worked", "Where the answer's JSON says true or false.", _DEFAULTS.success_field
    )
    message_field = _text(
        "Message", "Where it holds the sentence for the assistant.", _DEFAULTS.message_field
    )
    data_field = _text("Data", "Where it holds everything else.", _DEFAULTS.data_field)
    parameters = PrettyJSONField(
        label="Arguments",
        rows=14,
        help_text="JSON schema of what the assistant must find out before it calls the tool.",
    )
    allowed_contexts = forms.MultipleChoiceField(
        required=False,
        choices=TriggerContext.choices,
        widget=forms.CheckboxSelectMultiple,
        label="Where it may be used",
        help_text="None chosen: everywhere.",
    )

    class Meta:
        model = Tool
        fields = ()  # the admin names them in its fieldsets
        labels: ClassVar[dict[str, str]] = {
            "name": "Name for the model",
            "display_name": "Name",
            "side_effect": "What a run does",
            "is_active": "Switched on",
            "timeout_seconds": "Time limit, seconds",
            "retry_attempts": "Further attempts",
        }
        help_texts: ClassVar[dict[str, str]] = {
            "name": "Letters, digits, _ and -, such as lookup_order.",
            "description": "When the assistant should use it, and what it gets back.",
            "side_effect": "Only what reads or is safe to repeat is tried again by itself.",
            "timeout_seconds": "Empty: 10 for reading, 30 for changes. In a call never over 10.",
            "retry_attempts": "Empty: 2 where repeating is safe, else none.",
        }
        widgets: ClassVar[dict[str, Any]] = {
            "description": UnfoldAdminTextareaWidget(attrs={"rows": 3}),
            "is_active": UnfoldBooleanSwitchWidget,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        configuration = self.instance.configuration or {}
        handling = configuration.get("response_handling") or {}
        function = (self.instance.function_definition or {}).get("function") or {}
        for name, value in {
            "method": configuration.get("method", "POST"),
            "url": configuration.get("url", ""),
            "headers": _lines(configuration.get("headers") or {}),
            "query": configuration.get("query"),
            "body": configuration.get("request_body_template"),
            "parameters": function.get("parameters"),
            **{name: handling.get(name, "") for name in ANSWER_FIELDS},
        }.items():
            self.initial.setdefault(name, value)

    def clean_headers(self) -> dict[str, str]:
        """Return the lines as an object."""
        headers = {}
        for line in filter(None, map(str.strip, self.cleaned_data["headers"].splitlines())):
            name, colon, value = line.partition(":")
            if not colon or not name.strip():
                raise forms.ValidationError(f"Write {line[:60]!r} as Name: value.")
            headers[name.strip()] = value.strip()
        return headers

    def values(self) -> dict[str, Any]:
        """Return what the service takes; parts of the JSON that have no field stay."""
        given = self.cleaned_data
        return {
            **{name: given[name] for name in _COLUMNS},
            "tool_type": self.instance.tool_type or ToolType.ENDPOINT.value,
            "configuration": self._configuration(given),
            "function_definition": {
                "function": {
                    "name": given["name"],
                    "description": given["description"],
                    "parameters": given["parameters"] or {"type": "object", "properties": {}},
                }
            },
        }

    def _configuration(self, given: dict[str, Any]) -> dict[str, Any]:
        stored = dict(self.instance.configuration or {})
        stored |= {"type": ToolType.ENDPOINT.value, "method": given["method"], "url": given["url"]}
        fields = {
            "headers": given["headers"] or None,
            "query": given["query"],
            "request_body_template": given["body"],
            "response_handling": {name: given[name] for name in ANSWER_FIELDS if given[name]},
        }
        for name, value in fields.items():
            if value:
                stored[name] = value
            elif stored.get(name):
                del stored[name]
        return stored

    def field_for(self, path: str) -> str:
        """Return the form field that shows the error of a dotted path of the service."""
        first, _, rest = path.partition(".")
        if first == "function_definition":
            return "parameters"
        if first != "configuration":
            return first
        part, _, inner = rest.partition(".")
        names = {"request_body_template": "body", "response_handling": inner}
        return names.get(part, part)


def _lines(headers: dict[str, str]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in headers.items())
