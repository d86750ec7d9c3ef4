"""Frames are measured before they are parsed, and what they hold is cleaned."""

import os
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools_library.sandbox import limits, wire

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def cut(data: bytes, sizes: list[int]) -> list[bytes]:
    pieces, at = [], 0
    for size in sizes:
        pieces.append(data[at : at + size])
        at += size
    return [*pieces, data[at:]]


@given(st.lists(VALUES, max_size=4), st.lists(st.integers(1, 50), max_size=20))
def test_messages_arrive_however_they_are_cut(values: list, sizes: list[int]) -> None:
    sent = b"".join(wire.encode({"kind": "x", "value": value}, 10**6) for value in values)
    frames = wire.Frames(10**6, 10**6)
    got = []
    for piece in cut(sent, sizes):
        frames.feed(piece)
        while (message := frames.next()) is not None:
            got.append(message["value"])
    assert got == [wire.decode(wire.encode({"kind": "x", "v": v}, 10**6)[4:])["v"] for v in values]


@given(st.binary(max_size=200))
def test_any_bytes_are_messages_or_a_wire_error(data: bytes) -> None:
    frames = wire.Frames(100, 1000)
    frames.feed(data)
    try:
        while (message := frames.next()) is not None:
            assert isinstance(message["kind"], str)
    except wire.WireError:
        pass


def test_a_frame_is_judged_by_its_header() -> None:
    frames = wire.Frames(100, 1000)
    frames.feed(wire.HEADER.pack(101))
    with pytest.raises(wire.TooLarge):
        frames.next()


def test_all_frames_together_are_bounded() -> None:
    frames = wire.Frames(100, 150)
    frames.feed(b"x" * 150)
    with pytest.raises(wire.TooLarge):
        frames.feed(b"x")


def test_what_no_store_takes_is_cleaned() -> None:
    value = {"a\0": ["\udc00", float("nan"), float("-inf"), 1.5, {"b": "c\0d"}]}
    body = wire.encode({"kind": "x", "value": value}, 1000)[4:]
    assert wire.decode(body)["value"] == {"a": ["\ufffd", None, None, 1.5, {"b": "cd"}]}


def test_depth_is_bounded() -> None:
    def nested(depth: int) -> bytes:
        return b'{"kind": "x", "value": ' + b"[" * depth + b"]" * depth + b"}"

    assert wire.decode(nested(limits.DEPTH))["kind"] == "x"
    for depth in (limits.DEPTH + 3, 100_000):
        with pytest.raises(wire.WireError):
            wire.decode(nested(depth))


@pytest.mark.parametrize("body", [b"", b"[]", b'"x"', b"{}", b'{"kind": 1}', b"\xff", b"9" * 5000])
def test_what_is_no_message_is_refused(body: bytes) -> None:
    with pytest.raises(wire.WireError):
        wire.decode(body)


def test_the_childs_side_reads_what_the_parents_side_sends() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        message = {"kind": "job", "text": "ü" * 20_000}
        ours.sendall(wire.encode(message, 10**6))
        assert wire.receive(theirs.fileno()) == message
        os.write(ours.fileno(), b"\0\0")
        ours.close()
        with pytest.raises(EOFError):
            wire.receive(theirs.fileno())


def test_a_message_that_is_too_long_is_not_sent() -> None:
    with pytest.raises(wire.TooLarge, match="more than the 100 allowed"):
        wire.encode({"kind": "x" * 100}, 100)
