"""Noise that the real wire has too: unknown events, stray errors, a broken message. Pure."""

import random
from typing import Any

from voiceassist.demo.stand_ins.behaviour import Behaviour


class Noise:
    """What to send after each server event besides the event itself."""

    def __init__(self, behaviour: Behaviour) -> None:
        self._behaviour = behaviour
        self._count = 0
        self._random = random.Random(behaviour.seed)  # noqa: S311 - repeatable, not secret

    def after(self, event: dict[str, Any]) -> list[dict[str, Any] | str]:
        """Further messages; a string goes out as it is."""
        self._count += 1
        extra: list[dict[str, Any] | str] = []
        behaviour = self._behaviour
        if behaviour.unknown_event_every and self._count % behaviour.unknown_event_every == 0:
            extra.append({"type": "stand_in.unknown", "number": self._random.randint(0, 999)})
        if self._count == behaviour.malformed_at_event:
            extra.append('{"type": "response.output_audio.delta", "delta": ')
        if behaviour.error_event_every and self._count % behaviour.error_event_every == 0:
            error = {
                "type": "server_error",
                "code": None,
                "message": "The server had a passing error while processing an event.",
                "param": None,
                "event_id": None,
            }
            extra.append({"type": "error", "error": error})
        return extra
