"""The stand-in of Chat Completions, asked by the vendor's own SDK."""

import asyncio
import json

import httpx2
import pytest
from openai import APIError, APIStatusError, AuthenticationError, NotFoundError, RateLimitError
from openai.types.chat import ChatCompletion

from tests.integration.demo.chatting import LOOK_UP, chunks, client, function, post, said
from voiceassist.demo.stand_ins.chat.log import RequestLog
from voiceassist.demo.stand_ins.chat.misbehaviour import FAULTS

ORDER = "Where is my order 1042?"


def text_of(found):
    return "".join(one.choices[0].delta.content or "" for one in found if one.choices)


def calls_of(found):
    """Name and arguments of each call in a stream."""
    calls: dict[int, list[str]] = {}
    for one in found:
        for part in (one.choices[0].delta.tool_calls or []) if one.choices else []:
            call = calls.setdefault(part.index, ["", ""])
            call[0] += part.function.name or ""
            call[1] += part.function.arguments or ""
    return [(name, json.loads(arguments)) for name, arguments in calls.values()]


async def settled(stand_ins, number=-1) -> RequestLog:
    """The log of a request, once it is over."""
    while stand_ins.chats[number].outcome == "open":
        await asyncio.sleep(0)
    return stand_ins.chats[number]


async def test_a_stream_has_every_part_that_the_real_one_has(stand_ins):
    found = await chunks(stand_ins, ORDER, stream_options={"include_usage": True})
    first, *_, last, usage = found
    assert first.choices[0].delta.role == "assistant"
    assert "no AI" in text_of(found)
    assert calls_of(found) == [("lookup_order", {"order_id": "1042"})]
    assert last.choices[0].finish_reason == "tool_calls"
    assert usage.choices == []
    assert usage.usage.total_tokens > 1
    assert len({one.id for one in found}) == 1
    assert {one.system_fingerprint for one in found} == {"stand-in-no-ai"}


async def test_text_comes_in_many_small_chunks_without_usage_where_none_was_asked_for(stand_ins):
    found = await chunks(stand_ins, "hello", tools=[LOOK_UP])
    assert len(found) > 8
    assert all(one.choices and one.usage is None for one in found)
    assert text_of(found).endswith("Hello. How can I help?")
    assert found[-1].choices[0].finish_reason == "stop"


async def test_an_answer_in_one_piece(stand_ins):
    async with client(stand_ins) as openai:
        whole = await openai.chat.completions.create(
            model="gpt-4o", messages=said(ORDER), tools=[LOOK_UP], temperature=0.3, max_tokens=50
        )
    ChatCompletion.model_validate(whole.model_dump())
    (call,) = whole.choices[0].message.tool_calls
    assert (call.function.name, whole.choices[0].finish_reason) == ("lookup_order", "tool_calls")
    assert json.loads(call.function.arguments) == {"order_id": "1042"}


async def test_a_conversation_with_results_ends_in_a_sentence(stand_ins):
    async with client(stand_ins) as openai:
        messages = said(f"{ORDER} And show me a praying hands emoji.")
        tools = [LOOK_UP, function("show_emoji", ("emoji",), emoji={"type": "string"})]
        asked = await openai.chat.completions.create(
            model="gpt-5-mini", messages=messages, tools=tools
        )
        message = asked.choices[0].message
        assert [call.function.name for call in message.tool_calls] == ["lookup_order", "show_emoji"]
        results = ['{"success": true, "message": "It left on Monday."}', '{"displayed": true}']
        messages = [*messages, message.model_dump(exclude_none=True)] + [
            {"role": "tool", "tool_call_id": call.id, "content": result}
            for call, result in zip(message.tool_calls, results, strict=True)
        ]
        told = await openai.chat.completions.create(
            model="gpt-5-mini", messages=messages, tools=tools
        )
    answer = told.choices[0].message
    assert answer.tool_calls is None
    assert "It left on Monday." in answer.content
    assert "I've displayed the praying hands emoji for you." in answer.content


@pytest.mark.parametrize("key", ["sk-invalid-1", "two words"])
async def test_a_wrong_key(stand_ins, key):
    async with client(stand_ins, key) as openai:
        with pytest.raises(AuthenticationError) as refused:
            await openai.chat.completions.create(model="gpt-5-mini", messages=said("hello"))
    assert refused.value.code == "invalid_api_key"
    assert key not in str(refused.value)


async def test_no_key_at_all(stand_ins):
    found = await post(stand_ins, "/v1/chat/completions", {}, authorization="")
    assert found.status_code == 401
    assert "didn't provide an API key" in found.json()["error"]["message"]


