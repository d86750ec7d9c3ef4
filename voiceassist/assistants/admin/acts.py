"""Form fields of what an assistant may do to a call: end it, put callers through, press keys."""

from __future__ import annotations

from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldBooleanSwitchWidget,
)

from voiceassist.assistants.models import Assistant
from voiceassist.assistants.services.drafts import SENTENCE_MAX

# Field of the form → name in `enabled_tools`.
_SWITCHES = {
    "end_call_enabled": "endCall",
    "transfer_enabled": "transferCall",
    "press_keys_enabled": "press_keys",
}
# Field of the form → the tool before which somebody is asked.
_ASKED = {
    "end_call_asks": "endCall",
    "transfer_asks": "transferCall",
    "press_keys_asks": "press_keys",
}
_WHO = (
    ("none", "Nobody is asked"),
    ("confirm", "The caller says yes first"),
    ("staff", "Staff says yes first"),
)
# Sentence of the assistant → the field that shows it, so that it is not asked for twice.
SAID_WITH = {"farewell": "end_call_message", "transferring": "transfer_message"}

ENDING = ("end_call_enabled", "end_call_scenarios", "end_call_asks", "end_call_message")
TRANSFERRING = (
    "transfer_enabled", "transfer_numbers", "transfer_scenarios", "transfer_asks",
    "transfer_message", "press_keys_enabled", "press_keys_asks",
)  # fmt: skip


def _switch(label: str, help_text: str) -> forms.BooleanField:
    return forms.BooleanField(
        required=False, label=label, help_text=help_text, widget=UnfoldBooleanSwitchWidget
    )


def _lines(label: str, help_text: str, rows: int = 4) -> forms.CharField:
    widget = UnfoldAdminTextareaWidget(attrs={"rows": rows})
    return forms.CharField(required=False, label=label, help_text=help_text, widget=widget)


def _asked(label: str) -> forms.ChoiceField:
    return forms.ChoiceField(
        required=False, label=label, choices=_WHO, widget=UnfoldAdminSelectWidget
    )


def _sentence(label: str, help_text: str) -> forms.CharField:
    widget = UnfoldAdminTextareaWidget(attrs={"rows": 2})
    return forms.CharField(
        required=False, max_length=SENTENCE_MAX, label=label, help_text=help_text, widget=widget
    )


class ActsForm(forms.Form):
    """The part of the assistant's form that is `tools_settings` of the row."""

    end_call_enabled = _switch(
        "The assistant may end the call",
        "Gives it the tool endCall. Off: only the caller and staff hang up.",
    )
    end_call_scenarios = _lines(
        "When it ends the call",
        "One case per line, such as: The caller says goodbye. "
        "Empty: when the conversation is over.",
    )
    end_call_asks = _asked("Before it ends the call")
    end_call_message = _sentence(
        "Farewell", "Said when the assistant ends the call without its own goodbye."
    )
    transfer_enabled = _switch(
        "The assistant may put callers through",
        "Gives it the tool transferCall. Staff can transfer any live call from its page.",
    )
    transfer_numbers = _lines(
        "Where to",
        "One per line, with a name that the assistant can choose by, such as "
        "Sales: +1 202 555 0143. It never dials any other number.",
    )
    transfer_scenarios = _lines(
        "When it puts them through",
        "One case per line, such as: The caller asks for a person. Empty: when they ask for "
        "somebody, or it cannot help.",
    )
    transfer_asks = _asked("Before it puts them through")
    transfer_message = _sentence(
        "Said before", "When it has not said so itself. Empty: the words shown in grey."
    )
    press_keys_enabled = _switch(
        "The assistant may press keys",
        "Gives it the tool press_keys, for menus that ask for a number when it rings somebody.",
    )
    press_keys_asks = _asked("Before it presses keys")

    def shown_of(self, assistant: Assistant) -> dict[str, Any]:
        """Return field → what the row holds."""
        settings = assistant.tools_settings
        end_call = settings.get("end_call") or {}
        transfer = settings.get("transfer_call") or {}
        said = assistant.sentences
        asked = settings.get("approval") or {}
        return {
            **{field: asked.get(name, "none") for field, name in _ASKED.items()},
            "end_call_enabled": end_call.get("enabled", False),
            "end_call_scenarios": "\n".join(end_call.get("scenarios", ())),
            "end_call_message": said.get("farewell") or end_call.get("custom_message") or "",
            "transfer_enabled": transfer.get("enabled", False),
            "transfer_numbers": "\n".join(transfer.get("transfer_numbers", ())),
            "transfer_scenarios": "\n".join(transfer.get("scenarios", ())),
            "transfer_message": said.get("transferring") or transfer.get("custom_message") or "",
            "press_keys_enabled": "press_keys" in settings.get("enabled_tools", ()),
        }

    def write_settings_to(self, assistant: Assistant) -> None:
        """Put the fields into the row's `tools_settings`; what they do not show stays."""
        given = self.cleaned_data
        before = assistant.tools_settings
        listed = before.get("enabled_tools", ())
        switched = [name for field, name in _SWITCHES.items() if given[field]]
        others = [name for name in listed if name not in _SWITCHES.values()]
        asked = {name: given[field] or "none" for field, name in _ASKED.items()}
        assistant.tools_settings = {
            **before,
            "enabled_tools": switched + others,
            "approval": {name: who for name, who in asked.items() if who != "none"},
            "end_call": {
                **(before.get("end_call") or {}),
                "enabled": given["end_call_enabled"],
                "scenarios": lines_of(given["end_call_scenarios"]),
                "custom_message": given["end_call_message"].strip() or None,
            },
            "transfer_call": {
                **(before.get("transfer_call") or {}),
                "enabled": given["transfer_enabled"],
                "scenarios": lines_of(given["transfer_scenarios"]),
                "transfer_numbers": lines_of(given["transfer_numbers"]),
                "custom_message": given["transfer_message"].strip() or None,
            },
        }

    def clean_transfer_numbers(self) -> str:
        """Return the numbers.

        Raises:
            ValidationError: putting callers through is on, and there is nobody to ring.
        """
        given: str = self.cleaned_data["transfer_numbers"]
        if self.cleaned_data.get("transfer_enabled") and not lines_of(given):
            raise forms.ValidationError("Write at least one number, or switch this off.")
        return given


def field_of(path: str) -> str:
    """Return the field that shows an error of a path inside `tools_settings`."""
    part, _, rest = path.partition(".")
    if part == "transfer_call":
        inside = rest.partition(".")[0]
        return {"transfer_numbers": inside, "scenarios": "transfer_scenarios"}.get(
            inside, "transfer_message"
        )
    return "end_call_scenarios" if "scenarios" in rest else "end_call_message"


def lines_of(text: str) -> list[str]:
    """Return the lines that hold something, without the marks that lists are typed with."""
    return [line.strip(" -•\t") for line in text.splitlines() if line.strip(" -•\t")]
