"""What tests of the outbound door share."""

import socket

import certifi
import pytest

from tests.security.outbound.servers import RawServer, certificate


@pytest.fixture(scope="session")
def one_certificate(tmp_path_factory):
    """A file with the certificate of nobody that the tests ask."""
    return certificate(tmp_path_factory.mktemp("trusted"), "nobody.example")[1]


@pytest.fixture(autouse=True)
def few_are_trusted(monkeypatch, one_certificate):
    """Each test makes doors of its own, and each door reads all certificates that it trusts."""
    monkeypatch.setattr(certifi, "where", lambda: one_certificate)


@pytest.fixture
def serve():
    """Start raw servers; they end with the test."""
    started = []

    def start(handle, context=None):
        started.append(RawServer(handle, context))
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def dialled(monkeypatch):
    """Every address that any socket of the process is connected to from now on."""
    seen = []
    connect = socket.socket.connect

    def spy(self, address):
        seen.append(address)
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", spy)
    return seen
