"""Chunks put together: any order of fragments, any server's habits, nothing without a limit."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceassist.foundation.providers.chat.assembly import (
    MAX_ARGUMENT_BYTES,
    MAX_TEXT_BYTES,
    MAX_TOOL_CALLS,
    Assembly,
    BadChunk,
    EndedEarly,
    ErrorChunk,
)


def chunk(delta=None, finish=None, **more):
    choice = {"index": 0, "delta": delta or {}, "finish_reason": finish}
    return json.dumps({"id": "chatcmpl-1", "choices": [choice], **more}).encode()


def fragment(index=None, id=None, name=None, arguments=None):
    function = _given(name=name, arguments=arguments)
    return _given(index=index, id=id, type="function", function=function)


def _given(**values):
    return {key: value for key, value in values.items() if value is not None}


def calls(*fragments):
    return chunk({"tool_calls": list(fragments)})


def assembled(*chunks, finish="tool_calls"):
    assembly = Assembly()
    texts = [assembly.feed(one) for one in (*chunks, chunk(finish=finish))]
    finished = assembly.finished()
    assert "".join(texts) == finished.text
    return finished


def told(finished):
    return [(call.name, call.arguments) for call in finished.tool_calls]


def test_text_comes_out_as_it_comes_in():
    assembly = Assembly()
    assert assembly.feed(chunk({"role": "assistant", "content": ""})) == ""
    assert assembly.feed(chunk({"content": "Hel"})) == "Hel"
    assert assembly.feed(chunk({"content": "lo."})) == "lo."
    assert assembly.feed(chunk({"content": None})) == ""
    assert not assembly.is_complete
    assert assembly.feed(chunk({}, "stop")) == ""
    assert assembly.is_complete
    finished = assembly.finished()
    assert (finished.text, finished.finish_reason, finished.tool_calls) == ("Hello.", "stop", ())


def test_the_usage_comes_in_a_chunk_of_its_own():
    usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
    last = json.dumps({"choices": [], "usage": usage}).encode()
    nulls = json.dumps({"choices": None, "usage": None}).encode()
    assembly = Assembly()
    for one in (chunk({"content": "x"}, usage=None), chunk({}, "stop"), last, nulls):
        assembly.feed(one)
    assert assembly.finished().usage == usage


@given(st.data())
def test_fragments_of_parallel_calls_in_any_interleaving(data):
    """Each call's pieces keep their order; those of different calls mix as they like."""
    wanted = data.draw(
        st.lists(
            st.tuples(
                st.from_regex(r"[a-z]{1,8}(_[a-z]{1,8})?", fullmatch=True),
                st.dictionaries(st.text(max_size=3), st.text(max_size=8), max_size=3),
            ),
            min_size=1,
            max_size=5,
        )
    )
    pieces = []
    for index, (name, values) in enumerate(wanted):
        text = json.dumps(values)
        size = data.draw(st.integers(1, len(text)))
        begin = fragment(index, f"call_{index}", name, "")
        parts = [text[at : at + size] for at in range(0, len(text), size)]
        pieces.append([begin, *(fragment(index, arguments=part) for part in parts)])
    order = data.draw(st.permutations([i for i, own in enumerate(pieces) for _ in own]))
    together = data.draw(st.integers(1, 3))
    mixed = [pieces[index].pop(0) for index in order]
    finished = assembled(
        *(calls(*mixed[at : at + together]) for at in range(0, len(mixed), together))
    )
    assert told(finished) == [(name, json.dumps(values)) for name, values in wanted]
    assert [call.id for call in finished.tool_calls] == [f"call_{i}" for i in range(len(wanted))]


WHOLE = [("look", '{"a": 1}'), ("look", '{"a": 2}'), ("book", "{}")]


