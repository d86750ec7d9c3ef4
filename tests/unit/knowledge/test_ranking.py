"""Which parts come first, by where a made-up database says that words stand."""

from contextlib import nullcontext

from voiceassist.knowledge.services import ranking
from voiceassist.knowledge.services.stores import Places, Scope
from voiceassist.knowledge.words import Concept

SCOPE = Scope(1, "en", (1,), None, 10_000)


class Written:
    """A store in which words stand where the test says; notes what was looked for."""

    def __init__(self, **places):
        self.places = {word: Places(*where) for word, where in places.items()}
        self.sought = []

    def opened(self, scope):
        def find(sought):
            self.sought += sought
            return [self.places.get(words[0], Places((), ())) for words in sought]

        return nullcontext(find)


def best(store, *concepts, limit=3):
    return [found.chunk_id for found in ranking.best(store, SCOPE, concepts, limit)]


def test_a_rare_word_counts_more_than_a_common_one_and_both_most():
    store = Written(common=((), range(100, 2_000)), rare=((), [5, 150]))
    assert best(store, Concept("common"), Concept("rare")) == [150, 5, 100]


def test_a_heading_counts_more_than_a_text_and_a_part_counts_a_word_once():
    store = Written(bell=([7], [3, 7, 9]))
    assert best(store, Concept("bell")) == [7, 3, 9]
    [first, second, _] = ranking.best(store, SCOPE, [Concept("bell")], 3)
    assert round(first.score / second.score, 6) == 3


def test_common_words_bring_no_parts_beside_many_that_hold_rare_ones():
    rare, common = range(1, ranking.MOST + 1), range(1, 5_000)
    store = Written(rare=((), rare), common=((), common))
    found = best(store, Concept("common"), Concept("rare"), limit=6_000)
    assert sorted(found) == list(rare)


def test_what_says_the_same_is_looked_for_beside_rare_words_only():
    store = Written(often=((), range(900)), seldom=((), [1]), alike=((), [2]))
    same = ("alike",)
    assert best(store, Concept("seldom", same)) == [1, 2]
    assert ("alike",) in store.sought
    store.sought.clear()
    assert best(store, Concept("often", same)) == [0, 1, 2] and ("alike",) not in store.sought


def test_beginnings_are_looked_for_where_the_word_stands_nowhere():
    store = Written(**{"deli*": ((), [4]), "bell": ((), [1])})
    assert best(store, Concept("delivry", (), "deli"), Concept("bell", (), "be")) == [1, 4]
    assert ("be*",) not in store.sought
