"""Why a request did not go out or did not come back.

OutboundError
├── OutboundRefused     the address may not be called
├── OutboundInvalid     a header or method cannot be sent
├── OutboundTimeout     the deadline passed
├── OutboundFailed      the name is unknown, nobody answered, or the connection broke
└── OutboundTooLarge    the answer is over its cap
"""

from voiceassist.foundation.errors import VoiceAssistError


class OutboundError(VoiceAssistError):
    """A request through the outbound door failed.

    Attributes:
        sent: whether the other side may have had the request, or one before a redirect.
    """

    sent = False


class OutboundRefused(OutboundError):
    """The address may not be called from this server."""

    code = "refused"


class OutboundInvalid(OutboundError):
    """The request holds something that HTTP cannot carry."""

    code = "invalid_arguments"


class OutboundTimeout(OutboundError):
    """The deadline passed during look-up, connection, sending or reading."""

    code = "timeout"


class OutboundFailed(OutboundError):
    """The other side could not be reached, or went away."""

    code = "connection_failed"
    retryable = True


class OutboundBroken(OutboundFailed):
    """The other side went away, or fell silent in the middle, after it may have had the request.

    Attributes:
        stale: it went without a word, on a connection kept from an earlier request: most likely
            it closed that one at the same moment.
    """

    sent = True
    stale = False


class OutboundTooLarge(OutboundError):
    """The answer is larger than may be read."""

    code = "bad_response"
