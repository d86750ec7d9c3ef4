"""Which words of a question count, and which others say the same; standard library only.

Both databases are asked with what this gives; how words are stemmed is theirs, but for Spanish on
SQLite, which only knows English.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from voiceassist.knowledge.vocabulary import PHRASES, SAME, STOP

CONCEPTS_MAX = 16
_WORD = re.compile(r"[^\W_]+(?:[’'][^\W_]+)*")
_APOSTROPHE = re.compile(r"[’'].*")
_WORD_MAX = 40
_PREFIX_MIN = 4
_ENDINGS = {
    "en": ("", "s", "es", "ed", "d", "ing", "er", "ly"),
    "es": ("", "s", "es"),
}


@dataclass(frozen=True)
class Concept:
    """One thing that a question asks about: its word, others that say the same, its beginning."""

    word: str
    same: tuple[str, ...] = ()
    prefix: str = ""


def concepts(question: str, language: str) -> tuple[Concept, ...]:
    """Return what a question asks about, in its order; none where it says nothing at all.

    Args:
        language: `en` or `es`; else words count only as they are written.
    """
    words = spoken_words(question)
    stop = STOP.get(language, frozenset())
    kept = [word for word in words if folded(word) not in stop] or words
    found = [_concept(word, language) for word in dict.fromkeys(kept)]
    plain = [folded(word) for word in words]
    for phrase, means in PHRASES.get(language, {}).items():
        if _said(phrase.split(), plain):
            found.append(Concept(means[0], means[1:]))
    return tuple(found[:CONCEPTS_MAX])


def spoken_words(text: str) -> list[str]:
    """Return the words of a text in lower case, without what follows an apostrophe."""
    found = (_APOSTROPHE.sub("", word.lower()) for word in _WORD.findall(text))
    return [word[:_WORD_MAX] for word in found if word]


@lru_cache(maxsize=16_384)
def folded(word: str) -> str:
    """Return a word without accents."""
    apart = unicodedata.normalize("NFKD", word)
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def for_index(text: str, language: str, *, stems: bool) -> str:
    """Return a text as its words are kept: accents taken off where the database needs them not.

    Args:
        stems: whether Spanish words are cut here, for a database that cannot.
    """
    if language == "es" and not stems:
        return text
    words = map(folded, spoken_words(text))
    return " ".join(map(spanish_stem, words) if language == "es" else words)


@lru_cache(maxsize=16_384)
def spanish_stem(word: str) -> str:
    """Return a folded Spanish word without its commonest endings."""
    for ending, least in _SPANISH:
        if word.endswith(ending) and len(word) - len(ending) >= least:
            return word[: -len(ending)]
    return word


_SPANISH = tuple(
    (ending, 3)
    for ending in sorted(
        (
            "amientos", "imientos", "amiento", "imiento", "aciones", "uciones", "adoras", "adores",
            "ancias", "acion", "ucion", "adora", "antes", "ancia", "mente", "idades", "idad",
            "iendo", "ando", "aron", "ieron", "amos", "emos", "imos", "aban", "aba", "adas",
            "ados", "idas", "idos", "ada", "ado", "ida", "ido", "ador", "ara", "era", "ira",
            "aran", "eran", "iran", "ar", "er", "ir", "an", "en", "as", "es", "os", "a", "e", "o",
            "s",
        ),
        key=len,
        reverse=True,
    )
)  # fmt: skip


def _concept(word: str, language: str) -> Concept:
    bare = folded(word)
    same = _same(bare, language)
    prefix = bare[: max(_PREFIX_MIN, len(bare) - 2)] if len(bare) > _PREFIX_MIN else ""
    return Concept(word, same, prefix if prefix.isalpha() else "")


def _groups(lines: str) -> dict[str, tuple[str, ...]]:
    """Return word, without accents → the words of every line that it is in."""
    found: dict[str, tuple[str, ...]] = {}
    for line in lines.strip().splitlines():
        words = line.split()
        for word in map(folded, words):
            found[word] = (*found.get(word, ()), *words)
    return found


_SAME = {language: _groups(lines) for language, lines in SAME.items()}


def _said(phrase: list[str], words: list[str]) -> bool:
    """Return whether the words come in this order, with at most two others between two."""
    places = [place for place, word in enumerate(words) if word == phrase[0]]
    for wanted in phrase[1:]:
        reach = {place + step for place in places for step in (1, 2, 3)}
        places = [at for at in reach if at < len(words) and words[at] == wanted]
    return bool(places)


def _same(word: str, language: str) -> tuple[str, ...]:
    known = _SAME.get(language, {})
    for ending in _ENDINGS.get(language, ()):
        if not word.endswith(ending):
            continue
        stem = word[: len(word) - len(ending)] if ending else word
        doubled = stem[:-1] if ending in {"ed", "ing", "er"} and stem[-2:-1] == stem[-1:] else stem
        for form in (stem, f"{stem}e", f"{stem.removesuffix('i')}y", doubled):
            if form in known:
                return tuple(each for each in known[form] if folded(each) not in {form, word})
    return ()
