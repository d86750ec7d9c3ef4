"""A neighbour in the same process as the calls: requests whose queries hang for a second each."""

import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg

from tests.services.product import manage

SLUG = "juniper-cycles"  # the demo's organization
QUERY_SECONDS = 1.0


@contextmanager
def slow_queries(env: dict[str, str], url: str) -> Iterator[list[float]]:
    """Keep a request waiting in the database; gives the seconds that each took, for the proof."""
    key = manage("create_api_key", "--organization", SLUG, env={**env, "DEMO": "1"}).strip()
    taken: list[float] = []
    over = threading.Event()
    workers = [
        threading.Thread(target=_hold, args=(env["DATABASE_URL"], over)),
        threading.Thread(target=_ask, args=(f"{url}/api/calls", key, over, taken)),
    ]
    for worker in workers:
        worker.start()
    try:
        yield taken
    finally:
        over.set()
        for worker in workers:
            worker.join()


def _hold(database: str, over: threading.Event) -> None:
    """Lock what every API request reads, for a second at a time."""
    with psycopg.connect(database, autocommit=True) as connection:
        while not over.is_set():
            with connection.transaction():
                connection.execute("LOCK TABLE organizations_apikey IN ACCESS EXCLUSIVE MODE")
                over.wait(QUERY_SECONDS)
            over.wait(0.01)


def _ask(address: str, key: str, over: threading.Event, taken: list[float]) -> None:
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {key}"})
    while not over.is_set():
        began = time.monotonic()
        with suppress(OSError), urllib.request.urlopen(request, timeout=10) as answer:
            answer.read()
            taken.append(time.monotonic() - began)
