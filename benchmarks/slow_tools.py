"""Runs a fast endpoint tool alone and beside 50 slow ones; prints its times as one JSON line.

A program of its own, so that settings name the runner: threads of this process, or Celery.
"""

import json
import sys
import time
from dataclasses import replace
from typing import Any

import django

SLOW = 50
FAST = 25


def measure(port: int) -> dict[str, Any]:
    """Return the fast tool's times in ms from the request to the ended row."""
    from tests.factories.tools import endpoint_configuration, make_tool, origin
    from tools_library.choices import FINAL_STATUSES
    from tools_library.models import ToolExecution
    from tools_library.services import execution
    from voiceassist.organizations.models import Organization

    organization = Organization.objects.create(name="Slow and fast", slug="slow-and-fast")
    fast, slow = (
        make_tool(
            organization,
            name=name,
            timeout_seconds=30,
            configuration=endpoint_configuration(f"http://127.0.0.1:{port}/{name}"),
        )
        for name in ("fast", "slow")
    )
    where = replace(origin(organization), trigger="chat")

    def runs(name: str) -> list[float]:
        times = []
        for number in range(FAST):
            began = time.perf_counter()
            row = execution.run_and_wait(fast, {"order_id": f"{name}-{number}"}, where)
            assert row.status == "success", (row.status, row.message, row.error_message)
            times.append((time.perf_counter() - began) * 1_000)
        return times

    runs("warming")
    alone = runs("alone")
    rows = [execution.request(slow, {"order_id": str(number)}, where) for number in range(SLOW)]
    beside = runs("beside")
    mine = ToolExecution.unscoped.filter(execution_id__in=[row.execution_id for row in rows])
    assert mine.exclude(status__in=FINAL_STATUSES).count() == SLOW, "the slow ones were over"
    return {"alone": alone, "beside": beside}


if __name__ == "__main__":
    django.setup()
    sys.stdout.write(json.dumps(measure(int(sys.argv[1]))) + "\n")
    sys.stdout.flush()
