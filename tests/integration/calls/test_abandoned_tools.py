"""Runs that are still being written down when the call ends leave nobody waiting."""

import asyncio
import threading
from types import SimpleNamespace

from calls.bridge.ports import ToolCall
from calls.services.tool_port import CallTools
from tools_library.choices import ExecutionStatus
from tools_library.models import ToolExecution
from tools_library.services import execution
from tools_library.services.outcomes import process_listener


async def test_a_run_written_down_after_the_call_has_ended_is_expected_by_nobody(monkeypatch):
    begun, go_on, answers = threading.Event(), threading.Event(), []
    row = ToolExecution(status=ExecutionStatus.PENDING)

    def request(*args, **named):
        begun.set()
        assert go_on.wait(60)
        return row

    monkeypatch.setattr(execution, "request", request)
    monkeypatch.setattr(
        "voiceassist.foundation.database.with_connection", lambda work, *args: work(*args)
    )
    opening = SimpleNamespace(tools={}, origin=None)
    session = SimpleNamespace(on_tool_outcome=lambda *answer: answers.append(answer))
    tools = CallTools(opening, lambda: session, lambda: 0)
    tools.start(ToolCall("fc_1", "lookup_order", "{}"))
    running = set(tools._tasks)
    assert await asyncio.to_thread(begun.wait, 60)
    tools.abandon()
    go_on.set()
    await asyncio.gather(*running)
    assert str(row.execution_id) not in process_listener._expected
    assert answers == []
