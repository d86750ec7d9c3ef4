"""HTML: the text that a person would read, by headings; no script runs. Imports `html.parser`."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from voiceassist.knowledge.reading.decoding import clean, decode
from voiceassist.knowledge.reading.types import Outline, Reading

_CHARSET = re.compile(rb"<meta[^>]{0,200}charset=[\"']?([\w-]{1,40})", re.IGNORECASE)
_NEVER = frozenset({
    "script", "style", "noscript", "template", "svg", "iframe", "object", "select", "button",
})  # fmt: skip
_AROUND = frozenset({"nav", "footer", "aside"})
_BLOCKS = frozenset({
    "p", "div", "section", "article", "main", "header", "ul", "ol", "dl", "dt", "dd", "table",
    "tr", "blockquote", "pre", "figure", "figcaption", "address", "form", "fieldset", "details",
    "summary", "hr", "body", "nav", "footer", "aside",
})  # fmt: skip
_HEADING = re.compile(r"h([1-6])")


def read(data: bytes) -> Reading:
    """Return sections by headings, without menus and footers where anything is left then.

    Raises:
        Unreadable: too much text.
    """
    named = _CHARSET.search(data[:4_000])
    text = decode(data, named.group(1).decode("ascii") if named else "")
    return _parsed(text, _NEVER | _AROUND) or _parsed(text, _NEVER) or Reading(())


def _parsed(text: str, left_out: frozenset[str]) -> Reading | None:
    parser = _Page(left_out)
    parser.feed(text)
    parser.close()
    parser.end_block()
    sections = parser.outline.sections()
    return Reading(sections, " ".join(parser.title.split())[:200]) if sections else None


class _Page(HTMLParser):
    def __init__(self, left_out: frozenset[str]) -> None:
        super().__init__(convert_charrefs=True)
        self.outline, self.title = Outline(), ""
        self._left_out, self._outside = left_out, ""
        self._depth = self._level = 0
        self._in_title = False
        self._words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._outside:
            self._depth += tag == self._outside
        elif tag in self._left_out:
            self._outside, self._depth = tag, 1
        elif tag == "title":
            self._in_title = True
        elif heading := _HEADING.fullmatch(tag):
            self.end_block()
            self._level = int(heading.group(1))
        elif tag in _BLOCKS:
            self.end_block()
        elif tag == "li":
            self._words.append("\n- ")
        elif tag == "br":
            self._words.append("\n")
        elif tag in {"td", "th"} and "".join(self._words).strip():
            self._words.append(" | ")

    def handle_endtag(self, tag: str) -> None:
        if self._outside:
            self._depth -= tag == self._outside
            self._outside = self._outside if self._depth else ""
        elif tag == "title":
            self._in_title = False
        elif tag in _BLOCKS or _HEADING.fullmatch(tag):
            self.end_block()

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title = f"{self.title} {data}"[:1_000]
        elif not self._outside:
            self._words.append(data)

    def end_block(self) -> None:
        """Hand over the words since the last block: a heading's, or a paragraph's."""
        lines = "".join(self._words).split("\n")
        words = clean("\n".join(filter(None, (" ".join(line.split()) for line in lines))))
        self._words = []
        if self._level:
            self.outline.heading(self._level, words)
            self._level = 0
        else:
            self.outline.add(words)
