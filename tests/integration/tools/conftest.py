"""An organization with an assistant, and a real HTTP server for its tools to call."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

# Loaded before Django is set up, so models are imported where they are used.


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # five by default: of many at once the rest would come a second late


class ToolServer:
    """Answers requests as told and keeps what it got; `gate` closed makes `/slow` wait."""

    def __init__(self) -> None:
        self.received: list[dict[str, Any]] = []
        self.answers: list[tuple[int, str, bytes]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.arrived = threading.Semaphore(0)
        self._server = _Server(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"

    def answer(self, status: int, body: Any, content_type: str = "application/json") -> None:
        """Answer the next request so; without any, `{"success": true, "message": "done"}`."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.answers.append((status, content_type, raw))

    def stop(self) -> None:
        """Let go of waiting requests and close."""
        self.gate.set()
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # else headers and body lie 40 ms apart

            def do_GET(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                outer.received.append(
                    {
                        "method": self.command,
                        "path": self.path,
                        "headers": {name.lower(): value for name, value in self.headers.items()},
                        "body": self.rfile.read(length),
                    }
                )
                outer.arrived.release()
                if self.path.startswith("/slow"):
                    outer.gate.wait(300)
                answer = (200, "application/json", b'{"success": true, "message": "done"}')
                status, kind, body = outer.answers.pop(0) if outer.answers else answer
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

            def log_message(self, *args: Any) -> None:
                pass

        return Handler


@pytest.fixture
def tool_server(settings: Any) -> Iterator[ToolServer]:
    """A server for tools, allowed through the outbound door."""
    server = ToolServer()
    settings.OUTBOUND_ALLOW = [f"127.0.0.1:{server.port}"]
    yield server
    server.stop()


@pytest.fixture
def organization() -> Any:
    """An organization."""
    from voiceassist.organizations.models import Organization

    return Organization.objects.create(name="Juniper Cycles", slug="juniper-cycles")


@pytest.fixture
def assistant(organization: Any) -> Any:
    """An unpublished assistant of it."""
    from voiceassist.assistants.models import Assistant

    return Assistant.unscoped.create(
        organization=organization, name="Demo", slug="demo", instructions="Help."
    )
