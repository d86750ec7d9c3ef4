"""The tool's form: fields where the row holds JSON, for every kind; imports models and parts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import deepcopy
from typing import Any, ClassVar

from django import forms
from django.urls import reverse
from django.utils.html import format_html_join
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldBooleanSwitchWidget,
)

from tools_library.admin import around, kinds
from tools_library.admin.fields import PrettyJSONField
from tools_library.admin.part import Part, field_at, values_of, without, write
from tools_library.choices import ToolType, TriggerContext
from tools_library.engine.registry import executor_for
from tools_library.engine.registry import kinds as runnable
from tools_library.executors.builtin import registry as builtins
from tools_library.models import Tool
from voiceassist.assistants.models import Assistant
from voiceassist.organizations.services import credentials

_COLUMNS = (
    "name", "display_name", "description", "side_effect", "is_active", "allowed_contexts",
    "timeout_seconds", "retry_attempts", "is_public", "is_template",
)  # fmt: skip
_ARGUMENTS = """{
  "type": "object",
  "properties": {
    "order_id": {"type": "string", "description": "The order's number."}
  },
  "required": ["order_id"]
}"""
# Built-in tools bring these along, and the form hides them.
_OF_THE_BUILTIN = ("name", "side_effect", "function_definition")


class ToolForm(forms.ModelForm):  # type: ignore[type-arg]
    """A tool of any kind, with its configuration, behaviour and definition as fields."""

    owner: Any = None

    tool_type = forms.ChoiceField(
        label="Kind",
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="What runs it. A saved tool keeps its kind.",
    )
    parameters = PrettyJSONField(
        label="Arguments",
        rows=12,
        placeholder=_ARGUMENTS,
        help_text="JSON schema of what the assistant must find out before it calls the tool. Pages "
        "of browser tools also get each argument's “default” where it was left out.",
    )
    give_to = forms.ModelChoiceField(
        Assistant.unscoped.none(),
        label="Give it to",
        required=False,
        empty_label="–",
        widget=UnfoldAdminSelectWidget,
        help_text="One more assistant that has it. Each assistant's page lists its tools.",
    )
    further = PrettyJSONField(label="Further settings", rows=3)
    asks = forms.ChoiceField(
        label="Before it runs",
        required=False,
        choices=around.ASKS,
        widget=UnfoldAdminSelectWidget,
        help_text="Of callers and people in a chat, or of staff on the Approvals page.",
    )
    allowed_contexts = forms.MultipleChoiceField(
        required=False,
        choices=TriggerContext.choices,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
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
            "is_public": "Public",
            "is_template": "Template",
        }
        help_texts: ClassVar[dict[str, str]] = {
            "name": "Letters, digits, _ and -, such as lookup_order.",
            "description": "When the assistant should use it, and what it gets back.",
            "side_effect": "Only what reads or is safe to repeat is tried again by itself.",
            "timeout_seconds": "Empty: 10 for reading, 30 for changes. In a call never over 10. "
            "Browser tools wait for 600, at most 86400.",
            "retry_attempts": "Empty: 2 where repeating is safe, else none.",
            "is_public": "Other organizations may see and copy it, without credentials' values.",
            "is_template": "Offered as a beginning for new tools.",
        }
        widgets: ClassVar[dict[str, Any]] = {
            "description": UnfoldAdminTextareaWidget(attrs={"rows": 3}),
            "is_active": UnfoldBooleanSwitchWidget,
            "is_public": UnfoldBooleanSwitchWidget,
            "is_template": UnfoldBooleanSwitchWidget,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tool = self.instance
        kind = tool.tool_type or ToolType.ENDPOINT.value
        function = (tool.function_definition or {}).get("function") or {}
        behaviour, confirmed = tool.behaviour or {}, tool.require_confirmation
        for name, value in {
            "tool_type": kind,
            "parameters": function.get("parameters"),
            "asks": around.asks(behaviour, require_confirmation=confirmed),
            kinds.FURTHER: self._without_fields(kind),
            **values_of(kinds.PARTS, tool.configuration or {}, kind),
            **values_of(around.PARTS, behaviour, kind),
        }.items():
            if value is not None:
                self.initial.setdefault(name, value)
        self._offer(kind)

    def values(self) -> dict[str, Any]:
        """Return what the service takes."""
        given, kind = self.cleaned_data, self._kind
        stored = self.instance.configuration or {}
        parts = [part for part in kinds.parts_of(kind) if part.belongs(kind, given)]
        further = given[kinds.FURTHER]
        onto = deepcopy(further) if isinstance(further, dict) else {}
        return {
            **{name: given[name] for name in _COLUMNS if name in given},
            "tool_type": kind,
            "configuration": write(parts, given, {"type": kind, **onto}, stored),
            **self._around(given),
            "function_definition": {
                "function": {
                    "name": given["name"],
                    "description": self._told(given["description"]),
                    "parameters": given["parameters"] or {"type": "object", "properties": {}},
                }
            },
        }

    @property
    def given_to(self) -> Assistant | None:
        """The assistant that gets a browser tool which not everyone has."""
        given = self.cleaned_data
        if self._kind != kinds.BROWSER or given["everywhere"]:
            return None
        chosen: Assistant | None = given["give_to"]
        return chosen

    def clean_tool_type(self) -> str:
        """Return the kind: a saved tool's own, else the chosen one."""
        return str(self.instance.tool_type or self.cleaned_data["tool_type"] or kinds.ENDPOINT)

    def clean_further(self) -> Any:
        """Return an object.

        Raises:
            ValidationError: it is something else.
        """
        given = self.cleaned_data[kinds.FURTHER]
        if given is not None and not isinstance(given, dict):
            raise forms.ValidationError("Write a JSON object, such as {}.")
        return given

    def field_for(self, path: str) -> str:
        """Return the form field that shows the error of a dotted path of the service."""
        return self._place(path)[0]

    def text_for(self, path: str, text: str) -> str:
        """Return an error with the place inside its field, where the field holds several things."""
        inside = self._place(path)[1]
        return f"{inside}: {text}" if inside else text

    def _place(self, path: str) -> tuple[str, str]:
        first, _, rest = path.partition(".")
        if self._kind == kinds.BUILTIN and first in _OF_THE_BUILTIN:
            return "builtin", ""
        if first == "function_definition":
            return "parameters", rest.removeprefix("function.parameters").lstrip(".")
        if first == "behaviour":
            return field_at(around.PARTS, rest) or ("asks", rest)
        if first == "configuration":
            return field_at(self._parts, rest) or (kinds.FURTHER, rest)
        return first, ""

    def _told(self, description: str) -> str:
        """Return what the model is told: words of its own stay until the description changes."""
        function = (self.instance.function_definition or {}).get("function") or {}
        own = function.get("description")
        return own if own and "description" not in self.changed_data else description

    @property
    def _kind(self) -> str:
        return str(self.cleaned_data.get("tool_type") or kinds.ENDPOINT)

    @property
    def _parts(self) -> list[Part]:
        given = self.cleaned_data
        return [part for part in kinds.parts_of(self._kind) if part.belongs(self._kind, given)]

    def _without_fields(self, kind: str) -> dict[str, Any]:
        rest = without(kinds.parts_of(kind), self.instance.configuration or {})
        rest.pop("type", None)
        return rest

    def _around(self, given: dict[str, Any]) -> dict[str, Any]:
        """Return the behaviour, and who is asked before a run."""
        tool = self.instance
        stored = tool.behaviour or {}
        parts = [part for part in around.PARTS if part.belongs(self._kind, given)]
        rest = without(around.PARTS, stored)
        behaviour = write(parts, given, rest, stored)
        if not given["say_delayed"] and given["say_delayed_after"] == around.AFTER_MS:
            behaviour.get("messages", {}).pop("delayed", None)
        asked = given["asks"]
        now = around.asks(stored, require_confirmation=tool.require_confirmation)
        if asked in ("", now):
            return {"behaviour": behaviour, "require_confirmation": tool.require_confirmation}
        behaviour.pop("approval", None)
        if asked == around.STAFF:
            behaviour["approval"] = asked
        return {"behaviour": behaviour, "require_confirmation": asked != around.NOBODY}

    def _offer(self, kind: str) -> None:
        """Fill in what can be chosen, and what the further settings may hold."""
        fields: dict[str, Any] = self.fields
        if "name" not in fields:  # only read
            return
        known = [each for each in ToolType.choices if each[0] in runnable()]
        fields["tool_type"].choices = known
        fields["tool_type"].disabled = bool(self.instance.pk)
        fields["name"].required = False  # the tools of the platform bring theirs
        if self.owner:
            fields["give_to"].queryset = Assistant.objects.of(self.owner).order_by("name")
        fields["builtin"].choices = [("", "–"), *((each, each) for each in builtins.names())]
        names = sorted(credentials.names(self.owner.pk)) if self.owner else []
        for part in kinds.PARTS:
            if part.credential:
                fields[part.name].widget.values = tuple(names)
        functions = reverse("admin:tools_library_tool_functions")
        fields["function_name"].widget.attrs["data-functions"] = (
            f"{functions}?tool={self.instance.pk or ''}"
        )
        listed = f" Stored: {', '.join(names)}." if names else " None is stored yet."
        fields["environment_variables"].help_text += listed
        fields[kinds.FURTHER].help_text = format_html_join(
            "", '<span x-show="{}">{}</span>', _further(runnable())
        )


def _further(known: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield when to say it, for Alpine, and what may be written there beside the fields."""
    for kind in sorted(known):
        if kind == kinds.BUILTIN:
            for name in builtins.names():
                builtin = builtins.find(name)
                options = builtin.options.model_fields if builtin else ()
                yield f"tool_type == '{kind}' && builtin == '{name}'", _may_hold(options)
            continue
        taken = {part.path.partition(".")[0] for part in kinds.parts_of(kind)}
        names = (each for each in executor_for(kind).config.model_fields if each not in taken)
        yield f"tool_type == '{kind}'", _may_hold(names)


def _may_hold(names: Iterable[str]) -> str:
    listed = ", ".join(name for name in names if name != "type")
    return f"JSON object, which may hold: {listed}." if listed else "There are none for this one."


for _part in (*kinds.PARTS, *around.PARTS):
    ToolForm.declared_fields[_part.name] = _part.field