@pytest.mark.parametrize("model", ["llama-9", "gpt-realtime-2.1", "gpt-4o-transcribe"])
async def test_a_model_that_there_is_not_or_that_does_not_chat(stand_ins, model):
    async with client(stand_ins) as openai:
        with pytest.raises(NotFoundError):
            await openai.chat.completions.create(model=model, messages=said("hello"))
    assert (await settled(stand_ins)).outcome == "refused"


async def test_a_body_that_is_no_json(stand_ins):
    async with httpx2.AsyncClient(timeout=60) as http:
        found = await http.post(
            f"{stand_ins.url}/v1/chat/completions",
            content=b"{",
            headers={"authorization": "Bearer x"},
        )
    assert found.status_code == 400
    assert "parse the JSON body" in found.json()["error"]["message"]


async def test_models_and_paths_there_are(stand_ins):
    async with client(stand_ins) as openai:
        names = [model.id async for model in openai.models.list()]
        assert "gpt-5-mini" in names
        assert "no AI" in (await openai.models.retrieve("gpt-5-mini")).owned_by
        with pytest.raises(NotFoundError):
            await openai.models.retrieve("nope")
    assert (await post(stand_ins, "/v1/images", {})).status_code == 404
    assert (await post(stand_ins, "/v1/models", {})).status_code == 405


async def test_embeddings_in_either_form_are_the_same_and_labelled(stand_ins):
    async with client(stand_ins) as openai:
        packed = await openai.embeddings.create(
            model="text-embedding-3-small", input=["open at nine", "shut"], dimensions=64
        )
        plain = await openai.embeddings.create(
            model="text-embedding-3-small", input="open at nine", dimensions=64,
            encoding_format="float",
        )  # fmt: skip
    assert packed.model == "stand-in-hashing:text-embedding-3-small"
    assert [one.index for one in packed.data] == [0, 1]
    assert packed.data[0].embedding == pytest.approx(plain.data[0].embedding, abs=1e-6)
    assert packed.data[1].embedding != packed.data[0].embedding


# --- misbehaviour


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("server_error", APIStatusError),
        ("rate_limited", RateLimitError),
        ("no_credit", RateLimitError),
    ],
)
async def test_faults_that_refuse_and_then_good_answers(stand_ins, fault, kind):
    stand_ins.behave(chat_fault=fault, chat_faults=2, chat_retry_after_s=7)
    for _ in range(2):
        with pytest.raises(kind) as refused:
            await chunks(stand_ins, ORDER)
        assert refused.value.response.headers.get("retry-after") == (
            "7" if fault == "rate_limited" else None
        )
    assert calls_of(await chunks(stand_ins, ORDER))
    await settled(stand_ins)
    assert [log.outcome for log in stand_ins.chats] == ["refused", "refused", "completed"]


@pytest.mark.parametrize(
    ("fault", "reason", "calls"),
    [
        ("empty", "stop", []),
        ("length", "length", ["lookup_order"]),
        ("content_filter", "content_filter", []),
        ("refusal", "stop", []),
        ("loop", "tool_calls", ["lookup_order"]),
        ("unknown_tool", "tool_calls", ["no_such_tool"]),
        ("duplicate_ids", "tool_calls", ["lookup_order"] * 2),
        ("too_many_calls", "tool_calls", ["lookup_order"] * 40),
        ("slow_first", "tool_calls", ["lookup_order"]),
    ],
)
async def test_faults_of_the_answer(stand_ins, fault, reason, calls):
    stand_ins.behave(chat_slow_ms=1, chat_chunk_ms=0)
    found = await chunks(stand_ins, f"stand-in:{fault} {ORDER}")
    assert found[-1].choices[0].finish_reason == reason
    assert [name for name, _ in calls_of(found)] == calls
    log = await settled(stand_ins)
    assert (log.fault, log.outcome, log.calls) == (fault, "completed", calls)


async def test_a_loop_calls_tools_after_results_too(stand_ins):
    call = {"id": "c1", "type": "function",
            "function": {"name": "lookup_order", "arguments": "{}"}}  # fmt: skip
    messages = [
        *said("stand-in:loop hello"),
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "done"},
    ]
    body = {"model": "gpt-5-mini", "messages": messages, "tools": [LOOK_UP]}
    found = (await post(stand_ins, "/v1/chat/completions", body)).json()
    assert found["choices"][0]["message"]["tool_calls"]


