"""A client of the Realtime stand-in: the vendor's own SDK, and a caller's voice for it."""

import asyncio
import base64
import contextlib
import json
import urllib.error
import urllib.request

from openai import AsyncOpenAI

from voiceassist.demo import mulaw, voice
from voiceassist.demo.watermark import Mark, embed

PCMU = {"type": "audio/pcmu"}
VAD = {
    "type": "server_vad",
    "threshold": 0.5,
    "prefix_padding_ms": 300,
    "silence_duration_ms": 200,
    "create_response": True,
    "interrupt_response": True,
}
TOOLS = [
    {
        "type": "function",
        "name": name,
        "description": "A tool.",
        "parameters": {"type": "object", "properties": {key: {"type": "string"}}},
    }
    for name, key in (
        ("lookup_order", "order_id"),
        ("book_appointment", "day"),
        ("endCall", "reason"),
    )
]


def session(**changes):
    """Settings of a phone call."""
    audio_in = {
        "format": PCMU,
        "transcription": {"model": "gpt-transcribe"},
        "turn_detection": {**VAD, **changes},
    }
    return {
        "type": "realtime",
        "output_modalities": ["audio"],
        "audio": {"input": audio_in, "output": {"format": PCMU, "voice": "marin"}},
        "tools": TOOLS,
    }


def spoken(text, scenario=""):
    """μ-law of somebody saying `text`, with the silence that ends a turn."""
    sound = embed(voice.tones(text), Mark(text, 1, scenario))
    return sound + bytes([mulaw.SILENCE]) * 400 * mulaw.BYTES_PER_MS


class Model:
    """An open session; `events` is all that came, as the SDK parsed it."""

    def __init__(self, connection):
        self.connection = connection
        self.events = []

    async def until(self, kind, seconds=60):
        """Return the next event of a type; other ones are kept in `events`."""
        async with asyncio.timeout(seconds):
            while True:
                event = await self.connection.recv()
                self.events.append(event)
                if event.type == kind:
                    return event

    async def hear(self, audio):
        """Send audio as the phone company's frames, faster than real time."""
        for at in range(0, len(audio), 160):
            frame = base64.b64encode(audio[at : at + 160]).decode()
            await self.connection.input_audio_buffer.append(audio=frame)

    async def exactly(self, text):
        """Ask for a sentence."""
        order = f'Say exactly this and nothing more: "{text}"'
        await self.connection.response.create(response={"instructions": order})

    def of(self, kind):
        return [event for event in self.events if event.type == kind]

    def audio(self):
        """μ-law of all that was said so far."""
        deltas = self.of("response.output_audio.delta")
        return b"".join(base64.b64decode(event.delta) for event in deltas)


@contextlib.asynccontextmanager
async def talking(server, *, configured=True, **changes):
    """A session with the model; `configured`: set up for a phone call."""
    client = AsyncOpenAI(api_key="any", websocket_base_url=server.realtime_url)
    async with client, client.realtime.connect(model="gpt-realtime-2.1") as connection:
        model = Model(connection)
        await model.until("session.created")
        if configured:
            await connection.session.update(session=session(**changes))
            await model.until("session.updated")
        yield model


def ask(url, method="GET", body=None):
    """Send a request; return status and JSON. Blocks: call it in a thread."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, method=method, data=data)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())
