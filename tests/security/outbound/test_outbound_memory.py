"""What an answer may cost: bodies that grow are stopped while they are read."""

import gzip
import json
import subprocess
import sys
from functools import cache

import pytest

from tests.security.outbound.servers import answering, ok
from voiceassist.foundation.outbound import Door

# Runs in a process of its own, whose memory is the door's alone. Prints the error's class, how
# much Python allocated at most, and by how much the process grew, both in bytes.
_MEASURED = """
import json, resource, sys, tracemalloc
from voiceassist.foundation.outbound import Door, OutboundError

host, limit = sys.argv[1], int(sys.argv[2])
door = Door([host])
assert door.request("GET", f"http://{host}/small").status == 200
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
before = peak()
tracemalloc.start()
try:
    door.request("GET", f"http://{host}/large", max_bytes=limit, timeout=240)
    outcome = "read"
except OutboundError as error:
    outcome = type(error).__name__
print(json.dumps([outcome, tracemalloc.get_traced_memory()[1], peak() - before]))
"""


@cache
def _bomb(size: int) -> bytes:
    return gzip.compress(bytes(size), mtime=0)


def _endless(server, connection):
    """Answer the first request, and the second with 200 MB of zeros as they are."""
    server.read_request(connection)
    connection.sendall(ok(b"x"))
    server.read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    chunk = b"100000\r\n" + bytes(0x100000) + b"\r\n"
    for _ in range(200):
        connection.sendall(chunk)


def _compressed(server, connection):
    """Answer the first request, and the second with 200 MB of zeros in 200 KB."""
    server.read_request(connection)
    connection.sendall(ok(b"x"))
    server.read_request(connection)
    connection.sendall(ok(_bomb(200_000_000), b"Content-Encoding: gzip"))


@pytest.mark.parametrize("handle", [_compressed, _endless])
@pytest.mark.parametrize("limit", [1_000_000, 5_000_000])
def test_200_mb_cost_less_than_10(serve, handle, limit):
    server = serve(handle)
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, f"127.0.0.1:{server.port}", str(limit)],
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    outcome, allocated, grown = json.loads(done.stdout)
    assert outcome == "OutboundTooLarge"
    assert allocated < 10_000_000 and grown < 10_000_000


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 131_072, 4_000_000])
def test_what_fits_is_read_whole(serve, size):
    server = serve(answering(ok(_bomb(size), b"Content-Encoding: gzip")))
    host = f"127.0.0.1:{server.port}"
    body = Door([host]).request("GET", f"http://{host}/", max_bytes=4_000_000).body
    assert body == bytes(size)
