"""A server of pages for documents that are fetched."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class Pages:
    """What the server answers: path → (status, headers, body); notes what was asked."""

    def __init__(self):
        self.answers, self.asked, self.port = {}, [], 0

    def url(self, path):
        """Return the address of a page."""
        return f"http://127.0.0.1:{self.port}{path}"


@pytest.fixture
def pages(settings):
    """Pages on a free port that the outbound door lets through."""
    kept = Pages()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            kept.asked.append(self.path)
            status, headers, body = kept.answers.get(self.path, (404, {}, b""))
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept.port = server.server_port
    settings.OUTBOUND_ALLOW = [f"127.0.0.1:{kept.port}"]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield kept
    server.shutdown()
    thread.join()
    server.server_close()
