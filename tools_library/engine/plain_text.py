"""Text of others without what is no text: markup and signs nobody sees; standard library only."""

from __future__ import annotations

import re
from unicodedata import category

_HIDDEN = frozenset({"Cc", "Cf"})
_KEPT = frozenset("\n\t\u200c\u200d")
_TAG_SIGNS = range(0xE0000, 0xE0080)  # letters that only machines read; not all have a category
# Scripts and emoji join with these, one at a time and never beside ASCII.
_JOINERS = re.compile("[\u200c\u200d]+")

# None of these looks twice at a character, however a text is built.
_OPENING = re.compile(r"<!--|<(script|style)\b[^<>]*>", re.IGNORECASE | re.ASCII)
_CLOSING = {
    "script": re.compile(r"</script\s*>", re.IGNORECASE | re.ASCII),
    "style": re.compile(r"</style\s*>", re.IGNORECASE | re.ASCII),
    "": re.compile("-->"),
}
_TAG = re.compile(r"<[/!?]?[a-zA-Z][^<>]*>")
_BEGINNING = re.compile(r"<(?=[a-zA-Z/!?])")
_ROUNDS = 8


def plain(text: str) -> str:
    """Return the text without HTML tags, comments, scripts and invisible control characters.

    What could still begin a tag (`<` before a letter, `/`, `!` or `?`) gets a space after its `<`.
    Done to its own result it changes nothing.
    """
    text = _seen(text)
    for _ in range(_ROUNDS):  # what is taken out may leave a tag behind that it stood in
        less = _TAG.sub("", _shown(text))
        if less == text:
            break
        text = less
    return _BEGINNING.sub("< ", text)


def _seen(text: str) -> str:
    """Return the text without signs that are not seen; what joins letters stays between them."""
    hidden = {ord(sign) for sign in set(text) if _is_hidden(sign)}
    if hidden:
        text = text.translate(dict.fromkeys(hidden))
    return _JOINERS.sub(_joiner, text)


def _is_hidden(sign: str) -> bool:
    if sign in _KEPT:
        return False
    return category(sign) in _HIDDEN or ord(sign) in _TAG_SIGNS


def _joiner(found: re.Match[str]) -> str:
    start, end, text = found.start(), found.end(), found.string
    before, after = text[max(0, start - 1) : start], text[end : end + 1]
    return "" if before.isascii() or after.isascii() else found[0][0]


def _shown(text: str) -> str:
    """Return the text without comments and what stands between script or style tags."""
    kept, at, unclosed = [], 0, set()
    while opening := _OPENING.search(text, at):
        kind = (opening[1] or "").lower()
        closing = None if kind in unclosed else _CLOSING[kind].search(text, opening.end())
        if closing is None:
            unclosed.add(kind)
        kept.append(text[at : opening.start() if closing else opening.end()])
        at = closing.end() if closing else opening.end()
    return "".join([*kept, text[at:]])
