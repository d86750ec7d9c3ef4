"""From appended audio to user items: turn detection, transcripts, and the idle timeout.

Imports the session's context and its responses; knows no ASGI.
"""

import asyncio
import binascii

from voiceassist.demo import mulaw, watermark
from voiceassist.demo.stand_ins.realtime.context import SessionContext
from voiceassist.demo.stand_ins.realtime.conversation import Item, new_id
from voiceassist.demo.stand_ins.realtime.errors import EventRefused
from voiceassist.demo.stand_ins.realtime.hearing import Hearing, Started, Stopped
from voiceassist.demo.stand_ins.realtime.responses import Responses
from voiceassist.demo.stand_ins.realtime.speaking import Response

_LEAST_COMMIT_MS = 100
_MOST_BASE64 = 20 << 20


class Listening:
    """The input audio buffer of one session."""

    def __init__(self, context: SessionContext) -> None:
        self._context = context
        self._hearing = Hearing()
        self._hearing.detection = context.config.turn_detection
        self._item_id = new_id("item")
        self._appended_ms = 0
        self._idle: asyncio.TimerHandle | None = None
        self.responses = Responses(context, self._response_ended)

    def configured(self) -> None:
        """The session was updated: takes over its turn detection."""
        before = self._hearing.detection
        self._hearing.detection = self._context.config.turn_detection
        if (before is None) != (self._hearing.detection is None):
            self._hearing.clear()

    # Client events

    def append(self, payload: str) -> None:
        """Audio from the client, base64.

        Raises: EventRefused: not base64, or more than 15 MiB.
        """
        if len(payload) > _MOST_BASE64:
            raise EventRefused("invalid_value", "At most 15 MiB of audio at once.", "audio")
        try:
            audio = binascii.a2b_base64(payload, strict_mode=True)
        except (binascii.Error, ValueError) as error:
            raise EventRefused(
                "invalid_value",
                "Invalid 'audio'. Expected base64-encoded audio bytes in the session's format.",
                "audio",
            ) from error
        if self._context.config.input_format == "audio/pcm":
            audio = mulaw.from_pcm16(audio, 24000)
        self._appended_ms += mulaw.duration_ms(audio)
        for event in self._hearing.append(audio):
            if isinstance(event, Started):
                self._started(event)
            else:
                self._stopped(event)

    def commit(self) -> None:
        """The client ends the turn itself.

        Raises: EventRefused: hardly any audio.
        """
        audio = self._hearing.take()
        length = mulaw.duration_ms(audio)
        if length < _LEAST_COMMIT_MS:
            raise EventRefused(
                "input_audio_buffer_commit_empty",
                "Error committing input audio buffer: buffer too small. Expected at least "
                f"{_LEAST_COMMIT_MS}ms of audio, but buffer only has {length:.2f}ms of audio.",
            )
        self._commit(audio)

    def clear(self) -> None:
        """Forgets uncommitted audio."""
        self._hearing.clear()
        self._context.emit({"type": "input_audio_buffer.cleared"})

    # Turns

    def _started(self, event: Started) -> None:
        self._stop_idle()
        self._context.emit(
            {
                "type": "input_audio_buffer.speech_started",
                "audio_start_ms": event.at_ms,
                "item_id": self._item_id,
            }
        )
        detection = self._context.config.turn_detection or {}
        if detection.get("interrupt_response") and self.responses.active is not None:
            self.responses.cancel("turn_detected")

    def _stopped(self, event: Stopped) -> None:
        self._context.emit(
            {
                "type": "input_audio_buffer.speech_stopped",
                "audio_end_ms": event.at_ms,
                "item_id": self._item_id,
            }
        )
        self._commit(event.audio)
        if (self._context.config.turn_detection or {}).get("create_response"):
            self.responses.start()

    def _commit(self, audio: bytes) -> None:
        marks = watermark.extract(audio)
        if marks:
            text = " ".join(mark.text for mark in marks)
            self.responses.hear(text, marks[-1].scenario)
        else:
            text = self._context.mind.unread_speech(len(audio) / mulaw.RATE)
            self.responses.hear(text)
        item = self._add_item()
        if self._context.config.transcription is not None:
            self._context.spawn(self._transcribe(item, text, len(audio) / mulaw.RATE))

    def _add_item(self) -> Item:
        conversation = self._context.conversation
        item: Item = {
            "id": self._item_id,
            "object": "realtime.item",
            "type": "message",
            "role": "user",
            "status": "completed",
            "content": [{"type": "input_audio", "transcript": None}],
        }
        self._item_id = new_id("item")
        previous = conversation.add(item)
        emit = self._context.emit
        place = {"item_id": item["id"], "previous_item_id": previous}
        emit({"type": "input_audio_buffer.committed", **place})
        event = {"previous_item_id": previous, "item": dict(item)}
        emit({"type": "conversation.item.added", **event})
        emit({"type": "conversation.item.done", **event})
        return item

    async def _transcribe(self, item: Item, text: str, seconds: float) -> None:
        behaviour = self._context.behaviour
        if behaviour.transcripts == "never":
            return
        late = behaviour.transcripts != "early"
        await asyncio.sleep(behaviour.transcript_delay_ms / 1000 if late else 0)
        prefix = "conversation.item.input_audio_transcription"
        place = {"item_id": item["id"], "content_index": 0}
        emit = self._context.emit
        if behaviour.transcripts == "failed":
            error = {
                "type": "server_error",
                "code": "transcription_failed",
                "message": "Input transcription failed.",
                "param": None,
            }
            emit({"type": f"{prefix}.failed", **place, "error": error})
            return
        half = text.find(" ", len(text) // 2)
        for piece in (text[:half], text[half:]) if half > 0 else (text,):
            emit({"type": f"{prefix}.delta", **place, "delta": piece})
        usage = {"type": "duration", "seconds": round(seconds, 2)}
        item["content"] = [{"type": "input_audio", "transcript": text}]
        emit({"type": f"{prefix}.completed", **place, "transcript": text, "usage": usage})

    # Idle time

    def _response_ended(self, response: Response) -> None:
        self._stop_idle()
        detection = self._context.config.turn_detection or {}
        timeout = detection.get("idle_timeout_ms")
        if timeout and not self._hearing.speaking:
            # The service estimates playback: it sent the audio faster than it plays.
            rate = self._context.behaviour.audio_rate
            unplayed = response.audio_ms * (1 - 1 / max(rate, 1))
            self._idle = self._context.later(timeout + unplayed, self._timed_out)

    def _stop_idle(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None

    def _timed_out(self) -> None:
        if self.responses.active is not None:
            return
        detection = self._context.config.turn_detection or {}
        begun = max(0, self._appended_ms - int(detection.get("idle_timeout_ms") or 0))
        self._context.emit(
            {
                "type": "input_audio_buffer.timeout_triggered",
                "audio_start_ms": begun,
                "audio_end_ms": self._appended_ms,
                "item_id": self._item_id,
            }
        )
        self._add_item()
        self.responses.time_out()
        self.responses.start()
