"""Outcomes reach whoever waits: callbacks, futures, early ones, forgotten ones."""

import asyncio
import uuid

import pytest
from channels.layers import get_channel_layer

from tests.factories.tools import endpoint_configuration, make_tool, origin
from tools_library.services import execution
from tools_library.services.outcomes import OutcomeListener

pytestmark = pytest.mark.embedded


def message(execution_id, **more):
    return {
        "type": "execution.outcome", "execution_id": str(execution_id), "status": "success",
        "output": {"success": True, "message": "m"}, "error_code": "", "message": "m",
        "duration_ms": 5, "retry_count": 0, **more,
    }  # fmt: skip


@pytest.fixture
async def listener():
    made = OutcomeListener()
    await made.start()
    yield made
    await made.stop()
    layer = get_channel_layer()
    if hasattr(layer, "flush"):
        await layer.flush()


async def test_an_outcome_wakes_the_one_who_waits(listener):
    wanted, other = uuid.uuid4(), uuid.uuid4()
    waiting = asyncio.create_task(listener.wait(wanted, 60))
    unmoved = asyncio.create_task(listener.wait(other, 0.3))
    layer = get_channel_layer()
    await layer.send(listener.channel, {"type": "something.else"})
    await layer.send(listener.channel, message(wanted))
    outcome = await waiting
    assert (outcome.status, outcome.output["message"], outcome.duration_ms) == ("success", "m", 5)
    with pytest.raises(TimeoutError):
        await unmoved


async def test_an_outcome_that_comes_first_is_kept(listener):
    early, after = uuid.uuid4(), uuid.uuid4()
    layer = get_channel_layer()
    await layer.send(listener.channel, message(early))
    await layer.send(listener.channel, message(after))
    await listener.wait(after, 60)
    got = []
    listener.expect(early, got.append)
    assert [outcome.status for outcome in got] == ["success"]


async def test_each_callback_is_called_once_and_one_that_fails_harms_nobody(listener, caplog):
    layer, first, second, got = get_channel_layer(), uuid.uuid4(), uuid.uuid4(), []

    def fail(outcome):
        got.append(outcome)
        raise ValueError("mine")

    listener.expect(first, fail)
    for _ in range(2):
        await layer.send(listener.channel, message(first))
    await layer.send(listener.channel, message(second))
    await listener.wait(second, 60)
    assert len(got) == 1 and "could not take its outcome" in caplog.text


async def test_early_outcomes_are_bounded(listener):
    for _ in range(1_100):
        listener._received(message(uuid.uuid4()))
    assert len(listener._early) == 1_000


async def test_starting_twice_keeps_the_channel(listener):
    channel = listener.channel
    await listener.start()
    assert listener.running and listener.channel == channel


@pytest.mark.django_db(transaction=True)
def test_waiting_inside_a_transaction_is_refused(organization):
    from django.db import transaction

    tool = make_tool(organization)
    with transaction.atomic(), pytest.raises(RuntimeError, match="transaction"):
        execution.run_and_wait(tool, {}, origin(organization))


@pytest.mark.django_db(transaction=True)
def test_many_slow_calls_in_this_process_run_side_by_side(organization, tool_server, settings):
    settings.JOBS_RUNNER = "in_process"
    tool = make_tool(organization, configuration=endpoint_configuration(f"{tool_server.url}/slow"))
    tool_server.gate.clear()
    rows = [execution.request(tool, {"order_id": "1"}, origin(organization)) for _ in range(20)]
    for _ in rows:
        assert tool_server.arrived.acquire(timeout=60)
    tool_server.gate.set()
    last = execution.run_and_wait(tool, {"order_id": "1"}, origin(organization))
    assert last.status == "success"
    from voiceassist.foundation.jobs import queueing

    runner = queueing._runner("in_process")
    from tests.services.ports import wait_for

    wait_for(lambda: not runner._open, seconds=60, what="the other runs")
