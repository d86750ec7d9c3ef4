"""`endCall`: the assistant hangs up. The session of the call performs it."""

from __future__ import annotations

from typing import Any

from voiceassist.assistants.spec import EndCallSettings

NAME = "endCall"

_WHEN = {
    "en": "when the conversation is over: the caller says goodbye, or needs nothing more",
    "es": "cuando la conversación ha terminado: la persona se despide o no necesita nada más",
}
_TEXTS = {
    "en": {
        "display_name": "End the call",
        "description": "Ends this phone call. Use it only {when}.",
        "reason": "Why the call ends, in a few words, for the staff's log.",
        "farewell": "One short sentence that is said to the caller before the call ends. Leave it "
        "out if you have just said goodbye.",
    },
    "es": {
        "display_name": "Terminar la llamada",
        "description": "Termina esta llamada. Úsala solo {when}.",
        "reason": "Por qué termina la llamada, en pocas palabras, para el registro del personal.",
        "farewell": "Una frase corta que se dice antes de terminar. Omítela si acabas de "
        "despedirte.",
    },
}


def texts(language: str) -> dict[str, str]:
    """Return the words of the definition in a language, English where there are none."""
    return _TEXTS.get(language, _TEXTS["en"])


def definition(settings: EndCallSettings, language: str) -> dict[str, Any]:
    """Return the function as the Realtime API takes it.

    Without an own message of the assistant, the model may give a farewell.
    """
    words = texts(language)
    when = "; ".join(settings.scenarios) or _WHEN.get(language, _WHEN["en"])
    properties = {"reason": {"type": "string", "description": words["reason"], "maxLength": 300}}
    if not settings.custom_message:
        properties["farewell"] = {
            "type": "string",
            "description": words["farewell"],
            "maxLength": 300,
        }
    return {
        "type": "function",
        "name": NAME,
        "description": words["description"].format(when=when),
        "parameters": {"type": "object", "properties": properties, "required": ["reason"]},
    }
