"""What tests of the outbound door share."""

import socket

import pytest

from tests.security.outbound.servers import RawServer


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
