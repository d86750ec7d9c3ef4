"""Health, liveness and metrics as ASGI callables: what they answer, and how long they take."""

import asyncio
import json
import threading
import time
from typing import Any

import pytest
from django.test import override_settings

from voiceassist.foundation.health import HealthBoard, board, health
from voiceassist.foundation.metrics import metrics
from voiceassist.foundation.probes import live


async def ask(
    app: Any, method: str = "GET", headers: dict[str, str] | None = None, client: str = "192.0.2.7"
) -> tuple[int, bytes, dict[str, str]]:
    """Send one request to an ASGI callable; return status, body and headers."""
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    named = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
    scope = {"type": "http", "method": method, "headers": named, "client": (client, 4000)}
    await app(scope, receive, send)
    answered = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], sent[1]["body"], answered


async def test_live_answers_without_any_dependency() -> None:
    status, body, headers = await ask(live)
    assert (status, json.loads(body)) == (200, {"status": "alive"})
    assert headers["cache-control"] == "no-store"


async def test_only_reading_is_answered() -> None:
    for app in (live, health, metrics):
        assert (await ask(app, "POST"))[0] == 405
    assert (await ask(live, "HEAD"))[:2] == (200, b"")


@pytest.mark.embedded
@pytest.mark.django_db(transaction=True)
async def test_health_names_the_dependencies_of_this_deployment() -> None:
    status, body, _ = await ask(health)
    report = json.loads(body)
    assert status == 200
    assert report["status"] == "healthy"
    assert "database" in report["checks"]
    for check in report["checks"].values():
        assert check["status"] == "healthy"
        assert check["latency_ms"] >= 0


async def test_a_required_dependency_that_is_down_makes_503_and_tells_no_details(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken() -> None:
        raise RuntimeError("password=hush-hush")

    monkeypatch.setattr(board, "checks", {})
    board.register("database", broken)
    board.register("cache", lambda: None)
    status, body, _ = await ask(health)
    report = json.loads(body)
    assert status == 503
    assert report["status"] == "unhealthy"
    assert report["checks"]["database"]["status"] == "unhealthy"
    assert report["checks"]["cache"]["status"] == "healthy"
    assert b"hush" not in body


async def test_what_is_not_required_shows_but_does_not_fail() -> None:
    own = HealthBoard()

    def broken() -> None:
        raise OSError

    own.register("mail", broken, required=False)
    healthy, body = await own.report()
    assert healthy
    assert body["checks"]["mail"]["status"] == "unhealthy"


async def test_a_hanging_dependency_is_bounded_and_asked_once() -> None:
    own, released, asked = HealthBoard(timeout_seconds=0.1), threading.Event(), []

    def hangs() -> None:
        asked.append(1)
        released.wait(10)

    own.register("database", hangs)
    began = time.monotonic()
    reports = await asyncio.gather(*(own.report() for _ in range(20)))
    assert time.monotonic() - began < 8
    assert not any(healthy for healthy, _ in reports)
    assert len(asked) == 1
    released.set()


@pytest.mark.parametrize(
    ("headers", "client", "status"),
    [
        ({}, "192.0.2.7", 401),
        ({"Authorization": "Bearer wrong"}, "192.0.2.7", 401),
        ({"Authorization": "Bearer right"}, "192.0.2.7", 200),
        ({}, "10.1.2.3", 200),
        ({}, "not an address", 401),
    ],
)
async def test_metrics_are_for_token_or_allow_list(
    headers: dict[str, str], client: str, status: int
) -> None:
    with override_settings(DEBUG=False, METRICS_TOKEN="right", METRICS_ALLOW=["10.0.0.0/8"]):
        answered, body, types = await ask(metrics, headers=headers, client=client)
    assert answered == status
    if status == 200:
        assert types["content-type"].startswith("text/plain")
        assert b"# HELP" in body


async def test_an_empty_token_opens_nothing() -> None:
    with override_settings(DEBUG=False, METRICS_TOKEN="", METRICS_ALLOW=[]):
        assert (await ask(metrics, headers={"Authorization": "Bearer "}))[0] == 401


async def test_metrics_are_open_in_development() -> None:
    with override_settings(DEBUG=True, METRICS_TOKEN="", METRICS_ALLOW=[]):
        assert (await ask(metrics))[0] == 200
