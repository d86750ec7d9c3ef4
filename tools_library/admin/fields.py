"""Form fields for what a row keeps as JSON; imports Django and Unfold only."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.forms.fields import InvalidJSONInput
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from voiceassist.foundation.reading_order import in_reading_order

CODE = {"class": "font-mono", "spellcheck": "false", "autocomplete": "off"}
EVERY_LANGUAGE = "*"

_LANGUAGE = re.compile(r"(\*|[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})?):\s+(.*)")


class PrettyJSONField(forms.JSONField):
    """JSON in a text area, indented; empty is None."""

    def __init__(self, *, rows: int = 6, placeholder: str = "", **kwargs: Any) -> None:
        attrs = {**CODE, "rows": rows, "placeholder": placeholder}
        super().__init__(
            required=False,
            widget=UnfoldAdminTextareaWidget(attrs=attrs),
            error_messages={"invalid": "This is not JSON. Check quotes, commas and brackets."},
            **kwargs,
        )

    def prepare_value(self, value: Any) -> Any:
        """Return the text to edit."""
        if value in (None, {}, []):
            return ""
        if isinstance(value, InvalidJSONInput):
            return value
        return in_reading_order(json.dumps(value, indent=2, ensure_ascii=False))


class LinesField(forms.CharField):
    """A list of texts, one per line; with `code` in the letters of code."""

    def __init__(self, *, rows: int = 3, code: bool = True, **kwargs: Any) -> None:
        attrs = {**(CODE if code else {}), "rows": rows}
        widget = UnfoldAdminTextareaWidget(attrs=attrs)
        super().__init__(required=False, widget=widget, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Return the lines to edit."""
        return value if isinstance(value, str) else "\n".join(map(str, value or ()))

    def clean(self, value: Any) -> Any:
        """Return the lines that hold something."""
        return [line.strip() for line in super().clean(value).splitlines() if line.strip()]


class HeadersField(LinesField):
    """An object of texts, one `Name: value` per line."""

    def prepare_value(self, value: Any) -> Any:
        """Return the lines to edit."""
        if isinstance(value, Mapping):
            return "\n".join(f"{name}: {text}" for name, text in value.items())
        return super().prepare_value(value)

    def clean(self, value: Any) -> dict[str, str]:
        """Return the lines as an object.

        Raises:
            ValidationError: a line is no header.
        """
        headers = {}
        for line in super().clean(value):
            name, colon, text = line.partition(":")
            if not colon or not name.strip():
                raise forms.ValidationError(f"Write {line[:60]!r} as Name: value.")
            headers[name.strip()] = text.strip()
        return headers


class PhrasesField(LinesField):
    """What is said, by language: one phrase per line, `es: ` before one in Spanish."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(rows=2, code=False, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Return the lines to edit."""
        if not isinstance(value, Mapping):
            return super().prepare_value(value)
        return "\n".join(
            _phrase(language, " ".join(phrase.split()))
            for language, phrases in value.items()
            for phrase in phrases
        )

    def clean(self, value: Any) -> dict[str, list[str]]:
        """Return language → phrases."""
        found: dict[str, list[str]] = {}
        for line in super().clean(value):
            marked = _LANGUAGE.fullmatch(line)
            language, phrase = marked.groups() if marked else (EVERY_LANGUAGE, line)
            found.setdefault(language, []).append(phrase)
        return found


class CodeField(forms.CharField):
    """A program; line ends are the same whoever's browser sends them."""

    def __init__(self, *, rows: int = 20, **kwargs: Any) -> None:
        attrs = {**CODE, "rows": rows, "wrap": "off", "data-code": ""}
        widget = UnfoldAdminTextareaWidget(attrs=attrs)
        super().__init__(required=False, strip=False, widget=widget, **kwargs)

    def clean(self, value: Any) -> str:
        """Return the text with line feeds alone."""
        return str(super().clean(value)).replace("\r\n", "\n").replace("\r", "\n")


def text(label: str, help_text: str = "", placeholder: str = "") -> forms.CharField:
    """Return a line of code-like text that may be empty."""
    widget = UnfoldAdminTextInputWidget(attrs={**CODE, "placeholder": placeholder})
    return forms.CharField(required=False, label=label, help_text=help_text, widget=widget)


def number(label: str, help_text: str = "", placeholder: str = "") -> forms.IntegerField:
    """Return a whole number that may be empty."""
    widget = UnfoldAdminIntegerFieldWidget(attrs={"placeholder": placeholder})
    return forms.IntegerField(required=False, label=label, help_text=help_text, widget=widget)


def switch(label: str, help_text: str = "") -> forms.BooleanField:
    """Return something that is on or off."""
    return forms.BooleanField(
        required=False, label=label, help_text=help_text, widget=UnfoldBooleanSwitchWidget
    )


def choice(
    label: str, choices: Sequence[tuple[str, str]], help_text: str = ""
) -> forms.ChoiceField:
    """Return a choice whose first value stands for nothing chosen."""
    return forms.ChoiceField(
        required=False,
        label=label,
        help_text=help_text,
        choices=choices,
        widget=UnfoldAdminSelectWidget,
    )


def _phrase(language: str, phrase: str) -> str:
    if language == EVERY_LANGUAGE and not _LANGUAGE.fullmatch(phrase):
        return phrase
    return f"{language}: {phrase}"
