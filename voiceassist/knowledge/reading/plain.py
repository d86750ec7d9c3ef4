"""Plain text: paragraphs between empty lines; imports the shapes."""

from __future__ import annotations

import re

from voiceassist.knowledge.reading.decoding import decode
from voiceassist.knowledge.reading.types import Outline, Reading


def read(data: bytes) -> Reading:
    """Return the paragraphs.

    Raises:
        Unreadable: too much text.
    """
    outline = Outline()
    for paragraph in re.split(r"\n[ \t]*\n", decode(data)):
        outline.add(paragraph)
    return Reading(outline.sections())
