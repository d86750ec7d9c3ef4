"""What an MCP tool may be configured as, and how its server's events are read."""

import pytest
from pydantic import ValidationError

from tools_library.engine.errors import ToolResponseError
from tools_library.executors.mcp.config import McpConfig
from tools_library.executors.mcp.wire import answer_to

GOOD = {"type": "mcp", "url": "https://mcp.example.com/mcp", "tool": "find_bicycle"}


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"url": "ftp://mcp.example.com"}, "url"),
        ({"url": "https://${host}/mcp"}, "url"),
        ({"tool": ""}, "tool"),
        ({"tool": "a b"}, "tool"),
        ({"headers": {"Mcp-Session-Id": "x"}}, "headers"),
        ({"headers": {"a b": "x"}}, "headers"),
        ({"authentication": {"type": "bearer"}}, "authentication"),
        ({"command": "npx"}, "command"),
    ],
)
def test_what_is_wrong_names_its_field(changes, where):
    with pytest.raises(ValidationError) as raised:
        McpConfig.model_validate({**GOOD, **changes})
    assert raised.value.errors()[0]["loc"][0] == where


def test_addresses_that_the_door_refuses_are_problems():
    config = McpConfig.model_validate({**GOOD, "url": "http://10.0.0.1/mcp"})
    assert "url" in config.problems()
    assert not McpConfig.model_validate(GOOD).problems()


MESSAGE = '{"jsonrpc": "2.0", "id": 7, "result": {"a": 1}}'


@pytest.mark.parametrize(
    "stream",
    [
        f"data: {MESSAGE}\n\n",
        f"\ufeffevent: message\r\nid: 1\r\ndata:{MESSAGE}\r\n\r\n",
        f": hello\n\ndata:\n\nretry: 5\ndata: {MESSAGE}\n\n",
        'data: {"jsonrpc": "2.0", "id": 7, "method": "ping"}\n\n'
        'data: {"jsonrpc": "2.0", "id": 6, "result": {}}\n\n'
        f"data: {MESSAGE}\r\r",
        'data: {"jsonrpc": "2.0", "id": 7,\ndata: "result": {"a": 1}}\n\n',
    ],
)
def test_the_answer_is_found_among_events(stream):
    assert answer_to(7, stream.encode(), "text/event-stream; charset=utf-8")["result"] == {"a": 1}


def test_the_answer_is_found_in_a_batch():
    body = f'[{{"jsonrpc": "2.0", "method": "x"}}, {MESSAGE}]'.encode()
    assert answer_to(7, body, "application/json")["result"] == {"a": 1}


def test_a_stream_that_is_left_in_the_middle_of_a_letter_has_its_answer():
    answer = 'data: {"jsonrpc":"2.0","id":7,"result":{"a":"é"}}\n\n'
    later = 'data: {"jsonrpc":"2.0","method":"notifications/message","params":{"data":"é'
    body = (answer + later).encode()[:-1]
    assert answer_to(7, body, "text/event-stream")["result"] == {"a": "é"}


@pytest.mark.parametrize("stream", ["", "data: 5\n\n", f"data: {MESSAGE}", "data: [1]\n\n"])
def test_a_stream_without_the_answer(stream):
    with pytest.raises(ToolResponseError):
        answer_to(7, stream.encode(), "text/event-stream")
