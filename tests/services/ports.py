"""Free ports and waiting for them; imports only the standard library."""

import contextlib
import random
import socket
import threading
import time
from collections.abc import Callable

_LOWEST = 10_240
_LOWEST_OF_CLIENTS = 32_768  # `net.ipv4.ip_local_port_range`, unless somebody changed it


class NotReadyError(RuntimeError):
    """A server did not answer in time; the message holds the end of its log."""


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nobody uses, and that no client is given by chance.

    From below the range of which the system gives each connection one: a server that is started
    some time later would find such a port taken now and then.
    """
    dice = random.SystemRandom()
    while True:
        port = dice.randrange(_LOWEST, _LOWEST_OF_CLIENTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


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
