"""Refusals of client events, in the words and shape of the real service."""

from typing import Any


class EventRefused(Exception):
    """A client event was wrong; the session stays open.

    `code`, `message` and `param` go out in an `error` event.
    """

    def __init__(self, code: str, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.param = param

    def as_error(self, event_id: str | None) -> dict[str, Any]:
        """The `error` object of the event; `event_id` is the client event's."""
        return {
            "type": "invalid_request_error",
            "code": self.code,
            "message": self.message,
            "param": self.param,
            "event_id": event_id,
        }
