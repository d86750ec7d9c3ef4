"""The requests that the chat model got, bounded, for tests and measurements. Pure."""

import time
from collections import deque
from dataclasses import asdict, dataclass, field
from typing import Any

MAX_REQUESTS = 10_000


@dataclass
class RequestLog:
    """One request. `at` is `time.monotonic()` in seconds, one clock per machine.

    `outcome`: `open`, then `completed`, `refused`, `cut` (by a fault) or `client_gone`.
    `body` is the request itself, as far as it could be read.
    """

    at: float
    key: str = ""
    model: str = ""
    user: str = ""
    messages: int = 0
    last_role: str = ""
    tools: list[str] = field(default_factory=list)
    fault: str = ""
    status: int = 0
    outcome: str = "open"
    finish_reason: str = ""
    calls: list[str] = field(default_factory=list)
    body: Any = None

    def as_json(self, *, whole: bool) -> dict[str, Any]:
        """A JSON-able dictionary, with the body where the `whole` is wanted."""
        found = asdict(self)
        if not whole:
            del found["body"]
        return found


class ChatJournal:
    """The last requests, oldest first."""

    def __init__(self) -> None:
        self.requests: deque[RequestLog] = deque(maxlen=MAX_REQUESTS)

    def open(self, key: str, body: Any) -> RequestLog:
        """Notes a request."""
        log = RequestLog(at=time.monotonic(), key=key, body=body)
        if isinstance(body, dict):
            log.model, log.user = str(body.get("model")), str(body.get("user") or "")
            messages = body.get("messages")
            if isinstance(messages, list) and messages:
                last = messages[-1]
                log.messages = len(messages)
                log.last_role = str(last.get("role")) if isinstance(last, dict) else ""
        self.requests.append(log)
        return log

    def of(self, key_prefix: str = "", user: str = "") -> list[RequestLog]:
        """The requests whose key begins so, of one user where that is given."""
        return [
            log
            for log in self.requests
            if log.key.startswith(key_prefix) and user in ("", log.user)
        ]

    def attempts(self, key: str) -> int:
        """How many requests bore this key."""
        return sum(log.key == key for log in self.requests) if key else 0
