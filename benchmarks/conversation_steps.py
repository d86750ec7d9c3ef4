"""As a program: times steps of conversations and their bare SQL on the environment's database.

The model answers at once, so that a step's time is ours. A step's statements are recorded from
one conversation and played, in the same transactions, for others that stand at the same place.
"""

import asyncio
import json
import re
import sys
import time
import uuid
from datetime import timedelta

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.db.backends.base.base import BaseDatabaseWrapper  # noqa: E402
from django.db.backends.utils import CursorWrapper  # noqa: E402

from tests.factories.conversations import (  # noqa: E402
    give_browser_tool,
    make_conversation,
    make_participant,
)
from voiceassist.conversations.models import AgentRun, Conversation  # noqa: E402
from voiceassist.conversations.services import database, leases, starting  # noqa: E402
from voiceassist.conversations.services.driving import driver  # noqa: E402
from voiceassist.foundation.events.transport import live_loop  # noqa: E402
from voiceassist.foundation.providers import chat  # noqa: E402
from voiceassist.foundation.providers.chat import Finished, TextDelta  # noqa: E402

WARM = 20
_FAR = {Conversation: 10_000_000, AgentRun: 20_000_000}
"""Where ids begin, so that no other number in a statement is one of them."""


class Recorder:
    """What one step asks of the database, transaction by transaction."""

    def __init__(self):
        self.transactions = []
        self._open = {}

    def __enter__(self):
        self._execute, self._commit = CursorWrapper.execute, BaseDatabaseWrapper._commit
        recorder = self

        def execute(cursor, sql, params=None):
            if "SAVEPOINT" not in sql:  # how Django nests, no part of the work
                recorder._open.setdefault(id(cursor.db), []).append((sql, params))
            return recorder._execute(cursor, sql, params)

        def commit(wrapper):
            done = recorder._open.pop(id(wrapper), None)
            if done:
                recorder.transactions.append(done)
            return recorder._commit(wrapper)

        CursorWrapper.execute, BaseDatabaseWrapper._commit = execute, commit
        return self

    def __exit__(self, *error):
        CursorWrapper.execute, BaseDatabaseWrapper._commit = self._execute, self._commit
        self.transactions += [each for each in self._open.values() if each]


class Model:
    """Says a sentence, or calls the browser's tool, at once; its time is kept."""

    def __init__(self, calls):
        self.calls = calls

    async def stream(self, request, *, timeout_s):
        call = chat.AssembledToolCall("call_1", "ask_person", '{"question": "Sure?"}')
        if not self.calls:
            yield TextDelta("It is on its way.")
            yield Finished("It is on its way.", (), "stop", {})
        else:
            yield Finished("", (call,), "tool_calls", {})


def main(rounds):
    """Print for each kind of step its times and those of its bare statements, in ms."""
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        for model, start in _FAR.items():
            table = model._meta.db_table
            cursor.execute(f"ALTER TABLE {table} ALTER COLUMN id RESTART WITH {start}")
    found = {}
    for kind in ("answer", "browser_call"):
        chat.stream = Model(calls=kind == "browser_call").stream
        found[kind] = asyncio.run(_measured(rounds))
    database.threads.close_connections()
    print(json.dumps(found))


async def _measured(rounds):
    live_loop.bind(asyncio.get_running_loop())
    drive, driver.drive = driver.drive, lambda run: None
    try:
        made = await asyncio.to_thread(_prepared, WARM + 1 + 2 * rounds)
    finally:
        driver.drive = drive
    for run in made[:WARM]:
        await driver._drive(run[0])
    with Recorder() as recorder:
        await driver._drive(made[WARM][0])
    replay = Replay(recorder.transactions, made[WARM])
    steps, bare = [], []
    for number in range(rounds):  # one after the other: both see the same machine
        run, other = made[WARM + 1 + 2 * number], made[WARM + 2 + 2 * number]
        began = time.perf_counter()
        await driver._drive(run[0])
        steps.append((time.perf_counter() - began) * 1_000)
        bare.append(await asyncio.to_thread(replay.play, other))
    await asyncio.to_thread(replay.close)
    return {"statements": replay.statements, "transactions": len(recorder.transactions),
            "steps": steps, "bare": bare}  # fmt: skip


def _prepared(count):
    who = make_participant()
    first = make_conversation(who)
    give_browser_tool(first.assistant)
    made = []
    for _ in range(count):
        conversation = make_conversation(who, assistant=first.assistant)
        run = starting.say(conversation, "Where is my order?").run
        made.append((run.pk, conversation.pk, conversation.thread_id))
    connection.close()
    return made


class Replay:
    """Plays a step's statements bare: one connection of psycopg, prepared beforehand."""

    def __init__(self, transactions, recorded):
        import psycopg
        from django.db import connections

        self._recorded = {known: place for place, known in enumerate(recorded)}
        self._transactions = transactions
        self.statements = sum(map(len, transactions))
        params = connections["default"].get_connection_params()
        for name in ("cursor_factory", "context", "server_side_binding"):
            params.pop(name, None)
        self._connection = psycopg.connect(**params, cursor_factory=psycopg.ClientCursor)

    def play(self, other):
        """Return the ms that the statements take for another conversation."""
        fresh = {}
        played = [
            [(sql, self._for(params, other, fresh)) for sql, params in each]
            for each in self._transactions
        ]
        cursor = self._connection.cursor()
        began = time.perf_counter()
        for each in played:
            for sql, params in each:
                cursor.execute(sql, params)
                if cursor.description:
                    cursor.fetchall()
            self._connection.commit()
        return (time.perf_counter() - began) * 1_000

    def close(self):
        """Close."""
        self._connection.close()

    def _for(self, value, other, fresh):
        if isinstance(value, (tuple, list)):
            return type(value)(self._for(each, other, fresh) for each in value)
        if isinstance(value, bool):
            return value
        if isinstance(value, int) and value in self._recorded:
            return other[self._recorded[value]]
        if isinstance(value, uuid.UUID):
            return fresh.setdefault(value, uuid.uuid4())
        if isinstance(value, str):
            for known, place in self._recorded.items():
                value = re.sub(rf"\b{known}\b", str(other[place]), value)
        return value


if __name__ == "__main__":
    leases.LEASE = timedelta(seconds=60)
    main(int(sys.argv[1]))
