"""The adapter of Chat Completions against real sockets: answers, hostile streams, errors."""

import asyncio
import contextlib
import gzip
import re

import pytest

from tests.integration.chat_completions.raw_server import (
    ABORT,
    CHUNKED,
    DONE,
    HOLD,
    STREAM,
    RawServer,
    chunked,
    event,
    status,
    trouble,
)
from voiceassist.foundation.providers.chat import (
    ChatError,
    ChatRequest,
    Finished,
    TextDelta,
    clients,
    close,
    pool,
    stream,
    streaming,
)

HELLO = [event("Hel"), event("lo."), event(finish="stop"), DONE]
WEATHER = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}


def asking(**changes):
    wanted = {"model": "m", "messages": [{"role": "user", "content": "Hi 🙏"}], "key": "run:1:1"}
    return ChatRequest(**{**wanted, **changes})


async def told(request=None, timeout_s=60.0):
    async with contextlib.aclosing(stream(request or asking(), timeout_s=timeout_s)) as events:
        return [event async for event in events]


async def failed(request=None, timeout_s=60.0):
    with pytest.raises(ChatError) as raised:
        await told(request, timeout_s)
    return raised.value


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch):
    monkeypatch.setattr(streaming, "_FIRST_PAUSE_S", 0.001)


async def test_text_comes_piece_by_piece_and_then_whole(server):
    server.answers = [[CHUNKED, *chunked(*HELLO)]]
    assert await told() == [TextDelta("Hel"), TextDelta("lo."), Finished("Hello.")]
    (seen,) = server.seen
    assert seen.headers["idempotency-key"] == "run:1:1"
    assert seen.headers["authorization"] == "Bearer sk-test-key"
    assert seen.headers["accept-encoding"] == "identity"
    assert seen.body == {
        "model": "m",
        "messages": [{"role": "user", "content": "Hi 🙏"}],
        "stream": True,
    }


async def test_the_first_piece_is_there_before_the_rest_is_sent(server):
    server.answers = [[STREAM, event("Hel"), HOLD]]
    events = stream(asking(), timeout_s=60)
    assert await anext(events) == TextDelta("Hel")
    assert server.open == 1
    await events.aclose()
    await server.gone.wait()


async def test_options_go_along_as_each_kind_of_server_knows_them(server, settings):
    server.answers = [[CHUNKED, *chunked(*HELLO)]]
    request = asking(tools=[WEATHER], temperature=0.5, max_tokens=300)
    await told(request)
    settings.STAND_INS_URL = f"http://127.0.0.1:{server.port}"
    await told(request)
    other, own = (seen.body for seen in server.seen)
    assert other["tools"] == own["tools"] == [WEATHER]
    assert other["temperature"] == own["temperature"] == 0.5
    assert (other["max_tokens"], other.get("stream_options")) == (300, None)
    assert own["max_completion_tokens"] == 300
    assert own["stream_options"] == {"include_usage": True}
    assert "max_tokens" not in own
    assert "max_completion_tokens" not in other


@pytest.mark.parametrize(
    ("base_url", "newest"),
    [
        ("https://api.openai.com/v1", True),
        ("https://eu.api.openai.com/v1", True),
        ("https://x.openai.azure.com/openai/v1", True),
        ("https://openai.com.example.com/v1", False),
        ("https://notopenai.com/v1", False),
        ("http://127.0.0.1:11434/v1", False),
    ],
)
def test_who_knows_the_newest_options(settings, base_url, newest):
    settings.OPENAI_BASE_URL = base_url
    assert clients.is_openai() is newest


async def test_a_connection_serves_one_step_after_the_other(server):
    server.answers = [[CHUNKED, *chunked(*HELLO)]]
    for _ in range(3):
        await told()
    assert (len(server.seen), server.connections) == (3, 1)


async def test_two_hundred_streams_at_once(server):
    server.answers = [[CHUNKED, *chunked(*HELLO)]]
    found = await asyncio.gather(*(told() for _ in range(200)))
    assert [events[-1] for events in found] == [Finished("Hello.")] * 200
    assert len(server.seen) == 200


def test_connections_end_with_their_loop(settings):
    async def step():
        async with RawServer([[CHUNKED, *chunked(*HELLO)]]) as server:
            settings.OPENAI_BASE_URL = server.url
            await told()
            assert asyncio.get_running_loop() in clients._loops
        return asyncio.get_running_loop()

    for _ in range(2):
        assert asyncio.run(step()) not in clients._loops


