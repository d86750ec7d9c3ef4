"""`press_keys`: the assistant presses keys, as in a menu. The session of the call performs it."""

from __future__ import annotations

from typing import Any

NAME = "press_keys"
PATTERN = "^[0-9*#wW]{1,32}$"

_TEXTS = {
    "en": {
        "display_name": "Press keys",
        "description": "Presses keys of the phone, such as in a menu that asks for a number. Wait "
        "until the menu has named the key you need, then say nothing and press it.",
        "digits": "The keys in order: 0-9, * and #; w waits for half a second.",
    },
    "es": {
        "display_name": "Pulsar teclas",
        "description": "Pulsa teclas del teléfono, por ejemplo en un menú que pide un número. "
        "Espera a que el menú nombre la tecla que necesitas; luego púlsala sin decir nada.",
        "digits": "Las teclas en orden: 0-9, * y #; w espera medio segundo.",
    },
}


def texts(language: str) -> dict[str, str]:
    """Return the words of the definition in a language, English where there are none."""
    return _TEXTS.get(language, _TEXTS["en"])


def definition(language: str) -> dict[str, Any]:
    """Return the function as the Realtime API takes it."""
    words = texts(language)
    digits = {"type": "string", "description": words["digits"], "pattern": PATTERN}
    return {
        "type": "function",
        "name": NAME,
        "description": words["description"],
        "parameters": {"type": "object", "properties": {"digits": digits}, "required": ["digits"]},
    }
