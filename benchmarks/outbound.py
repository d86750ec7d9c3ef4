"""The benchmark `outbound`: what the guarded door adds to a bare urllib3 call, in the same run.

As a program it is the server that both call. Imports urllib3 and the door.
"""

import asyncio
import sys
import time
from collections.abc import Callable
from typing import Any

import urllib3

from benchmarks.processes import start
from benchmarks.results import quantiles, verdict
from tests.services.ports import free_port
from voiceassist.foundation.outbound import Door, Rules

BODY = b'{"success": true, "message": "' + b"x" * 1_000 + b'"}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
    len(BODY),
    BODY,
)


def outbound(say: Callable[[str], None], calls: int) -> dict[str, Any]:
    """Time kept connections, the bare call and the door in turn, so that both meet the same noise.

    The door judges URL and rules of an organization, and the kept connection's address, each time.
    """
    port = free_port()
    server = start("benchmarks.outbound", str(port))
    try:
        figures = _measure(port, calls)
    finally:
        server.stop()
    say(f"outbound: {figures}")
    return {
        "figures": figures,
        "verdicts": {"overhead p50 <= 0.5 ms": verdict(figures["overhead_p50_ms"], 0.5, good=0.3)},
    }


def _measure(port: int, calls: int) -> dict[str, Any]:
    host = f"tools.example:{port}"
    door = Door([host], lambda name, at: ["127.0.0.1"])
    rules = Rules(deny=frozenset(f"*.d{number}.example" for number in range(20)))
    pool = urllib3.HTTPConnectionPool("127.0.0.1", port)
    url = f"http://{host}/run"

    def bare() -> None:
        answer = pool.request("POST", "/run", body=b"{}", retries=False, timeout=10.0)
        assert answer.data == BODY

    def guarded() -> None:
        assert door.request("POST", url, body=b"{}", rules=rules).body == BODY

    times: dict[str, list[float]] = {"bare": [], "door": []}
    for number in range(calls + 100):
        for name, call in (("bare", bare), ("door", guarded)):
            began = time.perf_counter()
            call()
            if number >= 100:
                times[name].append((time.perf_counter() - began) * 1_000)
    figures: dict[str, Any] = {name: quantiles(values) for name, values in times.items()}
    overhead = figures["door"]["p50_ms"] - figures["bare"]["p50_ms"]
    return {"calls": calls, **figures, "overhead_p50_ms": round(overhead, 3)}


class _Server(asyncio.Protocol):
    """Answers every request of two bytes' body alike."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.seen = transport, b""

    def data_received(self, data: bytes) -> None:
        self.seen += data
        if self.seen.endswith(b"\r\n\r\n{}"):
            self.seen = b""
            self.transport.write(ANSWER)


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(_Server, "127.0.0.1", port)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