async def test_a_closed_client_is_made_anew(server):
    server.answers = [[CHUNKED, *chunked(*HELLO)]]
    await told()
    await close()
    assert (await told())[-1] == Finished("Hello.")
    assert server.connections == 2


async def test_a_server_that_does_not_stream(server):
    body = b'{"choices":[{"message":{"content":"Yes."},"finish_reason":"stop"}]}'
    server.answers = [status(200, body, "content-type: application/json")]
    assert await told() == [TextDelta("Yes."), Finished("Yes.")]


@pytest.mark.parametrize(
    "parts",
    [
        [STREAM, *HELLO[:3]],
        [STREAM, *HELLO[:3], ABORT],
        [STREAM, b": wait\n\n" * 50, b"".join(HELLO).replace(b"\n", b"\r\n")],
        [STREAM, *HELLO, b"data: never read\n\n"],
        [STREAM, b"".join(HELLO)[:-2]],
    ],
    ids=["no mark", "cut after the end", "comments and CRLF", "more after the mark", "no blank"],
)
async def test_streams_that_end_in_other_ways(server, parts):
    server.answers = [parts]
    assert (await told())[-1] == Finished("Hello.")


@pytest.mark.parametrize("parts", [HELLO[:3], HELLO], ids=["without a mark", "with a mark"])
async def test_an_answer_that_is_complete_waits_for_no_server(server, parts, monkeypatch):
    monkeypatch.setattr(streaming, "_AFTER_THE_END_S", 0.05)
    server.answers = [[STREAM, *parts, HOLD]]
    assert (await told(timeout_s=3_600))[-1] == Finished("Hello.")
    await server.gone.wait()


@pytest.mark.parametrize(
    ("parts", "code", "retryable"),
    [
        ([STREAM, event("Hel")], "model_bad_answer", True),
        ([STREAM, event("Hel"), DONE], "model_bad_answer", True),
        ([STREAM], "model_bad_answer", True),
        ([CHUNKED, chunked(event("Hel"))[0], ABORT], "model_unavailable", True),
        ([STREAM, b"data: {no json\n\n", HOLD], "model_bad_answer", False),
        ([STREAM, b"<html>Sign in</html>"], "model_bad_answer", True),
        ([STREAM, b"data: <html>\n\n", HOLD], "model_bad_answer", False),
        ([STREAM, *[b"x" * 65_536] * 40, HOLD], "model_bad_answer", False),
        ([STREAM, *[b"data: " + b"x" * 65_536] * 40, HOLD], "model_bad_answer", False),
        ([STREAM, *[event("and so on " * 100)] * 80, HOLD], "model_bad_answer", False),
        ([STREAM, gzip.compress(b"".join(HELLO))], "model_bad_answer", True),
        ([STREAM, b'data: {"error":{"message":"no","type":"server_error"}}\n\n', HOLD],
         "model_unavailable", True),
        ([STREAM, b'data: {"error":{"message":"no","code":"rate_limit_exceeded"}}\n\n', HOLD],
         "model_rate_limited", True),
        ([b"HTTP/1.1 200 OK\r\nno header at all\r\n\r\n"], "model_unavailable", True),
        ([b"SSH-2.0-OpenSSH\r\n"], "model_unavailable", True),
        ([b"HTTP/1.1 200 OK\r\n" + b"x: " + b"y" * 200_000], "model_unavailable", True),
    ],
)  # fmt: skip
async def test_streams_that_are_no_answer(server, parts, code, retryable):
    server.answers = [parts]
    error = await failed()
    assert (error.code, error.retryable) == (code, retryable)
    await server.gone.wait()


async def test_what_was_said_before_a_stream_broke_was_handed_on_and_nothing_is_tried_again(server):
    server.answers = [[CHUNKED, chunked(event("Hel"))[0], ABORT], [CHUNKED, *chunked(*HELLO)]]
    said = []
    with pytest.raises(ChatError, match="cannot be reached"):
        async for one in stream(asking(), timeout_s=60):
            said.append(one)
    assert said == [TextDelta("Hel")]
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    "parts", [[HOLD], [STREAM, HOLD], [STREAM, event("Hel"), HOLD]],
    ids=["before the answer", "before the first piece", "in the middle"],
)  # fmt: skip
async def test_a_stall_ends_in_time(server, parts):
    server.answers = [parts]
    error = await failed(timeout_s=0.2)
    assert (error.code, error.retryable) == ("model_timeout", True)
    assert "within 0.2 seconds" in error.public_message
    assert len(server.seen) == 1
    await server.gone.wait()


