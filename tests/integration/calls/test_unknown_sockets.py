"""A WebSocket at a path that nobody serves is refused, not a fault."""

import asyncio
import logging

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

PATHS = ["/", "/ws", "/ws/calls", "/ws/calls/abc", "/twilio/media", "/twilio/media/a/b", "/é"]


@pytest.mark.parametrize("path", PATHS)
def test_an_unknown_path_is_refused(site, caplog, path):
    async def ask():
        with pytest.raises(InvalidStatus) as refusal:
            async with connect(f"ws://127.0.0.1:{site.port}{path}"):
                raise AssertionError("the socket opened")
        return refusal.value.response.status_code

    with caplog.at_level(logging.ERROR):
        assert asyncio.run(ask()) == 403
    assert not caplog.records
