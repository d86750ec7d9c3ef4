"""The one guarded door to the network: everything that staff or tools can aim goes through it.

`request` sends one HTTP request to a checked address; `check_url` judges an address, and
`check_spelling` as much of it as needs no look-up; `check_header` judges a header;
`connect_checked` finds the addresses that a client of another protocol may dial. What they refuse
they refuse with a sentence that says why.
Imports ssrfguard and urllib3; Django only for the setting `OUTBOUND_ALLOW`.
"""

from voiceassist.foundation.outbound.door import MAX_BYTES, Door, OutboundResponse
from voiceassist.foundation.outbound.errors import (
    OutboundBroken,
    OutboundError,
    OutboundFailed,
    OutboundInvalid,
    OutboundRefused,
    OutboundTimeout,
    OutboundTooLarge,
)
from voiceassist.foundation.outbound.headers import check_header
from voiceassist.foundation.outbound.redirects import MAX_REDIRECTS
from voiceassist.foundation.outbound.rules import Rules, read_rule
from voiceassist.foundation.outbound.usual import (
    check_spelling,
    check_url,
    connect_checked,
    default_door,
    request,
)
from voiceassist.foundation.sharing import on_behalf_of

__all__ = [
    "MAX_BYTES",
    "MAX_REDIRECTS",
    "Door",
    "OutboundBroken",
    "OutboundError",
    "OutboundFailed",
    "OutboundInvalid",
    "OutboundRefused",
    "OutboundResponse",
    "OutboundTimeout",
    "OutboundTooLarge",
    "Rules",
    "check_header",
    "check_spelling",
    "check_url",
    "connect_checked",
    "default_door",
    "on_behalf_of",
    "read_rule",
    "request",
]
