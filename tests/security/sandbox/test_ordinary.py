"""What builders write works, in the real sandbox and with the right answer."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.security.sandbox.ordinary import ORDINARY
from tests.security.sandbox.snippets import IMPORTS, Snippet
from tools_library.sandbox.client import Sandbox
from tools_library.sandbox.types import Job


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    made = Sandbox(concurrency=2)
    yield made
    made.close()


def shop(request: dict[str, Any]) -> dict[str, Any]:
    """Answer for the services that the snippets call."""
    url = request["url"]
    if "down." in url:
        return {"error": "connection", "message": "The service could not be reached."}
    found = url == "https://shop.example.com/products?q=shoes&page=1"
    found = found and request["headers"].get("X-Api-Key") == "k-1" and request["timeout"] == 5
    body = json.dumps({"items": ["red shoes", "blue shoes"]}).encode()
    return {
        "status": 200 if found else 404,
        "reason": "OK" if found else "Not Found",
        "url": url,
        "headers": {"Content-Type": "application/json"},
        "body": base64.b64encode(body).decode(),
        "elapsed_ms": 3,
    }


def test_there_are_enough() -> None:
    assert len(ORDINARY) >= 40
    assert len({snippet.name for snippet in ORDINARY}) == len(ORDINARY)


@pytest.mark.parametrize("snippet", ORDINARY, ids=lambda snippet: snippet.name)
def test_ordinary_code_works(box: Sandbox, snippet: Snippet) -> None:
    assert box.validate(snippet.code, IMPORTS) == ()
    job = Job(snippet.code, snippet.parameters, snippet.context, IMPORTS, timeout_s=60)
    finished = box.run(job, http=shop, deadline_s=120)
    assert (finished.outcome, finished.error_message) == ("success", "")
    assert finished.result == snippet.expected
    assert finished.stdout == snippet.printed


def test_the_specifications_example_validates_with_its_own_imports(box: Sandbox) -> None:
    assert box.validate(ORDINARY[0].code, ["datetime", "json", "requests", "math"]) == ()
