"""A live call's tools that somebody must say yes to: what the session is told and witnesses."""

import asyncio
import threading
import time
from datetime import timedelta
from functools import partial
from types import SimpleNamespace

import pytest
from django.utils import timezone

from calls.bridge.ports import Said, ToolCall
from calls.services import tool_port
from calls.services.pool import in_pool
from calls.services.tool_port import CallTools
from tests.factories.assistants import make_assistant
from tests.factories.organizations import make_member, make_organization
from tests.factories.tools import make_tool, origin
from tools_library.approvals import answering
from tools_library.approvals.answering import Answer
from tools_library.models import Approval, ToolExecution
from tools_library.services import catalog
from tools_library.services.outcomes import process_listener

pytestmark = pytest.mark.usefixtures("calls_db")


class Session:
    """Keeps what it is told."""

    def __init__(self):
        self.told = []

    def __getattr__(self, name):
        return lambda *args: self.told.append((name, *args))


class Line:
    """The tools of one call."""

    def __init__(self, **tool):
        self.organization = make_organization()
        entry = catalog.for_tool(make_tool(self.organization, side_effect="write", **tool))
        opening = SimpleNamespace(
            tools={entry.name: entry},
            origin=origin(
                self.organization, trigger="call", source_kind="call", source_id="1", reply_to="x"
            ),
        )
        self.session = Session()
        self.tools = CallTools(opening, lambda: self.session, lambda: 0)

    async def start(self, call_id, said=()):
        self.session.told.clear()
        self.tools.start(ToolCall(call_id, "lookup_order", '{"order_id": "7"}', said))
        await self.settled()
        return self.session.told

    async def settled(self):
        while self.tools._tasks:
            await asyncio.gather(*self.tools._tasks)


@pytest.fixture(autouse=True)
def _no_jobs(monkeypatch):
    monkeypatch.setattr("tools_library.services.queues.enqueue", lambda *args, **queue: None)


async def test_a_caller_is_asked_and_their_yes_sets_the_waiting_run_going():
    line = await in_pool(partial(Line, require_confirmation=True))
    ((name, call_id, question, output),) = await line.start("c1")
    assert (name, call_id) == ("on_tool_question", "c1")
    assert "exactly the same arguments" in output and '"success": false' in output
    ((name, call_id, same, output),) = await line.start("c2")
    assert (name, same) == ("on_tool_question", question), "too early: the question stands"
    assert "not answered" in output
    asked = timezone.now() - timedelta(seconds=9)
    await in_pool(partial(Approval.unscoped.update, asked_at=asked))
    turn = time.monotonic()
    heard = turn - 3
    line.tools.heard(question, heard)
    await line.settled()
    approval = await in_pool(Approval.unscoped.get)
    assert (approval.expires_at - approval.heard_at).total_seconds() == 60
    assert await line.start("c3", (Said(question, heard, turn),)) == []
    rows = await in_pool(list, ToolExecution.unscoped.order_by("id"))
    assert [(row.tool_call_id, row.status) for row in rows] == [("c3", "queued"), ("c2", "denied")]
    assert str(rows[0].execution_id) in process_listener._expected
    line.tools.abandon()


async def test_the_caller_waits_while_staff_are_asked_and_hears_of_the_answer():
    line = await in_pool(partial(Line, behaviour={"approval": "staff"}))
    ((name, call_id, seconds),) = await line.start("c1")
    assert (name, call_id) == ("on_tool_waiting", "c1") and 115 < seconds <= 120
    await process_listener.start()

    def reject():
        ToolExecution.unscoped.update(reply_to=process_listener.channel)
        approval = Approval.unscoped.select_related("execution").get()
        by = make_member(line.organization, "operator")
        answering.answer(approval, Answer("reject", reason="It was sent."), by=by)

    await in_pool(reject)
    async with asyncio.timeout(60):
        while len(line.session.told) < 2:
            await asyncio.sleep(0.01)
    name, call_id, output = line.session.told[1]
    assert (name, call_id) == ("on_tool_outcome", "c1") and "It was sent" in output
    await process_listener.stop()


class Acting(Line):
    """The same where the call itself is acted on, which staff must agree to."""

    def __init__(self):
        self.organization = make_organization()
        settings = {"enabled_tools": ["press_keys"], "approval": {"press_keys": "staff"}}
        assistant = make_assistant(self.organization, tools_settings=settings)
        opening = SimpleNamespace(
            tools={tool.name: tool for tool in catalog.for_assistant(assistant)},
            origin=origin(
                self.organization, trigger="call", source_kind="call", source_id="1",
                reply_to=process_listener.channel,
            ),
        )  # fmt: skip
        self.session = Session()
        self.tools = CallTools(opening, lambda: self.session, lambda: 0)
        self.call = ToolCall("c1", "press_keys", '{"digits": "12"}')

    def approve(self):
        """Staff agree."""
        approval = Approval.unscoped.select_related("execution").get()
        by = make_member(self.organization, "operator")
        answering.answer(approval, Answer("approve"), by=by)

    async def approved(self):
        """Staff agree, and the session is told."""
        await in_pool(self.approve)
        async with asyncio.timeout(60):
            while not any(told[0] == "on_tool_allowed" for told in self.session.told):
                await asyncio.sleep(0.01)
        await self.settled()


@pytest.fixture
async def listener():
    await process_listener.start()
    yield
    await process_listener.stop()


async def run():
    return await in_pool(ToolExecution.unscoped.get)


async def test_what_staff_agree_to_is_performed_by_the_call_and_ends_as_it_says(listener):
    line = await in_pool(Acting)
    line.tools.start(line.call)
    await line.settled()
    assert line.session.told[0][0] == "on_tool_waiting"
    await line.approved()
    assert line.session.told[-1] == ("on_tool_allowed", "c1", {"digits": "12"})
    row = await run()
    assert row.status == "running"
    assert 25 < (row.deadline_at - row.started_at).total_seconds() <= 30
    line.tools.begin_here(line.call)
    line.tools.finish_here("c1", "", "Pressed 12.")
    await line.settled()
    row = await run()
    assert (row.status, row.message) == ("success", "Pressed 12.")


async def test_what_is_turned_down_after_the_yes_has_a_run_that_says_so(listener):
    line = await in_pool(Acting)
    line.tools.start(line.call)
    await line.settled()
    await line.approved()
    line.tools.refuse(line.call, "cancelled", "The call is being ended already.")
    await line.settled()
    row = await run()
    assert (row.status, row.message) == ("cancelled", "The call is being ended already.")


@pytest.mark.parametrize("when", ["not yet", "written down", "agreed to", "agreed, unreadable"])
async def test_a_call_that_ends_first_leaves_no_act_waiting(listener, when, monkeypatch):
    line = await in_pool(Acting)
    line.tools.start(line.call)
    if when != "not yet":
        await line.settled()
    if when.startswith("agreed"):
        read, reading, over = tool_port._run_of, threading.Event(), threading.Event()

        def read_late(execution_id):
            reading.set()
            assert over.wait(60)
            if when == "agreed, unreadable":
                raise OSError("no database")
            return read(execution_id)

        monkeypatch.setattr(tool_port, "_run_of", read_late)
        await in_pool(line.approve)
        assert await asyncio.to_thread(reading.wait, 60)
    line.tools.abandon()
    if when.startswith("agreed"):
        over.set()
    await line.tools.settled(60)
    assert (await run()).status == "cancelled"
    assert not line.tools._tasks
    assert str((await run()).execution_id) not in process_listener._expected
