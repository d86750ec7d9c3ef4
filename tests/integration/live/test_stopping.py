"""The server's exit code: who is told to stop and does has not failed."""

import signal
from pathlib import Path

import pytest
import uvicorn

from calls.live import live_calls
from config.server import DrainingServer
from tests.services.ports import free_port
from tests.services.product import start_product


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_without_calls_ends_with_success(tmp_path: Path, number: signal.Signals) -> None:
    env = {
        "DEMO": "1",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'empty.sqlite3'}",
        "STAND_INS_PORT": str(free_port()),
    }
    running = start_product(env)
    try:
        running.process.send_signal(number)
        assert running.process.wait(120) == 0
    finally:
        running.stop()


@pytest.fixture
def server() -> DrainingServer:
    """A server that does not serve."""
    return DrainingServer(uvicorn.Config("config.asgi:application"), "")


def test_a_second_signal_while_calls_end_stops_with_success(
    server: DrainingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_calls, "draining", True)
    server.handle_exit(signal.SIGTERM, None)
    assert server.should_exit
    assert not server.force_exit
    assert server._captured_signals == []


def test_ctrl_c_again_waits_for_nothing(
    server: DrainingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_calls, "draining", True)
    server.handle_exit(signal.SIGINT, None)
    server.handle_exit(signal.SIGINT, None)
    assert server.force_exit
