"""Why a tool call fails; imports only the root of the error tree.

VoiceAssistError
└── ToolError                     internal: something broke on our side
    ├── ToolConfigurationError    internal: the stored tool cannot run as it is
    ├── ToolArgumentsError        invalid_arguments: the model can call again with better ones
    ├── ToolNotAllowed            not_allowed: disabled, archived or not for this context
    ├── ToolRefused               refused: our own guard said no, such as the outbound door
    ├── ToolTimeout               timeout: the deadline passed
    ├── ToolTransportError        connection_failed: nobody could be reached
    │   └── ToolAnswerLost        connection_failed: reached, but the answer was lost
    ├── ToolResponseError         bad_status / bad_response: the answer cannot be used
    ├── ToolCodeRejected          code_rejected: the tool's own code may not run as it is
    ├── ToolCodeError             code_error: the tool's own code raised
    ├── ToolKilled                killed: the tool's own code was stopped by a limit
    └── ToolSandboxUnavailable    sandbox_unavailable: code cannot be held in here
"""

from __future__ import annotations

from typing import Any

from voiceassist.foundation.errors import VoiceAssistError


class ToolError(VoiceAssistError):
    """A tool call failed; the public message is what the model and the page see.

    Args:
        public_message: one sentence: what is wrong and how to mend it.
        detail: more for staff, never secrets.
        trace: request and answer as far as they got, masked.
        retry_after: seconds that the other side asks to be left alone.

    Attributes:
        nothing_sent: the tool's own request had not gone out yet, so nothing can have happened.
    """

    nothing_sent = False

    def __init__(
        self,
        public_message: str,
        *,
        code: str | None = None,
        retryable: bool | None = None,
        detail: str = "",
        trace: dict[str, Any] | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(public_message, code=code, retryable=retryable)
        self.detail = detail
        self.trace = trace
        self.retry_after = retry_after


class ToolConfigurationError(ToolError):
    """The stored tool cannot run as it is configured."""


class ToolArgumentsError(ToolError):
    """The arguments do not fit; the message tells the model what to change."""

    code = "invalid_arguments"


class ToolNotAllowed(ToolError):
    """The tool exists but may not run here."""

    code = "not_allowed"


class ToolRefused(ToolError):
    """A guard of ours refused what the tool wanted to do."""

    code = "refused"


class ToolTimeout(ToolError):
    """The deadline passed before the tool answered."""

    code = "timeout"


class ToolTransportError(ToolError):
    """The other side could not be reached."""

    code = "connection_failed"
    retryable = True


class ToolAnswerLost(ToolTransportError):
    """The other side may have had the request, but no whole answer came: it may have acted."""


class ToolResponseError(ToolError):
    """The other side answered, but not with something usable."""

    code = "bad_response"


class ToolCodeRejected(ToolError):
    """The tool's code does not compile, or asks for what tools may not have."""

    code = "code_rejected"


class ToolCodeError(ToolError):
    """The tool's code raised."""

    code = "code_error"


class ToolKilled(ToolError):
    """The tool's code ran into a limit that ends its process."""

    code = "killed"


class ToolSandboxUnavailable(ToolError):
    """This server cannot hold code in, so it runs none."""

    code = "sandbox_unavailable"
