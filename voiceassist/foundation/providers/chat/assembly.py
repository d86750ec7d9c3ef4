"""Chunks of a streamed completion, put together: text, tool calls, the end. Pure.

Lenient where compatible servers differ in form, strict where a guess could call the wrong tool.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

import msgspec

from voiceassist.foundation.providers.chat.types import AssembledToolCall, Finished

MAX_TEXT_BYTES = 64 << 10
MAX_TOOL_CALLS = 32
MAX_ARGUMENT_BYTES = 256 << 10
_LONGEST_ID = 40  # what OpenAI takes back
_LONGEST_NAME = 256


class _Function(msgspec.Struct):
    name: str | None = None
    arguments: str | dict[str, Any] | None = None


class _Fragment(msgspec.Struct):
    index: int | None = None
    id: str | None = None
    function: _Function | None = None


class _Delta(msgspec.Struct):
    content: str | None = None
    refusal: str | None = None
    tool_calls: list[_Fragment] | None = None


class _Choice(msgspec.Struct):
    delta: _Delta | None = None
    message: _Delta | None = None
    finish_reason: str | None = None


class _Chunk(msgspec.Struct):
    choices: list[_Choice] | None = None
    usage: dict[str, Any] | None = None
    error: Any = None


_decode = msgspec.json.Decoder(_Chunk).decode


class BadChunk(ValueError):
    """A chunk is no part of an answer, or makes it too long; the message is a clause."""


class EndedEarly(BadChunk):
    """The stream ended before the answer did."""


class ErrorChunk(Exception):
    """The server reported an error within its stream: `said` is what it reported."""

    def __init__(self, said: Any) -> None:
        super().__init__(str(said))
        self.said = said


@dataclass
class _Call:
    index: int
    id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.arguments)


class Assembly:
    """One answer in the making: `feed` each chunk's JSON, then take `finished`."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._calls: list[_Call] = []
        self._last: dict[int, _Call] = {}
        self._text_bytes = 0
        self._argument_bytes = 0
        self._refused = False
        self._usage: dict[str, Any] = {}
        self._finish_reason = ""

    @property
    def is_complete(self) -> bool:
        """Whether the model said why it ended; only its usage may follow."""
        return bool(self._finish_reason)

    def feed(self, data: bytes) -> str:
        """Take one chunk and return the text that it adds, often none.

        Raises:
            BadChunk: see the class.
            ErrorChunk: see the class.
        """
        try:
            chunk = _decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise BadChunk("what came is not the JSON of a chat completion") from error
        if chunk.error:
            raise ErrorChunk(chunk.error)
        if chunk.usage:
            self._usage = chunk.usage
        # Only the first choice: we never ask for more than one.
        return self._choice(chunk.choices[0]) if chunk.choices else ""

    def finished(self) -> Finished:
        """Return the whole answer.

        Raises:
            EndedEarly: see the class.
            BadChunk: a call has no name.
        """
        calls = sorted(self._calls, key=lambda call: call.index)
        if not self._finish_reason:
            raise EndedEarly("it ended before it was complete")
        if any(not call.name for call in calls):
            raise BadChunk("it calls a tool without naming it")
        taken: set[str] = set()
        return Finished(
            text="".join(self._text),
            tool_calls=tuple(
                AssembledToolCall(_own_id(call.id, taken), call.name, call.text or "{}")
                for call in calls
            ),
            finish_reason="refusal" if self._refused else self._finish_reason,
            usage=self._usage,
        )

    def _choice(self, choice: _Choice) -> str:
        delta = choice.delta or choice.message
        self._finish_reason = choice.finish_reason or self._finish_reason
        if delta is None:
            return ""
        for position, fragment in enumerate(delta.tool_calls or ()):
            self._fragment(fragment, position)
        text = delta.content or ""
        if delta.refusal:
            self._refused = True
            text += delta.refusal
        return self._said(text) if text else ""

    def _said(self, text: str) -> str:
        text = text.replace("\0", "")  # no database keeps it
        self._text_bytes += len(text.encode())
        if self._text_bytes > MAX_TEXT_BYTES:
            raise BadChunk(f"it is longer than {MAX_TEXT_BYTES >> 10} kB")
        self._text.append(text)
        return text

    def _fragment(self, fragment: _Fragment, position: int) -> None:
        function = fragment.function or _Function()
        arguments = function.arguments or ""
        if not isinstance(arguments, str):
            arguments = msgspec.json.encode(arguments).decode()
        name = (function.name or "").replace("\0", "")
        call = self._call_of(fragment, position, name)
        call.id = call.id or fragment.id or ""
        if name and name != call.name:
            if call.arguments:
                raise BadChunk("it names one call of a tool twice")
            call.name += name
        if len(call.name) > _LONGEST_NAME:
            raise BadChunk("the name of a tool has no end")
        self._argument_bytes += len(arguments.encode())
        if self._argument_bytes > MAX_ARGUMENT_BYTES:
            raise BadChunk(f"the arguments are longer than {MAX_ARGUMENT_BYTES >> 10} kB")
        if arguments:
            call.arguments.append(arguments)

    def _call_of(self, fragment: _Fragment, position: int, name: str) -> _Call:
        """Return the call that a fragment belongs to, a new one where it begins one."""
        index = fragment.index
        if index is None:
            index = self._index_of(fragment, position)
        call = self._last.get(index)
        if call is not None and not _is_another(call, fragment, name):
            return call
        if len(self._calls) >= MAX_TOOL_CALLS:
            raise BadChunk(f"it calls more than {MAX_TOOL_CALLS} tools at once")
        call = _Call(index)
        self._calls.append(call)
        self._last[index] = call
        return call

    def _index_of(self, fragment: _Fragment, position: int) -> int:
        """Servers that send no index send whole calls, or name the call by its id."""
        if fragment.id:
            known = (call.index for call in self._calls if call.id == fragment.id)
            return next(known, len(self._calls))
        return max(position, len(self._calls) - 1)


def _is_another(call: _Call, fragment: _Fragment, name: str) -> bool:
    """Some servers number all their calls 0, others name each fragment anew: what bears a name and
    another id, or a name after whole arguments, begins another call.
    """
    if not name:
        return False
    if fragment.id and call.id:
        return fragment.id != call.id
    return bool(call.arguments) and _is_whole(call.text)


def _is_whole(arguments: str) -> bool:
    try:
        msgspec.json.decode(arguments)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _own_id(wanted: str, taken: set[str]) -> str:
    """Return the id, or a new one where it is missing, taken or no id at all."""
    if not wanted or wanted in taken or len(wanted) > _LONGEST_ID or not wanted.isprintable():
        wanted = f"call_{uuid.uuid4().hex[:24]}"
    taken.add(wanted)
    return wanted
