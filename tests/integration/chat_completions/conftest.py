"""A server to be hostile, named in the settings; clients end with their loop."""

import pytest

from tests.integration.chat_completions.raw_server import RawServer


@pytest.fixture
async def server(settings):
    async with RawServer() as server:
        settings.OPENAI_BASE_URL = server.url
        settings.OPENAI_API_KEY = "sk-test-key"
        yield server
