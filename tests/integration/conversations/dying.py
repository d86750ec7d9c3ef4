"""`manage.py serve` that is killed (SIGKILL) at one transition of the conversation of its name."""

import os
import signal
import sys

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import transaction  # noqa: E402

from tools_library.services import finishing  # noqa: E402
from voiceassist.conversations.models import Conversation  # noqa: E402
from voiceassist.conversations.services import driving, settling, stepping  # noqa: E402

POINTS = ("claimed", "proposed", "requested", "answered", "due")


def die():
    """End as a crash does."""
    os.kill(os.getpid(), signal.SIGKILL)


def _before(module, name, is_there):
    """Die before a function of a module runs with arguments of which `is_there` is true."""
    work = getattr(module, name)

    def die_or_work(*args, **named):
        if is_there(*args):
            die()
        return work(*args, **named)

    setattr(module, name, die_or_work)


def _die_at(point):
    def ours(conversation_id):
        return Conversation.unscoped.get(pk=conversation_id).thread_id == point

    if point == "claimed":  # the step is this process's, the model was not asked
        _before(driving, "_stream", lambda plan, _: plan.conversation.thread_id == point)
    elif point == "proposed":  # the model's calls are stored, their runs are not
        _before(settling, "settle", ours)
    elif point == "requested":  # their runs are stored, nobody was told
        _before(settling, "_advance", ours)
    elif point == "answered":  # the answer is stored, the next step is not due
        _before(finishing, "finish", _dies_on_commit(ours))
    elif point == "due":  # the next step is due, nobody has begun it
        runs = Conversation.unscoped.filter(thread_id=point, runs__step=2)
        _before(stepping, "begin", lambda run, _: runs.filter(runs=run).exists())


def _dies_on_commit(ours):
    def has_none(row, *_):
        if row.source_kind == "conversation" and ours(int(row.source_id)):
            transaction.on_commit(die)  # before the next step is made due, on commit too
        return False

    return has_none


if __name__ == "__main__":
    _die_at(sys.argv[1])
    call_command("serve", port=int(sys.argv[2]))
