"""Free ports and waiting for them; imports only the standard library."""

import socket
import threading
import time
from collections.abc import Callable


class NotReadyError(RuntimeError):
    """A server did not answer in time; the message holds the end of its log."""


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def accepts(port: int) -> bool:
    """Return whether somebody accepts connections on 127.0.0.1:`port`."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(
    ready: Callable[[], bool],
    *,
    seconds: float,
    what: str,
    log: Callable[[], str] = str,
    alive: Callable[[], bool] = lambda: True,
) -> None:
    """Ask `ready` every 20 ms until it is true.

    Raises:
        NotReadyError: not within `seconds`, or `alive` became false; the text carries `log()`.
    """
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not ready():
        if not alive():
            raise NotReadyError(f"{what} ended while starting.\n{log()}")
        if time.monotonic() > deadline:
            raise NotReadyError(f"{what} was not ready after {seconds:.0f} s.\n{log()}")
        pause.wait(0.02)
