"""Baseline "naive": a bridge as tutorials show it; imports FastAPI and websockets.

Two tasks per call, stdlib JSON for every message, a mark after every delta, uvicorn on plain
asyncio with h11. It keeps the ratio honest: where naive and relay stand apart as they do on a
quiet machine, a measurement beside them can be believed.
`python -m benchmarks.media.naive PORT MODEL_URL` prints `ready` when it listens.
"""

import asyncio
import json
import sys

import uvicorn
import websockets
from fastapi import FastAPI, WebSocket
from starlette.websockets import WebSocketDisconnect

app = FastAPI()
MODEL_URL = ""


class Stream:
    """What both tasks of a call know."""

    def __init__(self) -> None:
        self.sid = ""
        self.timestamp = 0
        self.marks: list[str] = []


@app.websocket("/media")
async def media(phone: WebSocket) -> None:
    """One call: a task for each direction until the caller hangs up."""
    await phone.accept()
    headers = {"Authorization": "Bearer bench"}
    async with websockets.connect(MODEL_URL, additional_headers=headers) as model:
        await model.send(json.dumps({"type": "session.update", "session": {"type": "realtime"}}))
        await model.send(json.dumps({"type": "response.create"}))
        stream = Stream()
        await asyncio.gather(_listen(phone, model, stream), _speak(phone, model, stream))


async def _listen(phone: WebSocket, model: websockets.ClientConnection, stream: Stream) -> None:
    try:
        async for text in phone.iter_text():
            message = json.loads(text)
            if message["event"] == "media":
                stream.timestamp = int(message["media"]["timestamp"])
                sound = message["media"]["payload"]
                await model.send(json.dumps({"type": "input_audio_buffer.append", "audio": sound}))
            elif message["event"] == "start":
                stream.sid = message["start"]["streamSid"]
            elif message["event"] == "mark" and stream.marks:
                stream.marks.pop(0)
    except WebSocketDisconnect:
        pass
    await model.close()


async def _speak(phone: WebSocket, model: websockets.ClientConnection, stream: Stream) -> None:
    async for text in model:
        event = json.loads(text)
        if event["type"] == "response.output_audio.delta":
            sound = {"payload": event["delta"]}
            await phone.send_json({"event": "media", "streamSid": stream.sid, "media": sound})
            mark = {"event": "mark", "streamSid": stream.sid, "mark": {"name": "responsePart"}}
            await phone.send_json(mark)
            stream.marks.append("responsePart")


class Server(uvicorn.Server):
    """Says when it listens."""

    async def startup(self, sockets: list[object] | None = None) -> None:
        """Start, then print `ready`."""
        await super().startup(sockets)  # type: ignore[arg-type]
        print("ready", flush=True)


if __name__ == "__main__":
    MODEL_URL = sys.argv[2]
    config = uvicorn.Config(
        app, host="127.0.0.1", port=int(sys.argv[1]), loop="asyncio", http="h11", log_level="error"
    )
    asyncio.run(Server(config).serve())
