"""What the system itself makes the assistant say, by language; pure data and text.

`${}` names are those of `rendering`. An assistant may have its own words for each key.
"""

from __future__ import annotations

from voiceassist.assistants.spec import AssistantSpec

WHEN: dict[str, str] = {
    "still_there": "Nobody has spoken for the silence timeout",
    "silence_goodbye": "Silence went on, and the call ends",
    "time_limit_goodbye": "The longest duration is reached",
    "model_failed": "The voice model failed, and the call cannot go on",
    "holding": "A tool takes long",
    "waiting_for_staff": "Staff must approve what a tool is to do",
    "staff_goodbye": "Staff ended the call",
    "technical_goodbye": "The call ends for a reason of ours",
    "resumed": "The line dropped for a moment and the call goes on",
    "transferring": "The caller is put through to somebody",
    "transfer_failed": "Nobody could be reached, and the caller is back",
    "farewell": "The assistant ends the call and has not said goodbye",
}
"""Key → when it is said; these are all keys there are."""

DEFAULTS: dict[str, dict[str, str]] = {
    "en": {
        "still_there": "Are you still there? Take your time, I'm listening.",
        "silence_goodbye": "I can't hear you any more, so I'll hang up now. "
        "Please call again any time. Goodbye.",
        "time_limit_goodbye": "We have come to the end of the time for this call. "
        "Thank you for talking with me. Goodbye.",
        "model_failed": "I'm sorry, something on our side has stopped working. "
        "Please call again in a few minutes. Goodbye.",
        "holding": "One moment please, I'm looking into it.",
        "waiting_for_staff": "One moment please, I'm asking a colleague about this.",
        "staff_goodbye": "I have to end our call here. Thank you for calling. Goodbye.",
        "technical_goodbye": "I'm sorry, I have to end this call for a technical reason. "
        "Please call again in a few minutes. Goodbye.",
        "resumed": "I'm sorry, the line dropped for a moment. Please go on.",
        "transferring": "I'm putting you through now. One moment, please.",
        "transfer_failed": "I'm sorry, I could not reach anybody there. What else can I do?",
        "farewell": "Thank you for calling. Goodbye.",
    },
    "es": {
        "still_there": "¿Sigue usted ahí? Tómese su tiempo, le escucho.",
        "silence_goodbye": "Ya no le oigo, así que voy a colgar. "
        "Llame de nuevo cuando quiera. Hasta luego.",
        "time_limit_goodbye": "Hemos llegado al final del tiempo de esta llamada. "
        "Gracias por hablar conmigo. Hasta luego.",
        "model_failed": "Lo siento, algo de nuestro lado ha dejado de funcionar. "
        "Llame de nuevo en unos minutos, por favor. Hasta luego.",
        "holding": "Un momento, por favor, lo estoy consultando.",
        "waiting_for_staff": "Un momento, por favor, lo estoy consultando con un colega.",
        "staff_goodbye": "Tengo que terminar aquí la llamada. Gracias por llamar. Hasta luego.",
        "technical_goodbye": "Lo siento, tengo que terminar la llamada por un motivo técnico. "
        "Llame de nuevo en unos minutos, por favor. Hasta luego.",
        "resumed": "Disculpe, la línea se cortó un momento. Siga, por favor.",
        "transferring": "Le paso ahora mismo. Un momento, por favor.",
        "transfer_failed": "Lo siento, no he podido localizar a nadie. ¿Qué más puedo hacer?",
        "farewell": "Gracias por llamar. Hasta luego.",
    },
}
"""Language → key → words."""


def sentence(spec: AssistantSpec, key: str) -> str:
    """Return the assistant's own words for `key`, else the default of its language.

    `farewell` and `transferring` are document 002's `custom_message` of ending and transferring
    calls where that is set. Placeholders are not filled; see `rendering.fill`.

    Raises:
        KeyError: there is no such key.
    """
    default = DEFAULTS.get(spec.language, DEFAULTS["en"])[key]
    own = spec.sentences.get(key, "").strip()
    settings = spec.tools_settings
    of_document = {
        "farewell": settings.end_call.custom_message,
        "transferring": settings.transfer_call.custom_message,
    }
    return own or (of_document.get(key) or "").strip() or default
