"""The configuration of one Realtime session: defaults, updates and the rules between fields.

Imports nothing of the sockets; pure.
"""

import copy
from typing import Any

from voiceassist.demo.stand_ins.realtime.errors import EventRefused

SERVER_VAD: dict[str, Any] = {
    "type": "server_vad",
    "threshold": 0.5,
    "prefix_padding_ms": 300,
    "silence_duration_ms": 500,
    "idle_timeout_ms": None,
    "create_response": True,
    "interrupt_response": True,
}
SEMANTIC_VAD: dict[str, Any] = {
    "type": "semantic_vad",
    "eagerness": "auto",
    "create_response": True,
    "interrupt_response": True,
}
_PCM = {"type": "audio/pcm", "rate": 24000}
_LIMITS: dict[str, tuple[float, float]] = {
    "threshold": (0.0, 1.0),
    "prefix_padding_ms": (0, 10_000),
    "silence_duration_ms": (0, 10_000),
    "idle_timeout_ms": (5_000, 30_000),
}
_MAX_TOOLS = 128


def _defaults(model: str) -> dict[str, Any]:
    return {
        "type": "realtime",
        "object": "realtime.session",
        "model": model,
        "output_modalities": ["audio"],
        "instructions": "You are a scripted stand-in.",
        "audio": {
            "input": {
                "format": dict(_PCM),
                "noise_reduction": None,
                "transcription": None,
                "turn_detection": dict(SERVER_VAD),
            },
            "output": {"format": dict(_PCM), "voice": "marin", "speed": 1.0},
        },
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "truncation": "auto",
        "prompt": None,
        "tracing": None,
        "include": None,
    }


def _bad(message: str, param: str) -> EventRefused:
    return EventRefused("invalid_value", message, param)


class SessionConfig:
    """What the session was told so far; `data` is the wire shape."""

    def __init__(self, model: str) -> None:
        self.data = _defaults(model)

    @property
    def turn_detection(self) -> dict[str, Any] | None:
        """The voice activity detection in force, or None for manual turns."""
        found: dict[str, Any] | None = self.data["audio"]["input"]["turn_detection"]
        return found

    @property
    def transcription(self) -> dict[str, Any] | None:
        """Input transcription settings, or None when off."""
        found: dict[str, Any] | None = self.data["audio"]["input"]["transcription"]
        return found

    @property
    def input_format(self) -> str:
        """`audio/pcm` or `audio/pcmu`."""
        return str(self.data["audio"]["input"]["format"]["type"])

    @property
    def output_format(self) -> str:
        """`audio/pcm` or `audio/pcmu`."""
        return str(self.data["audio"]["output"]["format"]["type"])

    def tool_schemas(self) -> dict[str, dict[str, Any]]:
        """Parameter schema of each declared function by name."""
        return {
            tool["name"]: tool.get("parameters") or {}
            for tool in self.data["tools"] or []
            if tool.get("type") == "function"
        }

    def apply(self, update: dict[str, Any], *, has_spoken: bool, is_speaking: bool) -> None:
        """Merges the fields that are present, or none at all.

        Raises: EventRefused: a field that may not have this value, or not now.
        """
        check_modalities(update.get("output_modalities"), "session.output_modalities")
        check_tools(update.get("tools"), "session.tools")
        self._check_model(update)
        merged = copy.deepcopy(self.data)
        audio = update.get("audio") or {}
        merged.update({key: value for key, value in update.items() if key != "audio"})
        self._merge_input(merged["audio"]["input"], audio.get("input") or {})
        self._merge_output(
            merged["audio"]["output"], audio.get("output") or {}, has_spoken, is_speaking
        )
        self.data = merged

    def _check_model(self, update: dict[str, Any]) -> None:
        if update.get("model") not in (None, self.data["model"]):
            raise _bad("The model of a session cannot be changed.", "session.model")

    def _merge_input(self, current: dict[str, Any], update: dict[str, Any]) -> None:
        if "format" in update:
            _check_format(update["format"], "session.audio.input.format")
        detection = update.get("turn_detection")
        if detection is not None:
            _check_detection(detection)
            base = SERVER_VAD if detection["type"] == "server_vad" else SEMANTIC_VAD
            before = current["turn_detection"]
            if before is not None and before["type"] == detection["type"]:
                base = before
            update = {**update, "turn_detection": {**base, **detection}}
        current.update(update)

    def _merge_output(
        self, current: dict[str, Any], update: dict[str, Any], has_spoken: bool, is_speaking: bool
    ) -> None:
        if "format" in update:
            _check_format(update["format"], "session.audio.output.format")
        if has_spoken and update.get("voice", current["voice"]) != current["voice"]:
            raise EventRefused(
                "cannot_update_voice",
                "Cannot update a conversation's voice if assistant audio is present.",
                "session.audio.output.voice",
            )
        speed = update.get("speed")
        if speed is not None:
            if not 0.25 <= speed <= 1.5:
                raise _bad("'speed' must be from 0.25 to 1.5.", "session.audio.output.speed")
            if is_speaking and speed != current["speed"]:
                raise _bad("'speed' can only change between turns.", "session.audio.output.speed")
        current.update(update)


def _check_format(value: dict[str, Any] | None, param: str) -> None:
    kind = (value or {}).get("type")
    if kind not in ("audio/pcm", "audio/pcmu"):
        raise _bad(
            f"Invalid value: {kind!r}. The stand-in speaks 'audio/pcm' and 'audio/pcmu'.",
            f"{param}.type",
        )


def _check_detection(detection: dict[str, Any]) -> None:
    for name, (low, high) in _LIMITS.items():
        value = detection.get(name)
        if value is not None and not low <= value <= high:
            raise _bad(
                f"'{name}' must be from {low:g} to {high:g}, not {value:g}.",
                f"session.audio.input.turn_detection.{name}",
            )


def check_modalities(modalities: list[str] | None, param: str) -> None:
    """Refuses both modalities at once, and none.

    Raises: EventRefused
    """
    if modalities is not None and (len(modalities) != 1 or len(set(modalities)) != 1):
        raise _bad(
            f"Invalid modalities: {modalities!r}. "
            "Supported combinations are: ['text'] and ['audio'].",
            param,
        )


def check_tools(tools: list[dict[str, Any]] | None, param: str) -> None:
    """Refuses tools without a name of their own (as nested in Chat Completions), and doubles.

    Raises: EventRefused
    """
    if tools is not None and len(tools) > _MAX_TOOLS:
        raise _bad(f"At most {_MAX_TOOLS} tools are allowed.", param)
    seen: set[str] = set()
    for index, tool in enumerate(tools or []):
        if tool.get("type") == "mcp":
            continue
        name = tool.get("name")
        if not name or tool.get("type") != "function":
            lacks = "name" if not name else "type"
            path = f"{param}[{index}].{lacks}"
            raise EventRefused(
                "missing_required_parameter", f"Missing required parameter: '{path}'.", path
            )
        if name in seen:
            raise _bad(f"Two tools are named {name!r}.", f"{param}[{index}].name")
        seen.add(name)
