"""An answer in the wire's shapes: chunks of a stream, or one whole completion. Pure."""

import itertools
import json
import re
import time
import uuid
from collections.abc import Iterator
from typing import Any

from voiceassist.demo.stand_ins.chat.checks import Order
from voiceassist.demo.stand_ins.chat.messages import text_of
from voiceassist.demo.stand_ins.chat.misbehaviour import Reply

END = b"data: [DONE]\n\n"
FINGERPRINT = "stand-in-no-ai"
_PIECE = 12
_WORDS = re.compile(r"\S+\s*|\s+")


class Completion:
    """One answer to one request, with the ids it has on the wire."""

    def __init__(self, order: Order, made: Reply) -> None:
        self._order = order
        self._made = made
        self._id = f"chatcmpl-{uuid.uuid4().hex[:24]}"
        self._created = int(time.time())
        self._calls = [
            (given, call)
            for given, call in itertools.zip_longest(made.ids[: len(made.calls)], made.calls)
            if call is not None
        ]

    @property
    def finish_reason(self) -> str:
        """Why the answer ends."""
        return self._made.finish_reason or ("tool_calls" if self._calls else "stop")

    def frames(self) -> Iterator[bytes]:
        """The events of the stream up to the end mark, each whole."""
        first: dict[str, Any] = {"role": "assistant", "refusal": None}
        yield self.frame({**first, "content": "" if self._made.text else None})
        for text in _WORDS.findall(self._made.text):
            yield self.frame({"content": text})
        if self._made.refusal:
            yield self.frame({"refusal": self._made.refusal})
        for index in range(len(self._calls)):
            yield from self._call_frames(index)
        yield self.frame({}, self.finish_reason)
        if self._order.includes_usage:
            yield _event({**self._head("chat.completion.chunk"), "choices": [],
                          "usage": self._usage()})  # fmt: skip
        yield END

    def frame(self, delta: dict[str, Any], finish_reason: str | None = None) -> bytes:
        """One event of the stream."""
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        chunk = {**self._head("chat.completion.chunk"), "choices": [choice]}
        if self._order.includes_usage:
            chunk["usage"] = None
        return _event(chunk)

    def whole(self) -> dict[str, Any]:
        """The answer to a request that does not stream."""
        made = self._made
        message: dict[str, Any] = {
            "role": "assistant",
            "content": made.text or None,
            "refusal": made.refusal or None,
            "annotations": [],
        }
        if self._calls:
            message["tool_calls"] = [
                {
                    "id": _id(given),
                    "type": "function",
                    "function": {"name": call.name, "arguments": call.arguments},
                }
                for given, call in self._calls
            ]
        choice = {"index": 0, "message": message, "logprobs": None,
                  "finish_reason": self.finish_reason}  # fmt: skip
        return {**self._head("chat.completion"), "choices": [choice], "usage": self._usage()}

    def _head(self, kind: str) -> dict[str, Any]:
        return {
            "id": self._id,
            "object": kind,
            "created": self._created,
            "model": self._order.model,
            "service_tier": "default",
            "system_fingerprint": FINGERPRINT,
        }

    def _call_frames(self, index: int) -> Iterator[bytes]:
        given, call = self._calls[index]
        begin = {
            "index": index,
            "id": _id(given),
            "type": "function",
            "function": {"name": call.name, "arguments": ""},
        }
        if not begin["id"]:
            del begin["id"]
        yield self.frame({"tool_calls": [begin]})
        for at in range(0, len(call.arguments), _PIECE):
            piece = {"arguments": call.arguments[at : at + _PIECE]}
            yield self.frame({"tool_calls": [{"index": index, "function": piece}]})

    def _usage(self) -> dict[str, int]:
        asked = sum(len(text_of(message)) for message in self._order.messages) // 4 + 1
        made = self._made
        said = (len(made.text) + sum(len(call.arguments) for call in made.calls)) // 4 + 1
        return {
            "prompt_tokens": asked,
            "completion_tokens": said,
            "total_tokens": asked + said,
        }


def _id(given: str | None) -> str:
    return f"call_{uuid.uuid4().hex[:24]}" if given is None else given


def _event(chunk: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(chunk, ensure_ascii=False).encode() + b"\n\n"
