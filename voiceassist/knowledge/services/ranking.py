"""Which parts fit a question best: by their rarest words; imports the stores and the words.

A database only says where words stand: so both rank alike, and neither joins rows to do it.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log

from voiceassist.knowledge.services.stores import AnyOf, Places, Scope, Store
from voiceassist.knowledge.words import Concept

SAME, PREFIX = 0.5, 0.2
"""What counts a word that says the same, and one that begins the same, beside the word itself."""
COMMON = 0.08
"""The share of parts from which on a word is common."""
HEADING, BODY = 0.6, 0.2
"""What a word counts in a heading, and in the text."""
MOST = 1_000
"""How many parts have a score before commoner words bring no others."""


@dataclass(frozen=True)
class Found:
    """A part that holds some of what was asked for; `score` compares within one search."""

    chunk_id: int
    score: float


def best(store: Store, scope: Scope, concepts: Sequence[Concept], limit: int) -> list[Found]:
    """Return the parts that hold most of the concepts, the best first.

    A part counts each concept once, by its best word; rare words count more, and words of a
    heading more than those of the text.
    """
    with store.opened(scope) as find:
        own = find([(each.word,) for each in concepts])
        ways = [
            (place, weight, words)
            for place, (concept, where) in enumerate(zip(concepts, own, strict=True))
            for weight, words in _others(concept, len(where.told), scope.parts)
        ]
        others = find([words for _, _, words in ways])
    hits = [[(1.0, where)] for where in own]
    for (place, weight, _), where in zip(ways, others, strict=True):
        hits[place].append((weight, where))
    scores = _scores([_shares(each) for each in hits], scope.parts)
    chosen = heapq.nsmallest(limit, ((-score, chunk_id) for chunk_id, score in scores.items()))
    return [Found(chunk_id, -score) for score, chunk_id in chosen]


def _scores(concepts: Sequence[dict[int, float]], parts: int) -> dict[int, float]:
    """Return part → score, of at least the MOST parts that hold the rarest concepts."""
    scores: dict[int, float] = {}
    for shares in sorted(concepts, key=len):
        rarity = log(1 + max(0.0, parts - len(shares) + 0.5) / (len(shares) + 0.5))
        known = shares.keys() & scores.keys() if len(scores) >= MOST else shares
        for chunk_id in known:
            scores[chunk_id] = scores.get(chunk_id, 0.0) + shares[chunk_id] * rarity
    return scores


def _others(concept: Concept, stands: int, parts: int) -> Iterator[tuple[float, AnyOf]]:
    """Yield (weight, words) beside the concept's own.

    What says the same is looked for where the word itself is rare, for beside a common word it
    only brings noise; beginnings where it stands nowhere.

    Args:
        stands: in how many parts' texts the word itself stands.
    """
    if concept.same and stands < max(1, int(parts * COMMON)):
        yield SAME, concept.same
    if concept.prefix and not stands:
        yield PREFIX, (f"{concept.prefix}*",)


def _shares(hits: Sequence[tuple[float, Places]]) -> dict[int, float]:
    """Return part → what it counts by the best of its words."""
    ranked = [(weight * HEADING, where.headed) for weight, where in hits]
    ranked += [(weight * BODY, where.told) for weight, where in hits]
    shares: dict[int, float] = {}
    for share, parts in sorted(ranked, key=lambda each: each[0]):
        shares |= dict.fromkeys(parts, share)
    return shares
