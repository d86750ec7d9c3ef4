"""`press_keys`: tones are played to the other side, in order with what is spoken; pure.

The call is answered when they were heard. Whoever speaks meanwhile interrupts them as everything
else, and the model is told how many were heard.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from weakref import proxy

from calls.bridge.frames import BYTES_PER_MS
from calls.bridge.playback import Heard
from calls.bridge.ports import CallPlan, ToolCall
from calls.bridge.tones import GAP_MS, TONE_MS, WAIT_MS, check, tones
from tools_library.engine.errors import ToolArgumentsError

if TYPE_CHECKING:
    from calls.bridge.session import Session

_ITEM = "pressed:"
_PIECE = 200 * BYTES_PER_MS  # bytes; a mark follows each


def perform(session: Session, call: ToolCall, arguments: Mapping[str, Any], spoken: bool) -> None:
    """Play the keys, once everything before them was played."""
    keys = arguments["digits"]
    if session.endings.closing is not None:
        session.calls.turn_down(call, "cancelled", "The call is being ended already.")
        return
    session.tools.begin_here(call)
    session.pressed.play(call.call_id, keys, tones(keys))


def understand(plan: CallPlan, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments with the keys alone.

    Raises:
        ToolArgumentsError: no phone has such keys, or they are too many.
    """
    keys = "".join(str(arguments.get("digits") or "").split())
    try:
        check(keys)
    except ValueError as error:
        raise ToolArgumentsError(str(error)) from None
    return {**arguments, "digits": keys}


class Pressed:
    """The keys that one session is playing."""

    def __init__(self, session: Session) -> None:
        self._session: Session = proxy(session)
        self._keys: dict[str, str] = {}  # call id → keys

    def play(self, call_id: str, keys: str, audio: bytes) -> None:
        """Send the tones behind whatever is being played."""
        self._keys[call_id] = keys
        session, item_id = self._session, _ITEM + call_id
        for at in range(0, len(audio), _PIECE):
            payload = base64.b64encode(audio[at : at + _PIECE]).decode()
            booked = session.playback.add("", item_id, 0, payload, session.timers.now())
            session.send(booked.payload, booked.mark)
        session.end_item(item_id)

    def played(self, item_id: str) -> None:
        """An item was heard to its end; keys among them were pressed."""
        call_id = item_id.removeprefix(_ITEM)
        if call_id != item_id and (keys := self._keys.pop(call_id, "")):
            self._end(call_id, "", f"Pressed {keys}.")

    def interrupted(self, heard: Iterable[Heard]) -> list[Heard]:
        """End the keys that were cut short; return what else was heard, which is the model's."""
        spoken = []
        for cut in heard:
            call_id = cut.item_id.removeprefix(_ITEM)
            if call_id == cut.item_id:
                spoken.append(cut)
            elif keys := self._keys.pop(call_id, ""):
                self._cut_short(call_id, keys, _pressed(keys, cut.heard_ms))
        return spoken

    def abandon(self) -> None:
        """The session ends: what has not been heard by now will not be."""
        for call_id, keys in list(self._keys.items()):
            self._session.tools.finish_here(call_id, "cancelled", f"{keys}: the call ended first.")
        self._keys.clear()

    def _cut_short(self, call_id: str, keys: str, pressed: str) -> None:
        if pressed == keys:
            self._end(call_id, "", f"Pressed {keys}.")
            return
        told = f"Interrupted: of {keys} only {pressed or 'nothing'} was pressed."
        self._end(call_id, "cancelled", told)

    def _end(self, call_id: str, code: str, message: str) -> None:
        self._session.tools.finish_here(call_id, code, message)
        output: dict[str, Any] = {"success": not code, "message": message}
        self._session.calls.answer(
            call_id, json.dumps(output | ({"error_code": code} if code else {}))
        )


def _pressed(keys: str, heard_ms: float) -> str:
    """Return the keys whose tone was heard whole."""
    at = 0.0
    for count, key in enumerate(keys):
        at += WAIT_MS if key in "wW" else TONE_MS
        if at > heard_ms:
            return keys[:count]
        at += 0 if key in "wW" else GAP_MS
    return keys
