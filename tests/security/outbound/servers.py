"""Raw servers for tests of the outbound door: every byte is the test's."""

import contextlib
import datetime
import socket
import ssl
import threading
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


class RawServer:
    """Listens on a free port of 127.0.0.1; each connection runs `handle(server, connection)`."""

    def __init__(self, handle, context: ssl.SSLContext | None = None) -> None:
        self.handle, self.context = handle, context
        self.requests: list[bytes] = []
        self.connections = 0
        self._open = 0
        self._closed = threading.Condition()
        self.ended = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def read_request(self, connection) -> bytes:
        """Read one request's head and body; empty where the client has gone."""
        data = b""
        while b"\r\n\r\n" not in data:
            more = connection.recv(65_536)
            if not more:
                return b""
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        while len(body) < length:
            more = connection.recv(65_536)
            if not more:
                return b""
            body += more
        self.requests.append(head + b"\r\n\r\n" + body)
        return self.requests[-1]

    def open_within(self, count: int, seconds: float) -> bool:
        """Wait until at most `count` connections are still served; False where more stay."""
        with self._closed:
            return self._closed.wait_for(lambda: self._open <= count, seconds)

    def stop(self) -> None:
        """Let go of waiting handlers and take no more connections."""
        self.ended.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # closing alone leaves `accept` waiting
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with self._closed:
                self._open += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection) -> None:
        with contextlib.suppress(OSError), connection:
            if self.context is None:
                self.handle(self, connection)
            else:
                with self.context.wrap_socket(connection, server_side=True) as secured:
                    self.handle(self, secured)
        with self._closed:
            self._open -= 1
            self._closed.notify_all()


def answering(answer: bytes):
    """Return a handler that gives every request of a connection the same answer."""

    def handle(server, connection):
        while server.read_request(connection):
            connection.sendall(answer)

    return handle


def routed(**answers: bytes):
    """Return a handler that answers by the path's first part; `other` answers the rest."""

    def handle(server, connection):
        while request := server.read_request(connection):
            path = request.split(b" ", 2)[1].decode().strip("/").partition("/")[0]
            connection.sendall(answers.get(path.partition("?")[0], answers.get("other", b"")))

    return handle


def redirect(location: str | bytes, status: int = 302) -> bytes:
    """Return an answer that points elsewhere."""
    where = location if isinstance(location, bytes) else location.encode()
    return b"HTTP/1.1 %d Moved\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % (status, where)


def dripping(head: bytes, drop: bytes):
    """Return a handler that sends `head`, then `drop` again and again, 20 ms apart."""

    def handle(server, connection):
        server.read_request(connection)
        connection.sendall(head)
        while not server.ended.wait(0.02):
            connection.sendall(drop)

    return handle


def ok(body: bytes, *headers: bytes) -> bytes:
    """Return an answer with status 200."""
    lines = [b"HTTP/1.1 200 OK", b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, str]:
    """Return a server's TLS context for `name`, and the file that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    cert_file, key_file = folder / "cert.pem", folder / "key.pem"
    cert_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert_file, key_file)
    return context, str(cert_file)
