"""The whole application on a port of its own, in a thread of the test's process."""

import contextlib
import socket
import threading
from collections.abc import Iterator

import uvicorn

from tests.services.ports import wait_for


@contextlib.contextmanager
def served() -> Iterator[str]:
    """Serve until the end of the block; yields the address."""
    from config.asgi import application  # Django is set up by now

    listener = socket.create_server(("127.0.0.1", 0))
    # Clients keep their connections: none is closed while one of them is about to use it.
    config = uvicorn.Config(
        application, lifespan="off", log_level="error", ws="none", timeout_keep_alive=600
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    wait_for(lambda: server.started, seconds=60, what="the application", alive=thread.is_alive)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(60)
