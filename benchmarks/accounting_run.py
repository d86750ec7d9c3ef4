"""Asks for tool runs as fast as told, waits for their ends, and prints an account of them.

A program of its own beside the workers that `accounting` kills. Lines that begin with `asked` tell
how far it is; the last one is the account as JSON.
"""

import json
import random
import sys
import threading
import time
from typing import Any

import django

SIDE_EFFECTS = ("read", "idempotent", "write", "irreversible")
TRIGGERS = ("call", "chat", "sms", "api", "test", "webhook")
SECONDS_PER_RUN = 15
REPEATED = 0.1
"""This share of the calls comes twice, as a model repeats itself."""

CODE = """
import requests

def execute_tool(parameters, context):
    requests.post({url!r}, json={{"n": parameters["n"]}}, timeout=5)
    return {{"success": True, "message": "done"}}
"""


def account(port: int, runs: int, per_second: float) -> dict[str, Any]:
    """Return what the rows say once all runs have ended, or time is up."""
    from django.db import connection
    from django.utils import timezone

    from tools_library.services import counting, execution
    from tools_library.services.origins import Origin

    organization, tools = _tools(port)
    dice, plan = random.Random(runs), []
    for n in range(runs):
        tool, trigger = dice.choice(tools), dice.choice(TRIGGERS)
        origin = Origin(organization.pk, trigger, source_kind="chaos", source_id=str(n // 20))
        plan += [(tool, origin, n)] * (2 if dice.random() < REPEATED else 1)
    began, errors = timezone.now(), []
    turn = iter(enumerate(plan))
    taking = threading.Lock()
    start = time.monotonic()

    def ask() -> None:
        while True:
            with taking:
                number, what = next(turn, (None, None))
            if what is None or number is None:
                break
            time.sleep(max(0.0, start + number / per_second - time.monotonic()))
            tool, origin, n = what
            try:
                execution.request(tool, {"n": n}, origin)
            except Exception as error:
                errors.append(repr(error))
            if number % max(1, len(plan) // 40) == 0:
                # One write: lines of several threads must not run together.
                print(f"asked {number} {len(plan)}\n", end="", flush=True)
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("asked", len(plan), len(plan), flush=True)
    _wait_for_the_last()
    counting.fold()
    return {"asked": len(plan), "not_asked": errors, **_count(organization, began)}


def _tools(port: int) -> tuple[Any, list[Any]]:
    from tests.factories.tools import make_tool
    from tools_library.services.catalog import for_tool
    from voiceassist.organizations.models import Organization

    organization = Organization.objects.create(name="Accounting", slug="accounting")
    parameters = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    tools = []
    for side_effect in SIDE_EFFECTS:
        url = f"http://127.0.0.1:{port}/{side_effect}"
        kinds = {
            "endpoint": {"type": "endpoint", "method": "POST", "url": url},
            "python_function": {"type": "python_function", "code": CODE.format(url=url),
                                "allowed_imports": ["requests"]},
        }  # fmt: skip
        for kind, configuration in kinds.items():
            tool = make_tool(
                organization,
                name=f"{kind}_{side_effect}",
                tool_type=kind,
                side_effect=side_effect,
                timeout_seconds=SECONDS_PER_RUN,
                configuration=configuration,
                function_definition=parameters,
            )
            tools += [for_tool(tool)] * (3 if kind == "endpoint" else 1)
    return organization, tools


def _wait_for_the_last() -> None:
    from tools_library.choices import FINAL_STATUSES
    from tools_library.models import ToolExecution

    give_up = time.monotonic() + 90
    open_runs = ToolExecution.unscoped.exclude(status__in=FINAL_STATUSES)
    while open_runs.exists() and time.monotonic() < give_up:
        time.sleep(0.2)


def _count(organization: Any, began: Any) -> dict[str, Any]:
    from collections import Counter

    from django.utils import timezone

    from tools_library.choices import FINAL_STATUSES
    from tools_library.models import Tool, ToolExecution

    rows = list(
        ToolExecution.unscoped.values(
            "tool_id", "tool_name", "status", "error_code", "side_effect", "duplicate_of",
            "input_parameters", "uncounted",
        )
    )  # fmt: skip
    ran = Counter(row["tool_id"] for row in rows if row["duplicate_of"] is None)
    counters = {tool.pk: tool.execution_count for tool in Tool.unscoped.all()}
    return {
        "rows": len(rows),
        "not_final": sum(row["status"] not in FINAL_STATUSES for row in rows),
        "duplicates": sum(row["duplicate_of"] is not None for row in rows),
        "statuses": dict(Counter(f"{row['side_effect']} {row['status']}" for row in rows)),
        "errors": dict(Counter(row["error_code"] for row in rows if row["error_code"])),
        "counters_wrong": sum(counters[pk] != ran[pk] for pk in counters),
        "uncounted": sum(row["uncounted"] for row in rows),
        "succeeded": sorted(
            f"{row['side_effect']} {row['input_parameters']['n']}"
            for row in rows
            if row["status"] == "success" and row["duplicate_of"] is None
        ),
        "seconds": round((timezone.now() - began).total_seconds(), 1),
    }


if __name__ == "__main__":
    django.setup()
    port, runs, per_second = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    print(json.dumps(account(port, runs, per_second)), flush=True)
