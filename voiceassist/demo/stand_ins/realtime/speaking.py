"""One response of the model, streamed event by event, and cut off when it is cancelled.

Imports the session's context; knows no ASGI.
"""

import asyncio
import base64
import re
from typing import Any

from voiceassist.demo import mulaw
from voiceassist.demo.stand_ins.realtime.context import SessionContext
from voiceassist.demo.stand_ins.realtime.conversation import Item, new_id
from voiceassist.demo.stand_ins.realtime.rules import Plan, Say, UseTool
from voiceassist.demo.watermark import Mark, embed

_PIECES = re.compile(r"\S+\s*")
_FRAGMENTS = 4
_MS_PER_AUDIO_TOKEN = 50
_FAILURES = {
    "rate_limit_exceeded": "Rate limit reached for this model. Please try again later.",
    "insufficient_quota": "You exceeded your current quota, please check your plan.",
    "server_error": "The server had an error while processing your request.",
}


class Response:
    """A response from `response.created` to `response.done`; `ended` is set after the latter."""

    def __init__(self, context: SessionContext, plan: Plan, params: dict[str, Any]) -> None:
        self.id = new_id("resp")
        self.in_conversation = params.get("conversation", "auto") != "none"
        self.audio_ms = 0
        self.ended = False
        self._context = context
        self._plan = plan
        self._text_only = (
            params.get("output_modalities") or context.config.data["output_modalities"]
        ) == ["text"]
        self._params = params
        self._output: list[Item] = []
        self._open: tuple[int, Item] | None = None
        self._unsent: list[bytes] = []
        self._text_tokens = 0

    def body(self, status: str, details: dict[str, Any] | None = None) -> dict[str, Any]:
        """The `response` object on the wire."""
        ended = status != "in_progress"
        return {
            "object": "realtime.response",
            "id": self.id,
            "status": status,
            "status_details": details,
            "output": [dict(item) for item in self._output] if ended else [],
            "conversation_id": "conv_stand_in" if self.in_conversation else None,
            "output_modalities": ["text"] if self._text_only else ["audio"],
            "max_output_tokens": self._params.get("max_output_tokens") or "inf",
            "audio": {"output": dict(self._context.config.data["audio"]["output"])},
            "usage": self._usage() if ended else None,
            "metadata": self._params.get("metadata"),
        }

    def begin(self) -> None:
        """Says that the response exists."""
        self._context.emit({"type": "response.created", "response": self.body("in_progress")})

    async def stream(self) -> None:
        """Everything after `response.created`."""
        behaviour = self._context.behaviour
        await asyncio.sleep(behaviour.first_delta_ms / 1000)
        for index, step in enumerate(self._plan):
            if isinstance(step, UseTool):
                await self._call(index, step)
            elif self._text_only:
                self._write(index, step)
            else:
                await self._speak(index, step)
        self.finish("completed")

    def fail(self, code: str) -> None:
        """Ends a response that never said anything."""
        error = {"type": code, "code": code, "message": _FAILURES[code]}
        self.finish("failed", {"type": "failed", "error": error})

    def leave_incomplete(self, reason: str) -> None:
        """Ends a response as one that ran out of tokens or was filtered."""
        self.finish("incomplete", {"type": "incomplete", "reason": reason})

    def cancel(self, reason: str) -> None:
        """Cuts the response off; deltas in flight still arrive before its end."""
        if self.ended:
            return
        if self._open is not None:
            index, item = self._open
            if item["type"] == "message":
                for chunk in self._unsent[: self._context.behaviour.stale_deltas]:
                    self._delta(index, item, chunk)
            self._close(index, item, "incomplete")
        self.finish("cancelled", {"type": "cancelled", "reason": reason})

    def finish(self, status: str, details: dict[str, Any] | None = None) -> None:
        """Sends `response.done` and the rate limits, once."""
        self.ended = True
        self._context.emit({"type": "response.done", "response": self.body(status, details)})
        limits = [
            {"name": "requests", "limit": 1000, "remaining": 999, "reset_seconds": 0.06},
            {"name": "tokens", "limit": 50000, "remaining": 49000, "reset_seconds": 1.2},
        ]
        self._context.emit({"type": "rate_limits.updated", "rate_limits": limits})

    def _usage(self) -> dict[str, Any]:
        audio = self.audio_ms // _MS_PER_AUDIO_TOKEN
        spoken = sum(1 for item in self._context.conversation.items if item["type"] == "message")
        given = 60 + 40 * spoken
        return {
            "total_tokens": given + audio + self._text_tokens,
            "input_tokens": given,
            "output_tokens": audio + self._text_tokens,
            "input_token_details": {
                "text_tokens": 60,
                "audio_tokens": given - 60,
                "image_tokens": 0,
                "cached_tokens": 0,
                "cached_tokens_details": {"text_tokens": 0, "audio_tokens": 0, "image_tokens": 0},
            },
            "output_token_details": {"text_tokens": self._text_tokens, "audio_tokens": audio},
        }

    # Items

    def _place(self, index: int, item: Item) -> dict[str, Any]:
        return {"response_id": self.id, "item_id": item["id"], "output_index": index}

    def _begin_item(self, index: int, item: Item) -> None:
        emit = self._context.emit
        self._open = (index, item)
        emit(
            {
                "type": "response.output_item.added",
                "response_id": self.id,
                "output_index": index,
                "item": dict(item),
            }
        )
        if self.in_conversation:
            previous = self._context.conversation.add(item)
            event = {"previous_item_id": previous, "item": dict(item)}
            emit({"type": "conversation.item.added", **event})

    def _end_item(self, index: int, item: Item, status: str) -> None:
        emit = self._context.emit
        item["status"] = status
        self._open = None
        self._output.append(item)
        done = {
            "type": "response.output_item.done",
            "response_id": self.id,
            "output_index": index,
            "item": dict(item),
        }
        repeat = item["type"] == "function_call" and self._context.behaviour.repeat_calls_done
        for _ in range(2 if repeat else 1):
            emit(dict(done))
        if self.in_conversation:
            previous = self._context.conversation.before(item["id"])
            event = {"previous_item_id": previous, "item": dict(item)}
            emit({"type": "conversation.item.done", **event})

    def _close(self, index: int, item: Item, status: str) -> None:
        if item["type"] == "function_call":
            self._end_call(index, item, status)
        else:
            self._end_message(index, item, status)

    # Speech and text

    def _message(self) -> Item:
        return {
            "id": new_id("item"),
            "object": "realtime.item",
            "type": "message",
            "role": "assistant",
            "status": "in_progress",
            "content": [],
        }

    def _begin_message(self, index: int, item: Item, part: dict[str, Any]) -> None:
        self._begin_item(index, item)
        event = {"content_index": 0, "part": part}
        self._context.emit(
            {"type": "response.content_part.added", **self._place(index, item), **event}
        )

    async def _speak(self, index: int, step: Say) -> None:
        context = self._context
        item = self._message()
        self._begin_message(index, item, {"type": "audio", "transcript": ""})
        item["content"] = [{"type": "output_audio", "transcript": ""}]
        plain = await context.voice.say(step.text, step.language)
        audio = embed(plain, Mark(step.text))
        size = context.behaviour.chunk_ms * mulaw.BYTES_PER_MS
        self._unsent = [audio[at : at + size] for at in range(0, len(audio), size)]
        pieces = _PIECES.findall(step.text)
        # The transcript runs ahead: twice as fast as the audio.
        ahead = max(1, 2 * len(pieces) // max(1, len(self._unsent)))
        while self._unsent:
            for piece in pieces[:ahead]:
                self._transcribe(index, item, piece)
            del pieces[:ahead]
            chunk = self._unsent.pop(0)
            self._delta(index, item, chunk)
            await asyncio.sleep(mulaw.duration_ms(chunk) / 1000 / context.behaviour.audio_rate)
        for piece in pieces:
            self._transcribe(index, item, piece)
        self._end_message(index, item, "completed")

    def _transcribe(self, index: int, item: Item, piece: str) -> None:
        item["content"][0]["transcript"] += piece
        self._text_tokens += 1
        self._context.emit(
            {
                "type": "response.output_audio_transcript.delta",
                **self._place(index, item),
                "content_index": 0,
                "delta": piece,
            }
        )

    def _delta(self, index: int, item: Item, chunk: bytes) -> None:
        context = self._context
        milliseconds = mulaw.duration_ms(chunk)
        sound = chunk if context.config.output_format == "audio/pcmu" else mulaw.to_pcm24k(chunk)
        context.has_spoken = True
        self.audio_ms += milliseconds
        if self.in_conversation:
            lengths = context.conversation.audio_ms
            lengths[item["id"]] = lengths.get(item["id"], 0) + milliseconds
        context.emit(
            {
                "type": "response.output_audio.delta",
                **self._place(index, item),
                "content_index": 0,
                "delta": base64.b64encode(sound).decode(),
            }
        )

    def _end_message(self, index: int, item: Item, status: str) -> None:
        content = item["content"][0] if item["content"] else {"transcript": ""}
        place = {**self._place(index, item), "content_index": 0}
        emit = self._context.emit
        self._unsent = []
        if "transcript" in content:
            part = {"type": "audio", "transcript": content["transcript"]}
            emit({"type": "response.output_audio.done", **place})
            transcript = {"transcript": content["transcript"]}
            emit({"type": "response.output_audio_transcript.done", **place, **transcript})
        else:
            part = {"type": "text", "text": content["text"]}
            emit({"type": "response.output_text.done", **place, "text": content["text"]})
        emit({"type": "response.content_part.done", **place, "part": part})
        self._end_item(index, item, status)

    def _write(self, index: int, step: Say) -> None:
        item = self._message()
        self._begin_message(index, item, {"type": "text", "text": ""})
        item["content"] = [{"type": "output_text", "text": step.text}]
        for piece in _PIECES.findall(step.text):
            self._text_tokens += 1
            event = {"content_index": 0, "delta": piece}
            self._context.emit(
                {"type": "response.output_text.delta", **self._place(index, item), **event}
            )
        self._end_message(index, item, "completed")

    # Function calls

    async def _call(self, index: int, step: UseTool) -> None:
        item: Item = {
            "id": new_id("item"),
            "object": "realtime.item",
            "type": "function_call",
            "status": "in_progress",
            "name": step.name,
            "call_id": new_id("call"),
            "arguments": "",
        }
        self._begin_item(index, item)
        size = max(1, -(-len(step.arguments) // _FRAGMENTS))
        for at in range(0, len(step.arguments), size):
            piece = step.arguments[at : at + size]
            item["arguments"] += piece
            event = {"call_id": item["call_id"], "delta": piece}
            self._context.emit(
                {
                    "type": "response.function_call_arguments.delta",
                    **self._place(index, item),
                    **event,
                }
            )
            await asyncio.sleep(self._context.behaviour.arguments_ms / 1000 / _FRAGMENTS)
        self._end_call(index, item, "completed")

    def _end_call(self, index: int, item: Item, status: str) -> None:
        # Also sent for an interrupted call, then with a fragment of the arguments.
        event = {key: item[key] for key in ("call_id", "name", "arguments")}
        self._context.emit(
            {
                "type": "response.function_call_arguments.done",
                **self._place(index, item),
                **event,
            }
        )
        self._end_item(index, item, status)
