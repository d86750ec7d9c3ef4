"""Why a step of the model failed, in words for a page and for whoever runs the server. Pure."""

from __future__ import annotations

from typing import Any

from voiceassist.foundation.errors import VoiceAssistError

_MOST_DETAIL = 500


class ChatError(VoiceAssistError):
    """A step of the model failed; `code` says how.

    `model_unavailable`: not reached, or its own trouble; `model_refused`: it does not take this
    request or this key; `model_rate_limited`; `model_timeout`; `model_bad_answer`: what came is
    no answer, or has no end.

    Args:
        detail: what the server said, for staff; may be empty.
        retry_after_s: how long the server asks to wait, where it does.
    """

    def __init__(
        self,
        public_message: str,
        *,
        code: str,
        retryable: bool = False,
        detail: str = "",
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(public_message, code=code, retryable=retryable)
        self.detail = detail[:_MOST_DETAIL]
        self.retry_after_s = retry_after_s


def unreachable(detail: str) -> ChatError:
    """Return the error of a server that gave no answer, or not all of it."""
    return ChatError(
        "The language model cannot be reached. Try again; if it stays so, check OPENAI_BASE_URL "
        "and the network.",
        code="model_unavailable",
        retryable=True,
        detail=detail,
    )


def timed_out(seconds: float) -> ChatError:
    """Return the error of an answer that was not whole in time."""
    return ChatError(
        f"The language model did not finish its answer within {seconds:g} seconds. Try again.",
        code="model_timeout",
        retryable=True,
    )


def bad_answer(reason: str, *, retryable: bool = False) -> ChatError:
    """Return the error of an answer that cannot be used; `reason` is a clause."""
    return ChatError(
        f"The language model's answer cannot be used: {reason}. Try again, or ask differently.",
        code="model_bad_answer",
        retryable=retryable,
        detail=reason,
    )


def unsendable() -> ChatError:
    """Return the error of a conversation with half a character in it."""
    return ChatError(
        "The conversation contains half of a character, which cannot be sent to the language "
        "model. Begin a new conversation without it.",
        code="model_refused",
    )


def of_status(status: int, said: Any, retry_after_s: float | None, model: str) -> ChatError:
    """Return the error of an HTTP answer other than 200.

    Args:
        said: the `error` object of the body, or whatever the body was.
    """
    code, message = _read(said)
    detail = f"HTTP {status} {code} {message}".strip()
    if status == 429 and code != "insufficient_quota":
        return ChatError(
            "The language model is answering too many requests. Try again in a moment.",
            code="model_rate_limited",
            retryable=True,
            detail=detail,
            retry_after_s=retry_after_s,
        )
    if status >= 500 or status in (408, 409):
        return ChatError(
            "The language model has trouble of its own. Try again in a moment.",
            code="model_unavailable",
            retryable=True,
            detail=detail,
            retry_after_s=retry_after_s,
        )
    return ChatError(_refusal(status, code, message, model), code="model_refused", detail=detail)


def of_event(said: Any, model: str) -> ChatError:
    """Return the error of an `error` object in the middle of a stream, which bears no status."""
    code, _ = _read(said)
    status = 429 if "rate_limit" in code else 500
    return of_status(status, said, None, model)


def _read(said: Any) -> tuple[str, str]:
    if isinstance(said, dict):
        inner = said.get("error")
        said = inner if isinstance(inner, dict) else said
        code = said.get("code") or said.get("type") or ""
        return str(code), str(said.get("message") or inner or "")
    return "", str(said or "")


def _refusal(status: int, code: str, message: str, model: str) -> str:
    if code == "insufficient_quota":
        return "The language model's account has no credit left. Add some with its provider."
    if status in (401, 403):
        return "The language model does not accept this server's key. Check OPENAI_API_KEY."
    if code == "model_not_found" or (status == 404 and "model" in message.lower()):
        return (
            f"There is no language model {model[:80]!r}, or this key may not use it. Choose "
            "another for the assistant, or in OPENAI_CHAT_MODEL."
        )
    if status in (404, 405) or 300 <= status < 400:
        return "No language model answers at this address. Check OPENAI_BASE_URL."
    return f"The language model refused the request: {message[:300] or f'HTTP {status}'}"
