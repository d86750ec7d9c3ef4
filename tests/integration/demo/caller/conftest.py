"""A product made for tests, and a caller that rings it."""

import pytest

from tests.integration.demo.caller.product import TOKEN, Product, serving
from voiceassist.demo import scenario as scenarios
from voiceassist.demo.caller import SimulatedCall


class QuickVoice:
    """Says anything in 300 ms."""

    async def say(self, text: str, language: str = "en", role: str = "assistant") -> bytes:
        return b"\x10\x90" * 1200


@pytest.fixture
async def product(free_port):
    async with serving(Product(), free_port) as running:
        running.pages["/twilio/voice"] = running.stream()
        yield running


@pytest.fixture
def caller(product):
    """Return a call whose caller does the given steps."""

    def make(*steps, **options) -> SimulatedCall:
        scenario = scenarios.Scenario(name="test", description="", caller=steps)
        given = {
            "account_sid": "AC" + "1" * 32,
            "to": "+12025550100",
            "from_": "+12025550142",
            "scenario": scenario,
            "voice": QuickVoice(),
            "seconds": 120,
            **options,
        }
        return SimulatedCall(given.pop("url", product.url), TOKEN, **given)

    return make
