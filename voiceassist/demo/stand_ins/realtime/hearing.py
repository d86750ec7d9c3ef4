"""Voice activity detection over appended μ-law audio, in the clock of the audio itself. Pure."""

from dataclasses import dataclass
from typing import Any

from voiceassist.demo import mulaw

# A threshold of 1.0 asks for this mean magnitude; speech on a phone line has 1000 to 4000.
_FULL_SCALE = 1000
_FRAMES_TO_START = 2
# Once somebody speaks, quieter sounds still count as speech.
_HOLD = 0.4
_SEMANTIC_SILENCE_MS = {"high": 300, "auto": 500, "medium": 500, "low": 900}
_SEMANTIC_THRESHOLD = 0.5
_MAX_SEGMENT = 120_000 * mulaw.BYTES_PER_MS
_DEFAULT_PADDING_MS = 300


@dataclass(frozen=True)
class Started:
    """Speech began; `at_ms` counts appended audio and includes the prefix padding."""

    at_ms: int


@dataclass(frozen=True)
class Stopped:
    """Speech ended at `at_ms`; `audio` is the turn, prefix padding included."""

    at_ms: int
    audio: bytes


class Hearing:
    """Feeds on audio of any chunk size; `detection` is the session's, None = manual turns."""

    def __init__(self) -> None:
        self.detection: dict[str, Any] | None = None
        self.heard_ms = 0
        self.speaking = False
        self._rest = b""
        self._buffer = bytearray()
        self._loud = 0
        self._quiet_ms = 0

    @property
    def padding_ms(self) -> int:
        """How much audio before the first loud frame belongs to a turn."""
        return int((self.detection or {}).get("prefix_padding_ms") or _DEFAULT_PADDING_MS)

    def _limits(self, detection: dict[str, Any]) -> tuple[float, int]:
        if detection["type"] == "server_vad":
            return detection["threshold"] * _FULL_SCALE, detection["silence_duration_ms"]
        return _SEMANTIC_THRESHOLD * _FULL_SCALE, _SEMANTIC_SILENCE_MS[detection["eagerness"]]

    def append(self, audio: bytes) -> list[Started | Stopped]:
        """What happened in this audio, in order."""
        if self.detection is None:
            self._keep(audio, _MAX_SEGMENT)
            self.heard_ms += len(audio) // mulaw.BYTES_PER_MS
            return []
        level, silence_ms = self._limits(self.detection)
        events: list[Started | Stopped] = []
        data = self._rest + audio
        whole = len(data) - len(data) % mulaw.FRAME_BYTES
        for at in range(0, whole, mulaw.FRAME_BYTES):
            found = self._frame(data[at : at + mulaw.FRAME_BYTES], level, silence_ms)
            if found is not None:
                events.append(found)
        self._rest = data[whole:]
        return events

    def _frame(self, frame: bytes, level: float, silence_ms: int) -> Started | Stopped | None:
        self.heard_ms += mulaw.FRAME_MS
        loud = mulaw.loudness(frame) >= (level * _HOLD if self.speaking else level)
        if self.speaking:
            self._keep(frame, _MAX_SEGMENT)
            self._quiet_ms = 0 if loud else self._quiet_ms + mulaw.FRAME_MS
            if self._quiet_ms < silence_ms:
                return None
            return Stopped(self.heard_ms, self.take())
        self._keep(frame, (self.padding_ms + mulaw.FRAME_MS * 4) * mulaw.BYTES_PER_MS)
        self._loud = self._loud + 1 if loud else 0
        if self._loud < _FRAMES_TO_START:
            return None
        self.speaking = True
        self._quiet_ms = 0
        begun = self.heard_ms - _FRAMES_TO_START * mulaw.FRAME_MS - self.padding_ms
        return Started(max(0, begun))

    def _keep(self, audio: bytes, limit: int) -> None:
        self._buffer += audio
        if len(self._buffer) > limit:
            del self._buffer[: len(self._buffer) - limit]

    def take(self) -> bytes:
        """The audio of the turn so far; the buffer is empty afterwards."""
        audio = bytes(self._buffer)
        self.clear()
        return audio

    def clear(self) -> None:
        """Forgets the turn so far."""
        self._buffer.clear()
        self._loud = 0
        self._quiet_ms = 0
        self.speaking = False
