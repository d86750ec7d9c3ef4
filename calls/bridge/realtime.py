"""The model's side over a WebSocket to OpenAI Realtime; imports picows and the wire format.

picows calls back for each frame without a task or a queue in between, which is what keeps a live
call cheap; the SDK's typed events cost more than the rest of the bridge together.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from picows import WSCloseCode, WSError, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from calls.bridge import realtime_wire as wire
from calls.bridge.fragments import Fragments
from calls.bridge.model_events import Event, SessionLost
from calls.bridge.ports import ModelSettings

log = logging.getLogger(__name__)

CONNECT_TIMEOUT_S = 8.0
MESSAGE_MAX = 10 << 20  # bytes of one event
BACKLOG_BYTES = 512 * 1024  # audio is dropped beyond this: stale speech helps nobody
EXPIRED_CODE = 1001


def realtime_url(base_url: str, model: str) -> str:
    """Return the socket's address for an API base such as `https://api.openai.com/v1`."""
    parts = urlsplit(base_url)
    scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
    path = f"{parts.path.rstrip('/')}/realtime"
    return urlunsplit((scheme, parts.netloc, path, f"model={quote(model)}", ""))


class RealtimeModel(WSListener):
    """Implements `ports.Model`; what is sent before the socket is open waits for it."""

    def __init__(self, on_event: Callable[[Event], None]) -> None:
        self._on_event = on_event
        self._transport: WSTransport | None = None
        self._waiting: list[bytes] = []
        self._fragments = Fragments(MESSAGE_MAX)
        self._closed = False
        self._serial = 0

    # --- the socket -----------------------------------------------------------------------

    async def connect(self, base_url: str, api_key: str, model: str) -> None:
        """Open the socket; a failure is reported as `SessionLost`, never raised."""
        try:
            await ws_connect(
                lambda: self,
                realtime_url(base_url, model),
                websocket_handshake_timeout=CONNECT_TIMEOUT_S,
                extra_headers={"Authorization": f"Bearer {api_key}"},
                enable_auto_ping=True,
                auto_ping_idle_timeout=15,
                auto_ping_reply_timeout=15,
                disconnect_on_exception=False,
                use_aiofastnet=False,
            )
        except (WSError, OSError, TimeoutError) as error:
            self._report(SessionLost(_describe(error)))

    def close(self) -> None:
        """Close the socket; nothing is reported any more."""
        self._closed = True
        self._waiting.clear()
        if self._transport is not None:
            self._transport.send_close(WSCloseCode.OK)
            self._transport.disconnect()
            self._transport = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        """The socket is open: send what waited."""
        if self._closed:
            transport.disconnect()
            return
        self._transport = transport
        for raw in self._waiting:
            transport.send(WSMsgType.TEXT, raw)
        self._waiting.clear()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Take one frame; a message in several frames is put together."""
        kind = frame.msg_type
        if kind == WSMsgType.CLOSE:
            code = frame.get_close_code().value
            detail = f"{code} {_close_text(frame)}"
            self._lost(SessionLost(detail, expired=code == EXPIRED_CODE))
            transport.disconnect()
            return
        if kind not in (WSMsgType.TEXT, WSMsgType.CONTINUATION):
            return
        raw = self._fragments.joined(frame.get_payload_as_bytes(), last=frame.fin)
        if raw is not None:
            self._message(raw)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """The socket is gone."""
        self._lost(SessionLost("The connection was closed."))

    def _lost(self, event: SessionLost) -> None:
        if self._transport is not None:
            self._transport = None
            self._report(event)

    def _message(self, raw: bytes) -> None:
        event = wire.decode(raw)
        if event is not None:
            self._report(event)

    def _report(self, event: Event) -> None:
        if self._closed:
            return
        try:
            self._on_event(event)
        except Exception:
            # A fault of ours in one event must not take the call's connection with it.
            log.exception("an event of the model could not be handled")

    def _send(self, raw: bytes) -> None:
        if self._transport is not None:
            self._transport.send(WSMsgType.TEXT, raw)
        elif not self._closed:
            self._waiting.append(raw)

    def _name(self, kind: str) -> str:
        self._serial += 1
        return f"{kind}_{self._serial}"

    # --- ports.Model ----------------------------------------------------------------------

    def configure(self, settings: ModelSettings, *, listening: bool) -> None:
        """Set the session up."""
        self._send(wire.session_update(settings, listening=listening, event_id="setup"))

    def listen(self, settings: ModelSettings) -> None:
        """Forget the audio so far and detect turns from now on."""
        self._send(wire.clear_audio())
        self._send(wire.turn_detection_update(settings, event_id="listen"))

    def deafen(self) -> None:
        """Detect no turns any more."""
        self._send(wire.turn_detection_update(None, event_id="deafen"))

    def append_audio(self, payload: str) -> None:
        """Let the model hear base64 μ-law; dropped where the socket does not drain."""
        transport = self._transport
        if transport is None:
            return
        if transport.underlying_transport.get_write_buffer_size() < BACKLOG_BYTES:
            transport.send(WSMsgType.TEXT, wire.append_audio(payload))

    def create_response(self, request: str, instructions: str | None) -> None:
        """Ask for one response."""
        self._send(wire.create_response(request, instructions))

    def cancel_response(self) -> None:
        """Stop the active response."""
        self._send(wire.cancel_response(self._name("cancel")))

    def truncate(self, item_id: str, content_index: int, audio_end_ms: int) -> None:
        """Tell the model how much of an item was heard."""
        self._send(wire.truncate(item_id, content_index, audio_end_ms, self._name("truncate")))

    def delete_item(self, item_id: str) -> None:
        """Tell the model that nothing of an item was heard."""
        self._send(wire.delete_item(item_id, self._name("delete")))

    def answer_tool(self, call_id: str, output: str) -> None:
        """Give a function call its output."""
        self._send(wire.tool_output(call_id, output, self._name("output")))

    def add_message(self, role: str, text: str) -> None:
        """Add a text item."""
        self._send(wire.message(role, text, self._name("message")))


def _describe(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    response: Any = getattr(error, "response", None)
    status = getattr(response, "status", None)
    return f"HTTP {int(status)}: {text}"[:300] if status else text[:300]


def _close_text(frame: WSFrame) -> str:
    message = frame.get_close_message()
    if isinstance(message, bytes):
        return message.decode(errors="replace")
    return message or ""
