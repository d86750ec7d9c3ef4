"""200 streams open in one process of the product: from the model's first bytes to the client's.

The model's process writes its clock into its first piece; the client reads the same clock.
"""

import asyncio
import json
import random
import re
import subprocess
import sys
import time
from typing import Any

from benchmarks.processes import start
from benchmarks.results import quantiles
from tests.services.product import ROOT, start_product

STREAMS = 200
SPREAD_MS = 8_000
FIRST_AFTER_MS = 4_000
_STAMP = re.compile(rb'"(\d{12,}) ')


def measured(env: dict[str, str]) -> dict[str, Any]:
    """Return the first token's times through the product and through a bare relay, in ms."""
    model = start("benchmarks.conversation_model")
    try:
        model_port, relay_port = map(int, model.line().split())
        prepared = [sys.executable, "-m", "benchmarks.conversation_agent"]
        done = subprocess.run(
            prepared, cwd=ROOT, env=env, capture_output=True, text=True, check=True
        )
        agent, key = done.stdout.split()[-2:]
        product = start_product(env | {"OPENAI_BASE_URL": f"http://127.0.0.1:{model_port}/v1"})
        try:
            origin, path = product.url, f"/api/v1/agents/{agent}/messages"
            port = int(origin.rpartition(":")[2])
            asyncio.run(_round(port, path, key, 8))  # the process loads what it needs
            product_ms = asyncio.run(_round(port, path, key, STREAMS))
        finally:
            product.stop()
        relay_ms = asyncio.run(_round(relay_port, "/v1/chat/completions", key, STREAMS))
    finally:
        model.stop()
    return {"streams": STREAMS, "product": quantiles(product_ms), "relay": quantiles(relay_ms)}


async def _round(port: int, path: str, key: str, streams: int) -> list[float]:
    dice = random.Random(7)
    waits = [FIRST_AFTER_MS + dice.randrange(SPREAD_MS) for _ in range(streams)]
    opened: list[int] = []
    works = [_one(port, path, key, wait, number, opened) for number, wait in enumerate(waits)]
    times = await asyncio.gather(*works)
    assert len(opened) == streams
    return times


async def _one(port: int, path: str, key: str, wait: int, number: int, opened: list[int]) -> float:
    await asyncio.sleep(number * FIRST_AFTER_MS / STREAMS / 1_000)  # opened before the first word
    text = f"Say something after {wait}"
    body = json.dumps({"message": text, "messages": [{"role": "user", "content": text}]}).encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\n"
        f"Accept: text/event-stream\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    writer.write(head.encode() + body)
    seen = b""
    while (found := _STAMP.search(seen)) is None:
        data = await reader.read(65_536)
        arrived = time.monotonic_ns()
        if not data:
            raise RuntimeError(f"a stream ended early: {seen[-500:]!r}")
        seen += data
    opened.append(number)
    while await reader.read(65_536):
        pass
    writer.close()
    return (arrived - int(found[1])) / 1e6
