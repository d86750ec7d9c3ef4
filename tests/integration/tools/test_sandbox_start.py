"""The sandbox, and AWS's SDK, are started with the process that runs tools, not by a tool."""

import os
from pathlib import Path
from unittest.mock import AsyncMock, Mock

import pytest

from config import celery, lifespan
from tests.factories.processes import celery_worker
from tests.security.sandbox import walls
from tests.services.ports import wait_for


def zygotes() -> set[int]:
    """The sandboxes' processes below this one."""
    found = set()
    for pid in walls.descendants(os.getpid()):
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            continue
        if b"tools_library.sandbox.zygote" in command:
            found.add(pid)
    return found


@pytest.mark.django_db(transaction=True)
def test_a_worker_starts_it_before_any_tool_runs(tmp_path, tool_server):
    before = zygotes()
    with celery_worker(tmp_path / "worker.log", tools_at=tool_server.port):
        wait_for(lambda: bool(zygotes() - before), seconds=120, what="the sandbox")
    assert zygotes() == before


def test_of_a_pool_of_processes_each_starts_its_own_and_their_parent_none(monkeypatch):
    started = []
    monkeypatch.setattr(celery, "start_sandbox", lambda: started.append("sandbox"))
    monkeypatch.setattr(celery, "start_aws", lambda: started.append("aws"))
    celery.worker_ready.send(sender=Mock(**{"pool.uses_semaphore": True}))
    assert started == []
    celery.worker_process_init.send(sender=None)
    assert started == ["sandbox", "aws"]


@pytest.mark.parametrize(("runner", "times"), [("in_process", 1), ("celery", 0)])
async def test_a_server_starts_it_where_it_runs_tools_itself(settings, monkeypatch, runner, times):
    started = []
    monkeypatch.setattr(lifespan, "start_sandbox", lambda: started.append("sandbox"))
    monkeypatch.setattr(lifespan, "start_aws", lambda: started.append("aws"))
    monkeypatch.setattr(lifespan.jobs, "start_periodic", lambda: None)
    monkeypatch.setattr(lifespan, "process_listener", AsyncMock())  # another loop has it in tests
    settings.JOBS_RUNNER = runner
    tasks = await lifespan.start()
    await lifespan.stop(tasks)
    assert started == ["sandbox", "aws"] * times
