"""What can go wrong with a call.

CallError
├── NoSuchNumber: nobody answers the number that was rung
├── TicketRefused: a media socket that may not open
├── PhoneLineFailed: the phone company refused or could not be reached
└── ServerStopping: this server takes no more calls
"""

from voiceassist.foundation.errors import VoiceAssistError


class CallError(VoiceAssistError):
    """A call cannot go on as asked."""

    code = "call_failed"


class NoSuchNumber(CallError):
    """Nobody answers this number."""

    code = "unknown_number"


class TicketRefused(CallError):
    """This media socket may not be opened."""

    code = "ticket_refused"


class PhoneLineFailed(CallError):
    """The phone company refused the call, or could not be reached."""

    code = "phone_line_failed"


class ServerStopping(CallError):
    """This server is about to stop and takes no more calls; another one does."""

    code = "server_stopping"
    retryable = True
