"""One run of an executor, without rows: a spec, a call, an outcome."""

import asyncio

from django.db import connections

from tools_library.engine.deadline import SystemClock
from tools_library.engine.engine import run
from tools_library.engine.registry import executor_for
from tools_library.engine.secrets import FixedSecrets
from tools_library.engine.types import ToolCall, ToolOutcome, ToolSpec

ANYTHING = {"type": "object", "properties": {}, "additionalProperties": True}


def go(
    configuration: dict,
    arguments: dict | None = None,
    *,
    secrets: dict[str, str] | None = None,
    parameters: dict = ANYTHING,
    side_effect: str = "read",
    retries: int = 0,
    seconds: float = 60.0,
    context: dict | None = None,
) -> ToolOutcome:
    """Run a tool of the configuration's kind."""
    kind = configuration["type"]
    spec = ToolSpec("tool", kind, configuration, parameters, side_effect, retries)
    call = ToolCall(
        "9b1d7c2e-0000-4000-8000-000000000001",
        arguments or {},
        {"organization_id": 7, "phone_number": "+12025550123", **(context or {})},
        seconds,
        secrets=FixedSecrets(secrets),
    )
    return run(spec, call, executor_for(kind), SystemClock())


async def go_async(*args, **kwargs) -> ToolOutcome:
    """Run in a thread, so that a stand-in in this loop can answer."""

    def work() -> ToolOutcome:
        try:
            return go(*args, **kwargs)
        finally:
            connections.close_all()

    return await asyncio.to_thread(work)
