"""Why a run waits or may not go on; imports the engine's error tree.

ToolError
├── NotConfirmed   denied: the caller has not said yes (yet)
└── NotReviewed    not_reviewed: nobody who may has approved this version
VoiceAssistError
├── AlreadyAnswered   answered, expired or over: one answer counts
└── NotNow            rate_limited: others have used up what the run may use
"""

from __future__ import annotations

from tools_library.engine.errors import ToolError
from voiceassist.foundation.errors import VoiceAssistError


class NotConfirmed(ToolError):
    """The run needs the caller's yes; the message tells the model how to get it."""

    code = "denied"


class NotReviewed(ToolError):
    """The version, as it is configured here, waits for a review or was rejected."""

    code = "not_reviewed"


class AlreadyAnswered(VoiceAssistError):
    """Somebody else was first, or nobody was in time."""

    code = "already_answered"


class NotNow(VoiceAssistError):
    """A yes that would go beyond a limit; the question stays open and the message says for what."""

    code = "rate_limited"
