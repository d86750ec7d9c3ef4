"""As a program: people talk with an agent whose servers are killed; prints an account as JSON.

Two servers on the environment's database and Redis, each forked anew where it was killed; the
model's stand-in and the server of the agent's tools live in this process and count what they were
asked.
"""

import json
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from itertools import pairwise
from pathlib import Path

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402

from benchmarks.conversation_soak_cuts import STORY, cut_at_every_event  # noqa: E402
from benchmarks.conversation_soak_people import Agent, Person  # noqa: E402
from tests.factories.assistants import make_assistant  # noqa: E402
from tests.factories.conversations import NOTIFY, give_browser_tool  # noqa: E402
from tests.factories.organizations import make_key, make_organization  # noqa: E402
from tests.factories.tools import assign, endpoint_configuration, make_tool  # noqa: E402
from tests.integration.conversations.processes import Nursery, StandIns  # noqa: E402
from tests.security.outbound.servers import RawServer, ok  # noqa: E402
from tests.services.ports import NotReadyError, wait_for  # noqa: E402
from tools_library.models import ToolExecution  # noqa: E402
from voiceassist.conversations.models import AgentRun, RunEvent, ToolProposal  # noqa: E402

SERVERS = 2
WITHIN_S = 15
CHUNK_MS = 25
"""How fast the model speaks: slowly enough to be cut."""
RESULTS = ("tool_call_result", "tool_call_resolved", "tool_call_expired")
NOTE = {"type": "object", "properties": {"note": {"type": "string"}}, "required": ["note"]}


class Tools:
    """The server of the agent's tools: slow now and then, counts what it received."""

    def __init__(self):
        self.received = Counter()
        self._dice = random.Random(7)
        self.server = RawServer(self._handle)

    def _handle(self, server, connection):
        while request := server.read_request(connection):
            head, _, body = request.partition(b"\r\n\r\n")
            path, note = head.split()[1].decode(), json.loads(body)["note"]
            self.received[path, note] += 1
            server.ended.wait(self._dice.random() * 0.4)
            message = STORY if path == "/tell_story" else "Done."
            answer = json.dumps({"success": True, "message": message}).encode()
            connection.sendall(ok(answer, b"Content-Type: application/json"))


class Crew:
    """Servers that are killed and come back."""

    def __init__(self, stand_ins, tools, log):
        self._dice = random.Random(7)
        self.kills = []
        with ThreadPoolExecutor(SERVERS) as pool:
            made = [
                pool.submit(Nursery, stand_ins.server, log, tools_port=tools.server.port)
                for _ in range(SERVERS)
            ]
        self.nurseries = [each.result() for each in made]
        self.servers = [nursery.serve() for nursery in self.nurseries]

    def origins(self):
        """Return where the servers answer, or did."""
        return [server.url for server in self.servers]

    def kill(self):
        """Kill one, every third time all; return once they are back."""
        number = self._dice.randrange(SERVERS)
        killed = range(SERVERS) if len(self.kills) % 3 == 2 else [number]
        self.kills.append(max([self.servers[place].kill() for place in killed]))
        for place in killed:
            self.servers[place] = self.nurseries[place].serve()

    def stop(self):
        """Let them end."""
        for nursery in self.nurseries:
            nursery.stop()


def main(talks, kills):
    """Let people pause their conversations, then answer, among kills; cut a long run."""
    call_command("migrate", verbosity=0)
    with ExitStack() as stack:
        stand_ins, tools = StandIns(), Tools()
        stack.callback(stand_ins.stop)
        stack.callback(tools.server.stop)
        slug, key = _agent(tools.server.port)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="soak-")))
        crew = Crew(stand_ins, tools, folder / "servers.log")
        stack.callback(crew.stop)
        agent = Agent(slug, key, crew.origins)
        stand_ins.server.behave(chat_chunk_ms=CHUNK_MS)
        people = [Person(agent, f"talk-{number}") for number in range(talks)]
        began = time.monotonic()
        first = kills // 3
        _among_kills("paused", [person.pause for person in people], crew, first)
        _among_kills("answered", [person.answer for person in people], crew, kills - first)
        seconds = round(time.monotonic() - began, 1)
        found = _account(people, crew, stand_ins, tools)
        print(f"soak: cutting a long run at every event, after {seconds} s", flush=True)
        cuts = cut_at_every_event(*crew.origins(), slug, key, stand_ins.server)
    print(json.dumps({"talks": {**found, "seconds": seconds}, "cuts": cuts}), flush=True)


