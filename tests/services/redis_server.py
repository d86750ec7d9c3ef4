"""A throw-away Redis on a free port; imports only the standard library."""

import shutil
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.services.ports import free_port, wait_for
from tests.services.postgres import MissingBinaryError


@dataclass(frozen=True)
class Redis:
    """A running Redis: its address, its version and the process to stop."""

    url: str
    version: str
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """Stop the server and wait until it is gone."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=60)


def start_redis(folder: Path) -> Redis:
    """Start Redis without persistence, its files in `folder`.

    Raises:
        MissingBinaryError: Redis is not installed.
        NotReadyError: it did not accept connections within 10 s.
    """
    binary = shutil.which("redis-server")
    if binary is None:
        raise MissingBinaryError("Redis is not installed: apt-get install redis-server")
    port, log_path = free_port(), folder / "redis.log"
    command = [
        binary,
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--dir",
        str(folder),
    ]
    with log_path.open("wb") as log:
        process = subprocess.Popen([*command, "--appendonly", "no"], stdout=log, stderr=log)
    wait_for(
        lambda: _answers(port, process.pid),
        seconds=60,
        what="Redis",
        log=lambda: log_path.read_text(errors="replace")[-2000:],
        alive=lambda: process.poll() is None,
    )
    version = subprocess.run([binary, "--version"], capture_output=True, text=True, check=True)
    words = version.stdout.split()
    return Redis(f"redis://127.0.0.1:{port}/0", f"Redis {words[2].removeprefix('v=')}", process)


def _answers(port: int, pid: int) -> bool:
    """Return whether the Redis of process `pid` answers; another may have taken the port first."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=0.5) as probe:
            probe.sendall(b"INFO server\r\n")
            return f"process_id:{pid}\r\n".encode() in probe.recv(65536)
    except OSError:
        return False
