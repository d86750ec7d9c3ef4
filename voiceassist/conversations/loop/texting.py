"""What text messages are made of: parts, the words that everybody may write, ours; pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from voiceassist.foundation.reading_order import in_reading_order

PART_MAX = 1_600
MOST_PARTS = 10
_CUT = " …"
_AT = ("\n\n", "\n", ". ", "! ", "? ", " ")

Command = Literal["stop", "start", "help", ""]

_COMMANDS: dict[str, Command] = {
    "stop": "stop", "stopall": "stop", "unsubscribe": "stop", "cancel": "stop", "end": "stop",
    "quit": "stop", "optout": "stop", "revoke": "stop", "alto": "stop",
    "start": "start", "unstop": "start",
    "help": "help", "info": "help", "ayuda": "help",
}  # fmt: skip
"""The words by which Twilio itself blocks a number and lets it go, and two Spanish ones."""

_YES = frozenset({"yes", "y", "sí", "si", "s"})
_NO = frozenset({"no", "n"})

_SENTENCES = {
    "en": {
        "help": "{name} answers here by text message. Write STOP to get no more messages.",
        "started": "You get our messages again. Write STOP to end them.",
        "unreadable": "Only text can be read here. Please write what you need.",
        "too_long": "This message is too long. Please write up to 1,600 characters.",
        "too_fast": "Too many messages came at once. Please write again in a minute.",
        "failed": "Sorry, I cannot answer at the moment. Please write again later.",
        "ask": "May this be done?\n{what}\nPlease answer YES or NO.",
        "staff": "A member of staff must agree to this first. You get the answer here; if you "
        "write anything before, it is not done.",
    },
    "es": {
        "help": "{name} contesta aquí por SMS. Escriba STOP para no recibir más mensajes.",
        "started": "Vuelve a recibir nuestros mensajes. Escriba STOP para terminarlos.",
        "unreadable": "Aquí solo se puede leer texto. Escriba lo que necesita, por favor.",
        "too_long": "El mensaje es demasiado largo. Escriba hasta 1.600 caracteres, por favor.",
        "too_fast": "Han llegado demasiados mensajes. Escriba de nuevo en un minuto, por favor.",
        "failed": "Lo siento, ahora no puedo contestar. Escriba de nuevo más tarde, por favor.",
        "ask": "¿Se puede hacer esto?\n{what}\nConteste SÍ o NO, por favor.",
        "staff": "Primero tiene que aceptarlo un empleado. Recibirá aquí la respuesta; si escribe "
        "algo antes, no se hace.",
    },
}


def parts(text: str, most: int = MOST_PARTS) -> list[str]:
    """Return a text in messages of up to 1,600 characters, cut between words, `most` of them."""
    rest = text.strip()
    found: list[str] = []
    while rest and len(found) < most:
        at = _cut(rest)
        found.append(rest[:at].rstrip())
        rest = rest[at:].lstrip()
    if rest:
        found[-1] = found[-1][: PART_MAX - len(_CUT)].rstrip() + _CUT
    return found


def command(text: str) -> Command:
    """Return what a message orders if it is one of the words that every number obeys."""
    return _COMMANDS.get(_word(text), "")


def says_yes(text: str) -> bool | None:
    """Return whether a message is a yes or a no; None: neither."""
    word = _word(text)
    return True if word in _YES else (False if word in _NO else None)


def sentence(key: str, language: str, **values: str) -> str:
    """Return one of our own sentences; English where we know no other."""
    return _SENTENCES.get(language, _SENTENCES["en"])[key].format(**values)


def question(asked: Iterable[tuple[str, Mapping[str, Any]]], language: str) -> str:
    """Return the question whether tools may run, each with its name and all of its arguments."""
    lines = []
    for name, arguments in asked:
        told = ", ".join(f"{key}: {_shown(value)}" for key, value in arguments.items())
        told = in_reading_order(told)
        lines.append(f"- {name} ({told})" if told else f"- {name}")
    return sentence("ask", language, what="\n".join(lines))


def _cut(text: str) -> int:
    if len(text) <= PART_MAX:
        return len(text)
    ends = (text.rfind(mark, PART_MAX // 2, PART_MAX) + len(mark) for mark in _AT)
    return next((end for mark, end in zip(_AT, ends, strict=True) if end >= len(mark)), PART_MAX)


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _word(text: str) -> str:
    return text.strip().strip(".!¡¿?\"'").casefold()
