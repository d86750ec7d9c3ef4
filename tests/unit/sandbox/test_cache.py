"""Compiled code is found again for its source and policy alone, and only as it was kept."""

from tools_library.sandbox.cache import CodeCache


def test_code_is_found_for_its_source_and_policy_only() -> None:
    cache = CodeCache()
    cache.put("a = 1", "1", "code")
    assert cache.get("a = 1", "1") == "code"
    assert cache.get("a = 2", "1") is None
    assert cache.get("a = 1", "2") is None
    assert CodeCache().get("a = 1", "1") is None


def test_newer_code_replaces_older() -> None:
    cache = CodeCache()
    cache.put("a = 1", "1", "old")
    cache.put("a = 1", "1", "new")
    assert cache.get("a = 1", "1") == "new"


def test_code_that_was_changed_or_moved_is_not_given_out() -> None:
    cache = CodeCache()
    cache.put("a", "1", "code of a")
    cache.put("b", "1", "code of b")
    first, second = cache._kept
    cache._kept[first] = cache._kept[second]
    assert cache.get("a", "1") is None
    blob, seal = cache._kept[second]
    cache._kept[second] = (blob + "!", seal)
    assert cache.get("b", "1") is None
    assert not cache._kept


def test_the_code_used_least_lately_goes_first() -> None:
    cache = CodeCache(size=30)
    for source in "abc":
        cache.put(source, "1", source * 10)
    assert cache.get("a", "1")
    cache.put("d", "1", "d" * 10)
    assert [bool(cache.get(source, "1")) for source in "abcd"] == [True, False, True, True]


def test_code_larger_than_the_cache_is_not_kept() -> None:
    cache = CodeCache(size=30)
    cache.put("a", "1", "x" * 31)
    assert cache.get("a", "1") is None
    cache.put("b", "1", "x" * 30)
    assert cache.get("b", "1")


def test_lone_surrogates_in_a_source_are_no_trouble() -> None:
    cache = CodeCache()
    cache.put("'\ud800'", "1", "code")
    assert cache.get("'\ud800'", "1") == "code"
