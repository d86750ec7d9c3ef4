"""Markdown: headings, paragraphs, lists; marks are taken off. Imports the shapes."""

from __future__ import annotations

import re

from voiceassist.knowledge.reading.decoding import decode
from voiceassist.knowledge.reading.types import Outline, Reading

_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.*)")
_UNDERLINE = re.compile(r" {0,3}(=+|-{2,})[ \t]*")
_FENCE = re.compile(r" {0,3}(```|~~~)")
_RULE = re.compile(r" {0,3}([-*_])[ \t]*(?:\1[ \t]*){2,}")
_QUOTE = re.compile(r"^ {0,3}>[ \t]?")
_LINK = re.compile(r"!?\[([^\[\]]{0,500})\]\([^()\s]{0,2000}(?:[ \t]+\"[^\"]{0,500}\")?\)")
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,500}>|<!--[^>]{0,2000}-->")
_STRONG = re.compile(r"(\*\*|__|~~)(?=\S)([^\n]{1,500}?)(?<=\S)\1")
_SOFT = re.compile(r"(?<![\w*])([*_])(?=[^\s*_])([^\n*_]{1,500})(?<=\S)\1(?![\w*])")
_FRONT = re.compile(r"---[ \t]*\n(.{0,4000}?)\n---[ \t]*\n", re.DOTALL)
_TITLE = re.compile(r"^title:[ \t]*[\"']?([^\n\"']{1,200})", re.MULTILINE)


def read(data: bytes) -> Reading:
    """Return sections by headings; the title is that of the front matter.

    Raises:
        Unreadable: too much text.
    """
    text = decode(data)
    title = ""
    front = _FRONT.match(text)
    if front:
        named = _TITLE.search(front.group(1))
        title, text = (named.group(1).strip() if named else ""), text[front.end() :]
    reader = _Lines()
    for line in text.split("\n"):
        reader.line(line)
    reader.end_paragraph()
    return Reading(reader.outline.sections(), title)


class _Lines:
    def __init__(self) -> None:
        self.outline = Outline()
        self.paragraph: list[str] = []
        self.fence = ""

    def line(self, line: str) -> None:
        fence = _FENCE.match(line)
        if self.fence:
            if fence and fence.group(1) == self.fence:
                self.fence = ""
            else:
                self.paragraph.append(line)
        elif fence:
            self.fence = fence.group(1)
        elif heading := _HEADING.fullmatch(line):
            self.end_paragraph()
            self.outline.heading(len(heading.group(1)), _bare(heading.group(2).rstrip("# \t")))
        elif self.paragraph and (under := _UNDERLINE.fullmatch(line)):
            self._underlined(1 if under.group(1).startswith("=") else 2)
        elif not line.strip() or _RULE.fullmatch(line):
            self.end_paragraph()
        else:
            self.paragraph.append(_bare(_QUOTE.sub("", line)))

    def end_paragraph(self) -> None:
        self.outline.add("\n".join(self.paragraph))
        self.paragraph = []

    def _underlined(self, level: int) -> None:
        title = self.paragraph.pop()
        self.end_paragraph()
        self.outline.heading(level, title)


def _bare(line: str) -> str:
    line = _LINK.sub(r"\1", _TAG.sub("", line))
    line = _SOFT.sub(r"\2", _STRONG.sub(r"\2", line))
    return line.replace("`", "").rstrip()
