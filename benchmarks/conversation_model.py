"""As a program: a model that writes into its first piece when it sends it, and a bare relay to it.

Standard library only. Prints `ready`, then the two ports.
"""

import asyncio
import json
import time

PIECES = 20
PIECE_SECONDS = 0.25
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


def _event(delta, finish=None):
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
             "choices": [choice]}  # fmt: skip
    return f"data: {json.dumps(chunk)}\n\n".encode()


async def _read_request(reader):
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        (int(line.partition(b":")[2]) for line in head.lower().split(b"\r\n")
         if line.startswith(b"content-length:")), 0,
    )  # fmt: skip
    return head, await reader.readexactly(length)


async def _answer(reader, writer):
    """Wait for as many ms as the message says, then stamp the first piece and go on slowly."""
    _, body = await _read_request(reader)
    said = json.loads(body)["messages"][-1]["content"]
    writer.write(_HEAD)
    writer.write(_event({"role": "assistant", "content": ""}))
    await asyncio.sleep(int(said.split()[-1]) / 1_000)
    writer.write(_event({"content": f"{time.monotonic_ns()} "}))
    for _ in range(PIECES):
        await asyncio.sleep(PIECE_SECONDS)
        writer.write(_event({"content": "and on "}))
    writer.write(_event({}, "stop") + b"data: [DONE]\n\n")
    await writer.drain()
    writer.close()


def _relay(port):
    async def relay(reader, writer):
        head, body = await _read_request(reader)
        from_model, to_model = await asyncio.open_connection("127.0.0.1", port)
        to_model.write(head + body)
        while data := await from_model.read(65_536):
            writer.write(data)
        to_model.close()
        writer.close()

    return relay


async def _main():
    model = await asyncio.start_server(_answer, "127.0.0.1", 0, backlog=512)
    port = model.sockets[0].getsockname()[1]
    relay = await asyncio.start_server(_relay(port), "127.0.0.1", 0, backlog=512)
    print("ready", flush=True)
    print(port, relay.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_main())
