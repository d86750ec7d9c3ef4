"""What a client of a conversation can do wrong.

ConversationError
├── NoSuchConversation · NoSuchCall
├── Busy: it is still answering
├── NotReady: the assistant cannot chat
├── OtherAnswer: the call has another result
├── Expired: the call's time is over
└── TooFast: too many messages within a minute
InvalidInput
└── ThreadTaken: there is a conversation of this name
"""

from __future__ import annotations

from voiceassist.foundation.errors import InvalidInput, VoiceAssistError

DELETED = "This conversation was deleted."


class ConversationError(VoiceAssistError):
    """Base of them all."""

    http_status = 400


class ThreadTaken(InvalidInput):
    """A conversation of the organization has this name, perhaps since a moment ago."""

    def __init__(self, thread_id: str) -> None:
        super().__init__(
            {"thread_id": f"There is a conversation {thread_id!r} already; choose another name."}
        )


class NoSuchConversation(ConversationError):
    """There is none, or it is somebody else's."""

    code, http_status = "not_found", 404


class NoSuchCall(ConversationError):
    """The conversation has no such tool call."""

    code, http_status = "unknown_call", 404


class Busy(ConversationError):
    """It is still answering."""

    code, http_status, retryable = "busy", 409, True


class NotReady(ConversationError):
    """The assistant cannot chat as it is."""

    code, http_status = "not_ready", 409


class OtherAnswer(ConversationError):
    """Somebody else's answer, or another one, was first."""

    code, http_status = "answered", 409


class Expired(ConversationError):
    """Nobody answered in time."""

    code, http_status = "expired", 410


class TooFast(ConversationError):
    """Too many messages within a minute; `retry_after_s` says when to go on."""

    code, http_status, retryable = "too_many_requests", 429, True

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