async def test_whoever_leaves_takes_the_connection_along(server):
    server.answers = [[STREAM, event("Hel"), HOLD]]
    task = asyncio.create_task(told())
    while not server.seen:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await server.gone.wait()


@pytest.mark.parametrize(
    ("code", "body", "expected", "says"),
    [
        (401, trouble("invalid_api_key", "Incorrect key sk-t***"), "model_refused",
         "Check OPENAI_API_KEY"),
        (403, trouble(None, "Country not supported"), "model_refused", "Check OPENAI_API_KEY"),
        (404, trouble("model_not_found", "The model `m` does not exist"), "model_refused",
         "no language model 'm'.*OPENAI_CHAT_MODEL"),
        (404, b"<html>nginx</html>", "model_refused", "Check OPENAI_BASE_URL"),
        (302, b"", "model_refused", "Check OPENAI_BASE_URL"),
        (400, trouble(None, "Invalid schema for function 'look'"), "model_refused",
         "Invalid schema for function 'look'"),
        (400, b"", "model_refused", "HTTP 400"),
        (422, b'{"detail": [{"loc": ["body"]}]}', "model_refused", "HTTP 422|refused"),
        (429, trouble("insufficient_quota", "You exceeded your quota"), "model_refused",
         "no credit"),
        (500, b'{"error": "overloaded"}', "model_unavailable", "trouble of its own"),
        (503, b"\xff\x00", "model_unavailable", "trouble of its own"),
    ],
)  # fmt: skip
async def test_what_the_server_refuses_is_explained(server, code, body, expected, says):
    server.answers = [status(code, body)]
    error = await failed()
    assert error.code == expected
    assert f"HTTP {code}" in error.detail
    assert "sk-t" not in error.public_message
    assert re.search(says, error.public_message)
    assert error.retryable is (expected == "model_unavailable")
    assert len(server.seen) == (streaming.ATTEMPTS if error.retryable else 1)


async def test_trouble_before_the_answer_is_tried_again_with_the_same_key(server):
    server.answers = [status(503), [ABORT], [CHUNKED, *chunked(*HELLO)]]
    assert (await told())[-1] == Finished("Hello.")
    assert [seen.headers["idempotency-key"] for seen in server.seen] == ["run:1:1"] * 3


async def test_too_many_requests_are_tried_again_when_the_server_says(server):
    server.answers = [status(429, b"", "retry-after: 0.01"), [CHUNKED, *chunked(*HELLO)]]
    assert (await told())[-1] == Finished("Hello.")
    assert len(server.seen) == 2


@pytest.mark.parametrize(
    ("header", "seconds"), [("retry-after: 3600", 3600.0), ("retry-after: -1", 0.0)]
)
async def test_how_long_the_server_asks_to_wait_is_known(server, header, seconds):
    server.answers = [status(429, trouble("rate_limit_exceeded", "slow down"), header)]
    error = await failed()
    assert (error.code, error.retry_after_s) == ("model_rate_limited", seconds)
    assert len(server.seen) == (1 if seconds else streaming.ATTEMPTS)


async def test_a_wait_that_is_longer_than_the_time_left_is_not_begun(server):
    server.answers = [status(429, b"", "retry-after: 4")]
    assert (await failed(timeout_s=2)).code == "model_rate_limited"
    assert len(server.seen) == 1


async def test_a_refusal_without_an_end_is_read_in_part(server):
    head = b"HTTP/1.1 400 X\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n"
    server.answers = [[head, *[b"x" * 65_536] * 3, HOLD]]
    error = await failed()
    assert error.code == "model_refused"
    assert len(error.detail) <= 500
    await server.gone.wait()
    assert pool.MAX_ERROR_BYTES <= 65_536


async def test_nobody_there(settings, server):
    settings.OPENAI_BASE_URL = "http://127.0.0.1:1/v1"
    error = await failed()
    assert (error.code, error.retryable) == ("model_unavailable", True)
    assert "OPENAI_BASE_URL" in error.public_message


async def test_half_a_character_is_refused_before_it_is_sent(server):
    error = await failed(asking(messages=[{"role": "user", "content": "\ud83d"}]))
    assert error.code == "model_refused"
    assert "half of a character" in error.public_message
    assert not server.seen
