"""Baseline "relay": the least a bridge can do; imports picows.

Two sockets per call, sound cut out of the one message and put into the other as bytes; no
signature, no ledger, no marks, nothing stored. What the product costs is counted in relays.
`python -m benchmarks.media.relay PORT MODEL_URL` prints `ready` when it listens.
"""

import asyncio
import sys

import uvloop
from picows import (
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeRequest,
    ws_connect,
    ws_create_server,
)

_CONFIGURE = b'{"type":"session.update","session":{"type":"realtime"}}'
_ASK = b'{"type":"response.create"}'
_STREAM_KEY, _SOUND_KEY, _DELTA_KEY = b'"streamSid":"', b'"payload":"', b'"delta":"'
_DELTA = b'{"type":"response.output_audio.delta"'


def _cut(raw: bytes, key: bytes) -> bytes:
    start = raw.index(key) + len(key)
    return raw[start : raw.index(b'"', start)]


class ModelSide(WSListener):
    """The model's socket of one call."""

    def __init__(self, phone: "PhoneSide") -> None:
        self._phone = phone

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Pass sound on; leave everything else."""
        if frame.msg_type != WSMsgType.TEXT:
            return
        raw = frame.get_payload_as_bytes()
        if raw.startswith(_DELTA):
            message = self._phone.prefix + _cut(raw, _DELTA_KEY) + b'"}}'
            self._phone.transport.send(WSMsgType.TEXT, message)


class PhoneSide(WSListener):
    """The phone's socket of one call."""

    model_url = ""

    def __init__(self) -> None:
        self.prefix = b""
        self._model: WSTransport | None = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Open the model's socket at once."""
        self.transport = transport
        self._opening = asyncio.ensure_future(self._open())

    async def _open(self) -> None:
        headers = {"Authorization": "Bearer bench"}
        self._model, _ = await ws_connect(
            lambda: ModelSide(self), self.model_url, extra_headers=headers, use_aiofastnet=False
        )
        self._model.send(WSMsgType.TEXT, _CONFIGURE)
        self._model.send(WSMsgType.TEXT, _ASK)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Pass sound on; learn the stream's name from its start."""
        if frame.msg_type == WSMsgType.CLOSE:
            transport.send_close()
            transport.disconnect()
            return
        raw = frame.get_payload_as_bytes()
        if raw.startswith(b'{"event":"media"'):
            if self._model is not None:
                append = b'{"type":"input_audio_buffer.append","audio":"'
                self._model.send(WSMsgType.TEXT, append + _cut(raw, _SOUND_KEY) + b'"}')
        elif raw.startswith(b'{"event":"start"'):
            stream = _cut(raw, _STREAM_KEY)
            self.prefix = b'{"event":"media","streamSid":"' + stream + b'","media":{"payload":"'

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """The caller is gone: close the model's socket."""
        if self._model is not None:
            self._model.disconnect()


def _accept(request: WSUpgradeRequest) -> PhoneSide:
    return PhoneSide()


async def serve(port: int, model_url: str) -> None:
    """Relay calls on 127.0.0.1:`port` until the process is ended."""
    PhoneSide.model_url = model_url
    server = await ws_create_server(_accept, "127.0.0.1", port, use_aiofastnet=False)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), sys.argv[2]))
