"""What AWS says instead of an answer, as errors that model and staff understand."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tools_library.engine.errors import ToolArgumentsError, ToolError, ToolResponseError

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

_THROTTLED = frozenset({
    "TooManyRequestsException", "ThrottlingException", "Throttling", "EC2ThrottledException",
    "RequestLimitExceeded", "ServiceQuotaExceededException",
})  # fmt: skip
_BAD_KEYS = frozenset({
    "InvalidSignatureException", "SignatureDoesNotMatch", "UnrecognizedClientException",
    "InvalidClientTokenId", "IncompleteSignature", "IncompleteSignatureException",
    "MissingAuthenticationToken", "MissingAuthenticationTokenException", "ExpiredToken",
    "ExpiredTokenException", "AuthFailure", "InvalidAccessKeyId",
})  # fmt: skip
_NOT_ALLOWED = frozenset({"AccessDeniedException", "AccessDenied", "UnauthorizedOperation"})
_TOO_LARGE = frozenset({"RequestTooLargeException", "RequestEntityTooLargeException",
                        "SerializedRequestEntityTooLargeException"})  # fmt: skip
_SHOWN = 300

Mask = Callable[[str], str]


def refused(error: ClientError, what: str, mask: Mask) -> ToolError:
    """Return the tool's error for AWS's own; `what` names the function or the role.

    Busy and broken services are worth another attempt; everything else needs staff.

    Args:
        mask: hides secrets, before anything is cut.
    """
    said: Any = error.response.get("Error") or {}
    code = str(said.get("Code", ""))
    metadata: Any = error.response.get("ResponseMetadata") or {}
    status = metadata.get("HTTPStatusCode", 0)
    detail = mask(f"AWS answered {status} {code}: {said.get('Message', '')}")[:1_000]
    if code in _THROTTLED or status == 429:
        return _error("AWS Lambda is busy; try again in a moment.", detail, retryable=True)
    if status >= 500:
        return _error("AWS Lambda has a fault of its own.", detail, retryable=True)
    if code in _TOO_LARGE or status == 413:
        return ToolArgumentsError("The arguments are too large for the function.", detail=detail)
    return _error(_sentence(code, status, what), detail)


def function_failed(payload: str) -> ToolError:
    """Return the error of a function that raised, ran out of time or crashed.

    Args:
        payload: what it answered, secrets masked: only its beginning is told.
    """
    told: Any
    try:
        told = json.loads(payload)
    except (ValueError, RecursionError):
        told = None
    told = told if isinstance(told, dict) else {}
    stack = told.get("stackTrace")
    kind = str(told.get("errorType") or "")[:100]
    message = str(told.get("errorMessage") or "").strip()
    if not message:
        message = payload[:200] if not told else kind or "no message"
    sentence = f"The function failed: {message[:_SHOWN]}"
    lines = "".join(map(str, stack[-5:]))[:1_000] if isinstance(stack, list) else ""
    detail = ": ".join(part for part in (kind, message[:1_000]) if part)
    return _error(
        sentence if sentence.endswith((".", "!", "?")) else f"{sentence}.",
        f"{detail}\n{lines}" if lines else detail,
    )


def unreadable(error: Exception, mask: Mask) -> ToolError:
    """Return the error for an answer that is not in AWS's protocol."""
    return ToolResponseError(
        "AWS Lambda answered with something unreadable.",
        detail=mask(f"{type(error).__name__}: {error}")[:500],
    )


def _sentence(code: str, status: int, what: str) -> str:
    if code == "ResourceNotFoundException":
        return f"AWS does not know {what}; staff must mend its name or region."
    if code in _BAD_KEYS:
        return "AWS does not accept the tool's keys; staff must mend them."
    if code in _NOT_ALLOWED or status == 403:
        return f"The tool's keys may not use {what}; staff must allow it in AWS."
    return f"AWS Lambda refused to run {what}; staff must look into it."


def _error(message: str, detail: str, *, retryable: bool = False) -> ToolError:
    return ToolError(message, code="lambda_error", detail=detail, retryable=retryable)