async def test_broken_arguments_and_missing_ids(stand_ins):
    body = {"model": "gpt-5-mini", "messages": said(f"stand-in:broken_json {ORDER}"),
            "tools": [LOOK_UP]}  # fmt: skip
    (call,) = (await post(stand_ins, "/v1/chat/completions", body)).json()["choices"][0]["message"][
        "tool_calls"
    ]
    with pytest.raises(ValueError, match="delimiter|property name|Unterminated"):
        json.loads(call["function"]["arguments"])
    found = await chunks(stand_ins, f"stand-in:no_ids {ORDER}")
    parts = [part for one in found for part in one.choices[0].delta.tool_calls or []]
    assert parts
    assert all(part.id is None for part in parts)


@pytest.mark.parametrize("fault", ["close", "garbage", "error_event"])
async def test_streams_that_break(stand_ins, fault):
    with pytest.raises((APIError, httpx2.TransportError, UnicodeDecodeError, ValueError)):
        await chunks(stand_ins, f"stand-in:{fault} {ORDER}")
    assert (await settled(stand_ins)).outcome == "cut"


@pytest.mark.parametrize(("fault", "outcome"), [("stall", "cut"), ("endless", "client_gone")])
async def test_streams_that_do_not_end_until_the_client_goes(stand_ins, fault, outcome):
    stand_ins.behave(chat_chunk_ms=0)
    async with client(stand_ins) as openai:
        stream = await openai.chat.completions.create(
            model="gpt-5-mini", messages=said(f"stand-in:{fault} hello"), stream=True
        )
        seen = 0
        async for _ in stream:
            seen += 1
            if seen == (3 if fault == "stall" else 300):
                break
        await stream.close()
    assert (await settled(stand_ins)).outcome == outcome


async def test_magic_words_for_some_attempts_of_a_step(stand_ins):
    text = f"stand-in:server_error:2 {ORDER}"
    for attempt in range(3):
        for key in ("a:1", "b:1"):
            body = {"model": "gpt-5-mini", "messages": said(text), "tools": [LOOK_UP]}
            found = await post(stand_ins, "/v1/chat/completions", body, **{"idempotency-key": key})
            assert found.status_code == (500 if attempt < 2 else 200)


def test_every_fault_has_a_test():
    tested = {
        "server_error", "rate_limited", "no_credit", "empty", "length", "content_filter", "refusal",
        "loop", "unknown_tool", "broken_json", "duplicate_ids", "no_ids", "too_many_calls",
        "slow_first", "stall", "close", "endless", "garbage", "error_event",
    }  # fmt: skip
    assert set(FAULTS) == tested


# --- the log


async def test_the_log_tells_each_request_and_counts_those_of_a_conversation(stand_ins):
    for key, user in (("c1:1", "ana"), ("c1:2", "ana"), ("c2:1", "ben")):
        body = {"model": "gpt-5-mini", "messages": said("hello"), "user": user, "tools": [LOOK_UP]}
        await post(stand_ins, "/v1/chat/completions", body, **{"idempotency-key": key})
    async with httpx2.AsyncClient(base_url=stand_ins.url, timeout=60) as http:
        assert (await http.get("/_stand_in/chat?key=c1:")).json()["count"] == 2
        assert (await http.get("/_stand_in/chat?user=ben")).json()["count"] == 1
        whole = (await http.get("/_stand_in/chat?key=c2&whole=1")).json()["requests"][0]
        assert whole.pop("body")["user"] == "ben"
        (short,) = (await http.get("/_stand_in/chat?key=c2")).json()["requests"]
        assert whole == short
        del short["at"]
        assert short == {
            "key": "c2:1", "model": "gpt-5-mini", "user": "ben", "messages": 1,
            "last_role": "user", "tools": ["lookup_order"], "fault": "", "status": 200,
            "outcome": "completed", "finish_reason": "stop", "calls": [],
        }  # fmt: skip
        await http.delete("/_stand_in/chat")
        assert (await http.get("/_stand_in/chat")).json() == {"count": 0, "requests": []}
        assert (await http.post("/_stand_in/chat")).status_code == 405


async def test_a_client_that_goes_is_seen(stand_ins):
    stand_ins.behave(chat_first_ms=3_600_000)
    async with client(stand_ins) as openai:
        stream = await openai.chat.completions.create(
            model="gpt-5-mini", messages=said("hello"), stream=True
        )
        assert stand_ins.chats[-1].outcome == "open"
        await stream.close()
    assert (await settled(stand_ins)).outcome == "client_gone"
