"""The stand-ins on a free port, in the test's own loop."""

import pytest

from voiceassist.demo.stand_ins import StandInServer


@pytest.fixture
async def stand_ins():
    async with StandInServer() as server:
        yield server
