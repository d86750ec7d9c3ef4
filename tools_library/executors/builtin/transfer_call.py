"""`transferCall`: the caller is put through. The session of the call performs it."""

from __future__ import annotations

from typing import Any

from voiceassist.assistants.spec import TransferCallSettings, destination

NAME = "transferCall"

_WHEN = {
    "en": "when the caller asks for a person, or you cannot help",
    "es": "cuando la persona pide hablar con alguien, o no puedes ayudar",
}
_TEXTS = {
    "en": {
        "display_name": "Transfer the call",
        "description": "Puts the caller through to a person. Use it only {when}.",
        "to": "Where to; one of those listed, never another number.",
        "reason": "Why, in a few words, for the staff's log.",
    },
    "es": {
        "display_name": "Transferir la llamada",
        "description": "Pasa la llamada a una persona. Úsala solo {when}.",
        "to": "Adónde: uno de los de la lista, nunca otro número.",
        "reason": "Por qué, en pocas palabras, para el registro del personal.",
    },
}


def texts(language: str) -> dict[str, str]:
    """Return the words of the definition in a language, English where there are none."""
    return _TEXTS.get(language, _TEXTS["en"])


def destinations(settings: TransferCallSettings) -> dict[str, str]:
    """Return what the model may name, labels first, each with its number; empty when off."""
    if not settings.enabled:
        return {}
    listed = [destination(entry) for entry in settings.transfer_numbers]
    labels = {label: number for label, number in listed if label}
    return labels | {number: number for _, number in listed}


def definition(settings: TransferCallSettings, language: str) -> dict[str, Any]:
    """Return the function as the Realtime API takes it; the model can name nobody else."""
    words = texts(language)
    when = "; ".join(settings.scenarios) or _WHEN.get(language, _WHEN["en"])
    properties = {
        "to": {
            "type": "string",
            "description": words["to"],
            "enum": list(destinations(settings)),
        },
        "reason": {"type": "string", "description": words["reason"], "maxLength": 300},
    }
    return {
        "type": "function",
        "name": NAME,
        "description": words["description"].format(when=when),
        "parameters": {"type": "object", "properties": properties, "required": ["to"]},
    }
