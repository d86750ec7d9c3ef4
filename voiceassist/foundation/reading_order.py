"""Text of others as it is shown to who decides by it; imports the standard library only.

`inReadingOrder` of static/js/elements/dom.js does the same in the browser.
"""

from __future__ import annotations

import re

_TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def in_reading_order(text: str) -> str:
    """Return text in which characters that turn the order of others round are written as JSON does.

    Somebody who approves arguments must not read them in another order than the tool does. People's
    own words are shown as they are, and set apart (`dir="auto"`, `<bdi>`).
    """
    return _TURNING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
