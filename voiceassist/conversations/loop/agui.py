"""Our events as AG-UI's: one table, one translator per stream; pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from voiceassist.conversations.loop.frames import Frame

Event = dict[str, Any]

_DECISION = {
    "type": "object",
    "properties": {
        "approved": {"type": "boolean"},
        "editedArgs": {"type": "object"},
        "reason": {"type": "string"},
    },
    "required": ["approved"],
}
_RESULT = {"description": "What the tool gave; text or any JSON."}

CAPABILITIES = {
    "transport": {"streaming": True},
    "tools": {"supported": True, "clientProvided": True},
    "humanInTheLoop": {
        "supported": True,
        "approvals": True,
        "interrupts": True,
        "approveWithEdits": True,
    },
}


class Translator:
    """Translates the events of one AG-UI run, which ends where our run rests.

    Args:
        client_tools: names of the tools that the client brought: their calls stay unanswered.
    """

    def __init__(self, thread_id: str, run_id: str, client_tools: Iterable[str] = ()) -> None:
        self._ids = {"threadId": thread_id, "runId": run_id}
        self._client_tools = frozenset(client_tools)
        self._open = ""

    def started(self) -> Event:
        """Return the first event of a run."""
        return {"type": "RUN_STARTED", **self._ids}

    def translate(self, frame: Frame) -> list[Event]:
        """Return what AG-UI says for one of our events.

        How a run ended is told last, by `pause`, `finished` or `failed`: a pause may be over as
        soon as it is told.
        """
        data = frame.data
        if frame.type == "text_delta":
            return self._text(frame)
        closing = self._close()
        if frame.type == "tool_call_start":
            return closing + self._call(data)
        if frame.type in ("tool_call_result", "tool_call_resolved", "tool_call_expired"):
            return closing + self._result(frame)
        if frame.type == "step_restarted":
            return [*closing, {"type": "CUSTOM", "name": "step_restarted", "value": data}]
        return closing

    def finished(self, outcome: Event) -> Event:
        """Return the last event of a run that did not fail."""
        return {"type": "RUN_FINISHED", **self._ids, "outcome": outcome}

    def failed(self, code: str, message: str) -> Event:
        """Return the last event of a run that failed."""
        return {"type": "RUN_ERROR", "code": code, "message": message}

    def _text(self, frame: Frame) -> list[Event]:
        events: list[Event] = []
        if not self._open:
            self._open = f"text-{frame.seq}"
            start = {"type": "TEXT_MESSAGE_START", "messageId": self._open, "role": "assistant"}
            events.append(start)
        said = {"messageId": self._open, "delta": frame.data["delta"]}
        return [*events, {"type": "TEXT_MESSAGE_CONTENT", **said}]

    def _close(self) -> list[Event]:
        open_message, self._open = self._open, ""
        return [{"type": "TEXT_MESSAGE_END", "messageId": open_message}] if open_message else []

    def _call(self, data: Mapping[str, Any]) -> list[Event]:
        call = {"toolCallId": data["tool_call_id"]}
        start = {"type": "TOOL_CALL_START", **call, "toolCallName": data["tool_call_name"]}
        arguments = {"type": "TOOL_CALL_ARGS", **call, "delta": data["delta"]}
        return [start, arguments, {"type": "TOOL_CALL_END", **call}]

    def _result(self, frame: Frame) -> list[Event]:
        data, on_server = frame.data, frame.type == "tool_call_result"
        if data["tool_call_name"] in self._client_tools and not on_server:
            return []  # the client knows: it gave the result itself
        told = data.get("result") or {"success": False, "message": data.get("message", "")}
        result = {
            "type": "TOOL_CALL_RESULT",
            "messageId": f"result-{frame.seq}",
            "toolCallId": data["tool_call_id"],
            "role": "tool",
            "content": json.dumps(told, ensure_ascii=False),
        }
        return [result]

    def pause(self, tools: Iterable[Mapping[str, Any]]) -> list[Event]:
        """Return the last event of a run whose calls wait for a person."""
        interrupts = [interrupt(each) for each in tools if not self._is_clients(each)]
        if not interrupts:
            return [self.finished({"type": "success"})]
        return [self.finished({"type": "interrupt", "interrupts": interrupts})]

    def _is_clients(self, call: Mapping[str, Any]) -> bool:
        return call["name"] in self._client_tools and not call["requires_approval"]


def interrupt(call: Mapping[str, Any]) -> Event:
    """Return a call that waits for a person as an interrupt."""
    asks = call["requires_approval"]
    found: Event = {
        "id": interrupt_id(call),
        "reason": "confirmation" if asks else "tool_call",
        "message": f"May {call['name']} run?" if asks else f"{call['name']} waits for its result.",
        "toolCallId": call["tool_call_id"],
        "responseSchema": _DECISION if asks else _RESULT,
        "metadata": {"toolName": call["name"], "args": call["parameters"],
                     "waitsFor": call["waits_for"]},
    }  # fmt: skip
    if call["expires_at"]:
        found["expiresAt"] = call["expires_at"]
    return found


def interrupt_id(call: Mapping[str, Any]) -> str:
    """Return the id by which a call is resumed: its question's, else its own."""
    asked = call["approval_id"]
    return f"approval-{asked}" if asked is not None else str(call["tool_call_id"])
