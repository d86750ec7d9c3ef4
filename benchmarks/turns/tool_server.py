"""A tool that answers at once and writes down when; imports only the standard library."""

import asyncio
import json
import time
from pathlib import Path

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


async def serve_tools(port: int, notes: Path) -> asyncio.Server:
    """Answer every POST on 127.0.0.1:`port`; notes get the order's number and both times."""

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                received = time.monotonic_ns()
                order = json.loads(await reader.readexactly(_length(head)))["order_id"]
                answer = {"success": True, "message": "On its way.", "data": {"order_id": order}}
                body = json.dumps(answer).encode()
                writer.write(_HEAD % len(body) + body)
                line = {"kind": "tool", "order": order, "received": received}
                with notes.open("a") as file:
                    file.write(json.dumps({**line, "at": time.monotonic_ns()}) + "\n")
        except asyncio.IncompleteReadError:
            pass  # the client closed a connection it kept
        finally:
            writer.close()

    return await asyncio.start_server(converse, "127.0.0.1", port)


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.split(b":")[1])
    return 0