@pytest.mark.parametrize(
    ("habit", "chunks"),
    [
        ("all in one chunk", [calls(*(fragment(i, f"c{i}", *w) for i, w in enumerate(WHOLE)))]),
        ("every call has index 0", [calls(fragment(0, f"c{i}", *w)) for i, w in enumerate(WHOLE)]),
        ("no index, but ids", [calls(fragment(None, f"c{i}", *w)) for i, w in enumerate(WHOLE)]),
        ("neither index nor id", [calls(*(fragment(None, None, *w) for w in WHOLE))]),
        ("index 0, no id", [calls(fragment(0, None, *w)) for w in WHOLE]),
        ("no index and no id, one by one", [calls(fragment(None, None, *w)) for w in WHOLE]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_habits_of_servers(habit, chunks):
    finished = assembled(*chunks)
    assert told(finished) == WHOLE
    assert len({call.id for call in finished.tool_calls}) == len(WHOLE)


def test_another_id_and_the_name_again_in_each_fragment():
    """What a server repeats is not added; a new id without a name is the same call."""
    finished = assembled(
        calls(fragment(0, "c1", "look", "")),
        calls(fragment(0, "c2", None, '{"a"')),
        calls(fragment(0, "c3", "", ": 1}")),
    )
    assert told(finished) == [("look", '{"a": 1}')]
    again = assembled(
        calls(fragment(0, "c1", "look", '{"a"')), calls(fragment(0, "c1", "look", ": 1}"))
    )
    assert told(again) == [("look", '{"a": 1}')]


def test_what_names_no_call_belongs_to_the_last_one():
    finished = assembled(
        calls(fragment(None, None, "look", "{}"), fragment(None, None, "book", '{"a"')),
        calls(fragment(None, None, None, ": 1}")),
    )
    assert told(finished) == [("look", "{}"), ("book", '{"a": 1}')]


def test_a_name_in_pieces():
    pieces = [calls(fragment(0, "c", "look")), calls(fragment(0, name="_up")),
              calls(fragment(0, arguments="{}"))]  # fmt: skip
    assert told(assembled(*pieces)) == [("look_up", "{}")]


def test_two_names_for_one_call_are_not_guessed_at():
    with pytest.raises(BadChunk, match="names one call of a tool twice"):
        assembled(calls(fragment(0, "c", "look", '{"a"')), calls(fragment(0, "c", "book", ": 1}")))


def test_arguments_that_are_an_object_and_none_at_all():
    finished = assembled(calls(fragment(0, "c", "look", {"a": [1]}), fragment(1, "d", "end")))
    assert told(finished) == [("look", '{"a":[1]}'), ("end", "{}")]


def test_broken_arguments_are_handed_on_as_they_are():
    assert told(assembled(calls(fragment(0, "c", "look", '{"a": ')))) == [("look", '{"a": ')]


@pytest.mark.parametrize("ids", [("c", "c"), (None, None), ("", ""), ("x" * 41, "y\n")])
def test_ids_that_cannot_be_used_are_replaced(ids):
    finished = assembled(
        calls(fragment(0, ids[0], "look", "{}"), fragment(1, ids[1], "book", "{}"))
    )
    first, second = (call.id for call in finished.tool_calls)
    assert first != second
    assert all(0 < len(given) <= 40 and given.isprintable() for given in (first, second))
    assert first == "c" or ids[0] != "c"


def test_a_whole_message_of_a_server_that_does_not_stream():
    message = {"role": "assistant", "content": "Yes.", "refusal": None,
               "tool_calls": [fragment(None, "c", "look", "{}")]}  # fmt: skip
    assembly = Assembly()
    body = {"choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]}
    assert assembly.feed(json.dumps(body).encode()) == "Yes."
    assert told(assembly.finished()) == [("look", "{}")]


def test_a_refusal_is_said_and_named():
    finished = assembled(chunk({"refusal": "I can"}), chunk({"refusal": "not."}), finish="stop")
    assert (finished.text, finished.finish_reason) == ("I cannot.", "refusal")


@pytest.mark.parametrize("reason", ["length", "content_filter", "function_call"])
def test_other_ends_keep_their_word(reason):
    assert assembled(chunk({"content": "x"}), finish=reason).finish_reason == reason


def test_nul_characters_go_nowhere():
    finished = assembled(chunk({"content": "a\0b"}), calls(fragment(0, "c", "l\0ook", "{}")))
    assert finished.text == "ab"
    assert told(finished) == [("look", "{}")]


def test_an_end_without_a_reason_is_no_end():
    assembly = Assembly()
    assembly.feed(chunk({"content": "Hel"}))
    with pytest.raises(EndedEarly):
        assembly.finished()


def test_a_call_without_a_name_is_no_call():
    with pytest.raises(BadChunk, match="without naming it"):
        assembled(calls(fragment(0, "c", None, "{}")))


@pytest.mark.parametrize(
    "data",
    [
        b"", b"null", b"[]", b"7", b'"x"', b"{", b"\xff", b"<html>",
        b'{"choices": 1}', b'{"choices": [1]}', b'{"choices": [null]}',
        b'{"choices": [{"delta": 1}]}', b'{"choices": [{"delta": {"content": 1}}]}',
        b'{"choices": [{"delta": {"content": ["x"]}}]}',
        b'{"choices": [{"delta": {"tool_calls": {}}}]}',
        b'{"choices": [{"delta": {"tool_calls": [{"index": "0"}]}}]}',
        b'{"choices": [{"delta": {"tool_calls": [{"function": {"arguments": 1}}]}}]}',
        b'{"choices": [{"finish_reason": 1}]}', b'{"usage": []}',
        b'{"choices": ' + b"[" * 100_000, b'{"error' + b'":{"' * 100_000,
    ],
    ids=lambda data: data[:40].decode("latin-1"),
)  # fmt: skip
def test_what_is_no_chunk_is_refused(data):
    with pytest.raises(BadChunk):
        Assembly().feed(data)


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_garbage_is_never_anything_but_refused(data):
    with contextlib.suppress(BadChunk):
        assert Assembly().feed(data) == ""


@pytest.mark.parametrize("error", [{"message": "no", "code": "server_error"}, "no", ["no"]])
def test_an_error_in_the_stream(error):
    with pytest.raises(ErrorChunk) as raised:
        Assembly().feed(json.dumps({"error": error}).encode())
    assert raised.value.said == error


def test_text_has_a_limit_in_bytes():
    assembly = Assembly()
    for _ in range(MAX_TEXT_BYTES // 1024):
        assembly.feed(chunk({"content": "é" * 512}))
    with pytest.raises(BadChunk, match="longer than 64 kB"):
        assembly.feed(chunk({"content": "x"}))


def test_calls_and_their_arguments_have_limits():
    assembly = Assembly()
    assembly.feed(calls(*(fragment(i, f"c{i}", "look", "{}") for i in range(MAX_TOOL_CALLS))))
    with pytest.raises(BadChunk, match="more than 32 tools"):
        assembly.feed(calls(fragment(MAX_TOOL_CALLS, "more", "look", "{}")))
    assembly = Assembly()
    half = "x" * (MAX_ARGUMENT_BYTES // 2)
    assembly.feed(calls(fragment(0, "a", "look", half), fragment(1, "b", "look", half)))
    with pytest.raises(BadChunk, match="longer than 256 kB"):
        assembly.feed(calls(fragment(1, arguments="x")))


def test_the_name_of_a_tool_has_a_limit():
    assembly = Assembly()
    with pytest.raises(BadChunk, match="no end"):
        for at in range(300):
            assembly.feed(calls(fragment(0, "c", f"name{at}")))
