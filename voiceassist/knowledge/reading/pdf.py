"""PDF: the text of each page; imports pypdf."""

from __future__ import annotations

import re
from io import BytesIO

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from voiceassist.knowledge.reading.decoding import clean
from voiceassist.knowledge.reading.types import PAGES_MAX, Outline, Reading, Unreadable

_DAMAGED = "It is no PDF, or a damaged one. Open it, save it again as PDF, and upload that."


def read(data: bytes) -> Reading:
    """Return a section for each page that holds text.

    Raises:
        Unreadable: damaged, locked, too long, or nothing but pictures.
    """
    try:
        return _read(data)
    except (PyPdfError, ArithmeticError, AttributeError, LookupError, OSError, TypeError,
            ValueError, AssertionError, NotImplementedError) as error:  # fmt: skip
        raise Unreadable(_DAMAGED) from error
    except RecursionError:
        raise Unreadable(_DAMAGED) from None


def _read(data: bytes) -> Reading:
    reader = PdfReader(BytesIO(data), strict=False)
    if reader.is_encrypted and not reader.decrypt(""):
        raise Unreadable("It is locked with a password. Save it without one and upload that.")
    if len(reader.pages) > PAGES_MAX:
        raise Unreadable(f"It has more than {PAGES_MAX:,} pages. Split it into several.")
    outline = Outline()
    for number, page in enumerate(reader.pages, 1):
        outline.heading(1, f"Page {number}")
        for paragraph in re.split(r"\n[ \t]*\n", clean(page.extract_text())):
            outline.add(_joined(paragraph))
    sections = outline.sections()
    if not sections:
        raise Unreadable(
            "It holds no text: perhaps its pages are pictures. Upload one whose text can be "
            "selected."
        )
    title = (reader.metadata.title if reader.metadata else "") or ""
    return Reading(sections, clean(str(title)).strip()[:200])


def _joined(paragraph: str) -> str:
    """Undo the breaks of lines and of words at their ends."""
    return " ".join(re.sub(r"(?<=[a-záéíóúñü])-\n(?=[a-záéíóúñü])", "", paragraph).split())
