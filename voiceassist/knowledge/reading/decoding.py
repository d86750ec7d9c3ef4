"""From bytes to text, whatever wrote them; imports the standard library."""

from __future__ import annotations

import codecs
import re

_UNSTORABLE = re.compile("[\0-\x08\x0b\x0e-\x1f\ud800-\udfff]")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")
)  # fmt: skip


def decode(data: bytes, charset: str = "") -> str:
    """Return the text: as its byte order mark or `charset` says, else UTF-8, else Windows-1252."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return clean(data.decode(name, "replace"))
    for name in filter(None, (charset, "utf-8")):
        try:
            return clean(data.decode(name))
        except (LookupError, ValueError):
            continue
    return clean(data.decode("cp1252", "replace"))


def clean(text: str) -> str:
    """Return text that can be stored, with line ends as `\\n`."""
    return _UNSTORABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n"))
