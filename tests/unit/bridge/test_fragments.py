"""Messages that come in pieces are put together, up to a size."""

from hypothesis import given
from hypothesis import strategies as st

from calls.bridge.fragments import Fragments

MOST = 40


@given(st.lists(st.lists(st.binary(max_size=20), min_size=1, max_size=5), max_size=6))
def test_messages_come_out_as_they_were_cut_unless_they_are_too_big(messages):
    fragments, seen, expected = Fragments(MOST), [], []
    for pieces in messages:
        for number, piece in enumerate(pieces, 1):
            whole = fragments.joined(piece, last=number == len(pieces))
            if fragments.too_big:
                break
            if whole is not None:
                seen.append(whole)
        if fragments.too_big:
            assert sum(map(len, pieces)) > MOST
            break
        expected.append(b"".join(pieces))
    assert seen == expected


def test_what_is_too_big_is_not_kept():
    fragments = Fragments(MOST)
    assert fragments.joined(b"x" * MOST, last=False) is None
    assert not fragments.too_big
    assert fragments.joined(b"x", last=False) is None
    assert fragments.too_big
    assert fragments.joined(b"its end", last=True) is None and fragments.too_big
    assert fragments.joined(b"next", last=True) == b"next" and not fragments.too_big
