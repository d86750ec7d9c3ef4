"""The root of the error tree.

VoiceAssistError
├── ToolError (tools_library.engine.errors): one class per cause
├── OutboundRefused (foundation.outbound)
├── ChatError (foundation.providers.chat): a step of the language model failed
└── CallError (calls.services.errors)
"""

from __future__ import annotations

from typing import ClassVar


class VoiceAssistError(Exception):
    """Something went wrong that a person or the model should hear about.

    Args:
        public_message: one sentence for the page or the model: what is wrong and how to mend it.
        code: stable machine word, from the contracts where one fits.
        retryable: whether the same attempt may succeed later.

    Attributes:
        http_status: of the API's answer; 0: 409, or 503 where the same attempt may succeed later.
        retry_after_s: how long to wait before it, where that is known.
    """

    code = "internal"
    retryable = False
    http_status: ClassVar[int] = 0
    retry_after_s: float | None = None

    def __init__(
        self, public_message: str, *, code: str | None = None, retryable: bool | None = None
    ) -> None:
        super().__init__(public_message)
        self.public_message = public_message
        if code is not None:
            self.code = code
        if retryable is not None:
            self.retryable = retryable


class InvalidInput(VoiceAssistError):
    """Input of a person or program that cannot be taken; names each field that must change.

    Args:
        errors: field path (dotted) → what is wrong and how to mend it.
    """

    code, http_status = "invalid", 400

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {text}" for field, text in errors.items()))
        self.errors = errors
