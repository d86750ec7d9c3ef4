"""The tool server: what the demo's tools get from it, and how it goes wrong on demand."""

import asyncio
import time

import pytest

from tests.integration.demo.model import ask
from voiceassist.demo.tools import TOOLS


@pytest.fixture
def tool(stand_ins):
    async def call(path, method="POST", body=None):
        return await asyncio.to_thread(ask, f"{stand_ins.url}/tools/{path}", method, body)

    return call


async def test_an_order_is_found(tool):
    status, answer = await tool("orders/lookup", body={"order_id": "1042"})
    assert (status, answer["success"]) == (200, True)
    assert answer["data"]["status"] in answer["message"]
    assert answer["data"]["order_id"] == "1042"


@pytest.mark.parametrize("body", [{"order_id": "9"}, {"order_id": ""}, {}, [1], None])
async def test_an_order_that_is_not_there_is_a_failure_with_words(tool, body):
    status, answer = await tool("orders/lookup", body=body)
    assert (status, answer["success"], answer["data"]) == (200, False, None)
    assert answer["message"]


async def test_parameters_may_come_wrapped(tool):
    body = {"phone_number": "+12025550100", "parameters": {"order_id": "1043"}}
    assert (await tool("orders/lookup", body=body))[1]["success"]


@pytest.mark.parametrize(("day", "success"), [("Friday", True), ("sunday", False), ("x", False)])
async def test_a_workshop_day(tool, day, success):
    answer = (await tool("appointments", body={"day": day}))[1]
    assert answer["success"] is success


async def test_slow_takes_as_long_as_asked(tool):
    began = time.monotonic()
    assert (await tool("slow", body={"ms": "300"}))[1]["data"]["waited_ms"] == 300
    assert (await tool("slow?ms=200", "GET"))[1]["success"]
    assert time.monotonic() - began >= 0.5
    assert (await tool("slow?ms=soon", "GET"))[0] == 400


async def test_every_tool_of_the_demo_is_answered(tool):
    values = {"order_id": "1042", "day": "Friday", "ms": "1"}
    for each in TOOLS:
        body = {name: values[name] for name in each.parameters}
        status, answer = await tool(each.path.removeprefix("/tools/"), body=body)
        assert (status, answer["success"]) == (200, True), each.name


@pytest.mark.parametrize("status", [201, 404, 429, 503])
async def test_any_status(tool, status):
    got, answer = await tool(f"status/{status}")
    assert got == status
    assert answer["success"] is (status < 400)


async def test_a_redirect_leads_back_here(tool):
    assert (await tool("status/302", "GET"))[1]["data"]["path"] == "/tools/echo"


async def test_a_wrong_status_is_said_to_be_one(tool):
    assert (await tool("status/99"))[0] == 400
    assert (await tool("status/abc"))[0] == 400


async def test_garbage_is_no_json(tool):
    with pytest.raises(ValueError):
        await tool("garbage")


async def test_echo_shows_what_arrived(tool):
    data = (await tool("echo?a=1", "PUT", {"b": 2}))[1]["data"]
    assert (data["method"], data["query"], data["json"]) == ("PUT", {"a": ["1"]}, {"b": 2})
    assert "host" in data["headers"]


async def test_an_unknown_path_names_the_known_ones(tool):
    status, answer = await tool("nope")
    assert status == 404
    assert "orders/lookup" in answer["message"]


async def test_the_log_counts_runs_and_is_bounded(tool, stand_ins):
    for number in ("1", "2"):
        await tool("orders/lookup", body={"order_id": number})
    requests = (await tool("_log", "GET"))[1]["requests"]
    assert [each["json"]["order_id"] for each in requests] == ["1", "2"]
    assert requests[0]["path"] == "/tools/orders/lookup"
    assert stand_ins.app.tools.log.maxlen
    assert (await tool("_log", "DELETE"))[1]["requests"] == []


async def test_other_paths_are_not_found(stand_ins):
    status, answer = await asyncio.to_thread(ask, f"{stand_ins.url}/v2/nothing")
    assert status == 404
    assert "/v2/nothing" in answer["message"]
