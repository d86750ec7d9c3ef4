"""Hundreds of random calls: every race of section 4 of the protocol, none of which may harm."""

import pytest

from tests.unit.bridge.plans import plan_of
from tests.unit.bridge.world import World

SEEDS = 300


@pytest.mark.parametrize("batch", range(10))
def test_random_calls_keep_every_promise(batch):
    for seed in range(batch * SEEDS // 10, (batch + 1) * SEEDS // 10):
        world = World(seed, plan_of(seed))
        world.run()
        assert world.verdict() == [], f"seed {seed}"


@pytest.mark.parametrize(
    "seed",
    [
        pytest.param(880, id="an item on its way into a cut response must be taken back"),
        pytest.param(5300, id="a lost request must not cut the farewell"),
        pytest.param(8561, id="keys and speech must not delete one item twice"),
    ],
)
def test_calls_that_once_broke_a_promise_keep_it(seed):
    world = World(seed, plan_of(seed))
    world.run()
    assert world.verdict() == []
