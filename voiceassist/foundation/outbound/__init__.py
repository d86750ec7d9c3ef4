"""The one guarded door to the network: everything that staff or tools can aim goes through it.

`request` sends one HTTP request to a checked address; `check_url` judges an address before it is
stored. What they refuse they refuse with a sentence that says why. Imports ssrfguard and urllib3;
Django only for the setting `OUTBOUND_ALLOW`.
"""

from voiceassist.foundation.outbound.door import (
    Door,
    OutboundResponse,
    check_url,
    default_door,
    request,
    resolve,
)
from voiceassist.foundation.outbound.errors import (
    OutboundError,
    OutboundFailed,
    OutboundInvalid,
    OutboundRefused,
    OutboundTimeout,
    OutboundTooLarge,
)

__all__ = [
    "Door",
    "OutboundError",
    "OutboundFailed",
    "OutboundInvalid",
    "OutboundRefused",
    "OutboundResponse",
    "OutboundTimeout",
    "OutboundTooLarge",
    "check_url",
    "default_door",
    "request",
    "resolve",
]