def _among_kills(what, works, crew, kills):
    """Do all works, an equal share of them begun before each kill, which comes as some have ended.

    How many: that is random, so that the slowest machine gets on as well.
    """
    dice, share, begun = random.Random(kills), -(-len(works) // kills), []

    def done():
        return sum(each.done() for each in begun)

    with ThreadPoolExecutor(len(works)) as pool:
        for number in range(kills):
            batch = works[number * share : (number + 1) * share]
            wanted = done() + int(dice.random() * len(batch))
            begun += [pool.submit(work) for work in batch]
            with suppress(NotReadyError):
                wait_for(lambda wanted=wanted: done() >= wanted, seconds=WITHIN_S, what=what)
            threading.Event().wait(dice.random())
            crew.kill()
            print(f"soak: {done()} of {len(works)} {what}, {len(crew.kills)} kills", flush=True)
        for each in begun:
            each.result()


def _agent(port):
    """Make an agent with a tool that reads, one that needs a yes, and two in the browser."""
    settings.OUTBOUND_ALLOW = [f"127.0.0.1:{port}"]
    organization = make_organization()
    assistant = make_assistant(organization)
    give_browser_tool(assistant, "show_notification", function_definition=NOTIFY)
    give_browser_tool(assistant, "confirm_action")
    for name, values in (
        ("look_up", {"side_effect": "read"}),
        ("tell_story", {"side_effect": "read"}),
        ("mail_it", {"side_effect": "write", "require_confirmation": True}),
    ):
        configuration = endpoint_configuration(f"http://127.0.0.1:{port}/{name}")
        tool = make_tool(
            organization, name=name, display_name=name, configuration=configuration,
            function_definition=NOTE, timeout_seconds=25, **values,
        )  # fmt: skip
        assign(assistant, tool)
    return assistant.slug, make_key(organization)[1]


def _account(people, crew, stand_ins, tools):
    told = Counter(one for person in people for one in person.told)
    steps = _steps(stand_ins.asked(), crew.kills)
    calls = list(ToolProposal.unscoped.values("tool_call_id", "status", "output", "execution"))
    ends = RunEvent.unscoped.filter(type__in=RESULTS).values_list("data", flat=True)
    results = Counter(data["tool_call_id"] for data in ends)
    assert len(calls) == 4 * len(people), len(calls)
    off = [
        call for call in calls
        if not call["output"] or results[call["tool_call_id"]] != 1 or call["execution"] is None
    ]  # fmt: skip
    once = {call["execution"] for call in calls}
    failed = ToolExecution.unscoped.exclude(status="success")
    received = tools.received.items()
    return {
        "conversations": len(people),
        "completed": AgentRun.unscoped.filter(status="completed").count(),
        "servers_killed_at": [round(kill - crew.kills[0], 1) for kill in crew.kills],
        "calls": dict(Counter(call["status"] for call in calls)),
        "failed_with": dict(Counter(failed.values_list("error_code", flat=True))),
        "results_off": len(off) + abs(len(once) - ToolExecution.unscoped.count()),
        "told": dict(Counter(word for (_, word), n in told.items() for _ in range(n))),
        "taken_twice": sum(n > 1 for (_, word), n in told.items() if word == "taken"),
        "changes_twice": sum(n > 1 for (path, _), n in received if path == "/mail_it"),
        "reads_again": sum(n > 1 for (path, _), n in received if path == "/look_up"),
        "errors": sum(people[0].agent.errors.values()),
        "errors_by_route": dict(people[0].agent.errors),
        **steps,
    }


def _steps(asked, kills):
    """Count the steps that the model was asked for; again only where a kill lies between."""
    wanted = {
        f"{run}:{step}" for run in AgentRun.unscoped.values_list("run_id", flat=True)
        for step in (1, 2)
    }  # fmt: skip
    again = [pair for times in asked.values() for pair in pairwise(times)]
    explained = sum(any(a < kill < b for kill in kills) for a, b in again)
    return {
        "steps": len(asked),
        "steps_off": len(wanted ^ set(asked)),
        "asked_again": len(again),
        "asked_again_unexplained": len(again) - explained,
    }


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
