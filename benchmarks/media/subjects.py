"""What stands between callers and model: the baselines and the product, each a process."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks import processes
from tests.services.ports import free_port
from tests.services.product import manage, start_product
from tests.services.running import start_services

ACCOUNT_SID = "AC" + "1" * 32
AUTH_TOKEN = "token-of-the-benchmark"
NUMBER = "+12025550100"


@dataclass(frozen=True)
class Subject:
    """A bridge under load: where callers ring, whose CPU counts, whether calls are signed."""

    name: str
    url: str
    pid: int
    signed: bool = False


@contextmanager
def fake_model(module: str = "benchmarks.media.model", *arguments: str) -> Iterator[str]:
    """Run a fake model; gives the base of its API, such as `http://127.0.0.1:5000/v1`."""
    port = free_port()
    child = processes.start(module, str(port), *arguments)
    try:
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        child.stop()


@contextmanager
def baseline(name: str, model: str) -> Iterator[Subject]:
    """Run `relay` or `naive` in front of the model."""
    port = free_port()
    socket = model.replace("http://", "ws://") + "/realtime?model=bench"
    child = processes.start(f"benchmarks.media.{name}", str(port), socket)
    try:
        yield Subject(name, f"ws://127.0.0.1:{port}/media", child.pid)
    finally:
        child.stop()


@contextmanager
def product_environment(model: str, **seeding: str) -> Iterator[dict[str, str]]:
    """Run PostgreSQL and Redis with the demo's data; gives the product's environment.

    `seeding` is in the environment only while the demo's data is made.
    """
    services = start_services("postgres", "redis")
    env = {
        **services.env,
        "DEBUG": "0",
        "DEMO": "0",
        "SECRET_KEY": "only-for-this-benchmark-" + "0123456789" * 4,
        "CREDENTIALS_KEYS": "AAAA" * 10 + "AAA=",
        "PUBLIC_URL": "http://127.0.0.1:1",
        "OPENAI_API_KEY": "bench",
        "OPENAI_BASE_URL": model,
        "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
        "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        # Nothing answers here: no figure may depend on a REST call.
        "TWILIO_API_BASE_URL": "http://127.0.0.1:9",
    }
    try:
        manage("seed_demo", "--migrate", env={**env, "DEMO": "1", **seeding})
        env.pop("PUBLIC_URL")
        yield env
    finally:
        services.stop()


@contextmanager
def product(env: dict[str, str]) -> Iterator[Subject]:
    """Run the real server."""
    running = start_product(env)
    try:
        yield Subject("product", running.url, running.process.pid, signed=True)
    finally:
        running.stop()
