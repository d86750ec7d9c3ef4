"""The stand-ins on a free port, in the test's own loop; AWS and the door know them."""

import pytest

from voiceassist.demo.stand_ins import StandInServer


@pytest.fixture
async def stand_ins(settings):
    async with StandInServer() as server:
        settings.AWS_ENDPOINT_URL = server.url
        settings.AWS_HOST_CREDENTIALS_FOR = frozenset()
        settings.OUTBOUND_ALLOW = [f"127.0.0.1:{server.port}"]
        yield server
