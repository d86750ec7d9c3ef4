"""`${name}` and `${a.b}` in text, `$${` for a literal `${`; imports only our errors."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from voiceassist.foundation.errors import VoiceAssistError

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*")
CONTEXT_NAMES = frozenset({
    "call_sid", "phone_number", "phone_numbers", "assistant_id", "assistant_name",
    "organization_id", "organization_name", "user_id", "conversation_id", "trigger_context",
    "execution_id", "parameters", "callback_url",
})  # fmt: skip
"""What a tool's run knows by itself; no credential may be called so."""

_PLACE = re.compile(r"\$\$\{|\$\{(?P<name>[^{}\n]*)(?P<end>\}?)")


class TemplateError(VoiceAssistError):
    """A placeholder that cannot be filled; the message names it."""

    code = "invalid_template"


def names(text: str) -> tuple[str, ...]:
    """Return the placeholders' names in order of appearance, each once.

    Raises:
        TemplateError: a placeholder is not closed, or what it holds is no name.
    """
    found = (_name(match) for match in _PLACE.finditer(text))
    return tuple(dict.fromkeys(name for name in found if name is not None))


def fill(text: str, value_of: Callable[[str], str]) -> str:
    """Return `text` with each placeholder replaced by `value_of(name)`, in one pass.

    Raises:
        TemplateError: as `names`; and whatever `value_of` raises for a name it does not know.
    """

    def replace(match: re.Match[str]) -> str:
        name = _name(match)
        return "${" if name is None else value_of(name)

    return _PLACE.sub(replace, text)


def check_names(text: str, allowed: Iterable[str]) -> None:
    """Refuse a text that uses a name outside `allowed`.

    Raises:
        TemplateError: names the placeholder and lists what is allowed.
    """
    known = tuple(allowed)
    for name in names(text):
        if name not in known:
            listed = ", ".join(f"${{{each}}}" for each in known)
            raise TemplateError(f"${{{name}}} is not known. Use one of {listed}.")


def _name(match: re.Match[str]) -> str | None:
    if match["name"] is None:
        return None
    name = match["name"].strip()
    if not match["end"]:
        raise TemplateError(
            f"{match[0].strip()!r} is not closed. Write ${{name}}, or $${{ for a literal ${{."
        )
    if not NAME.fullmatch(name):
        raise TemplateError(
            f"{match[0]} holds no name. Write ${{name}}, or $${{ for a literal ${{."
        )
    return name
