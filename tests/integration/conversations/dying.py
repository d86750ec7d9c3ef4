"""The server, loaded once and then forked as often as it is killed (SIGKILL).

Takes lines of JSON: `{"serve": point}` forks a server, which is killed at that transition of the
conversation of its name, or never where there is none; `{"wait": pid}` waits until it has ended.
"""

import json
import os
import secrets
import signal
import sys
import threading
import traceback

import django

django.setup()

from django.db import transaction  # noqa: E402

from config import asgi, server, urls  # noqa: E402
from tools_library.services import finishing  # noqa: E402
from voiceassist.conversations.models import Conversation  # noqa: E402
from voiceassist.conversations.services import driving, settling, stepping  # noqa: E402
from voiceassist.conversations.services.live import live  # noqa: E402
from voiceassist.foundation.providers.chat import pool  # noqa: E402

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


def _serve(point, port):
    """Be a server of its own, as if it had loaded everything itself."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    live.name = secrets.token_hex(8)
    _die_at(point)
    server.run("127.0.0.1", port, "")


def _born(point, port):
    """Return the process id of a new server."""
    pid = os.fork()
    if pid:
        return pid
    try:
        _serve(point, port)
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def main(port):
    """Fork and wait as told; all that is forked listens on one port, one after the other."""
    assert asgi.application and urls.urlpatterns and pool.made  # what requests load otherwise
    assert threading.active_count() == 1  # threads are not forked
    for line in sys.stdin:
        told = json.loads(line)
        if "serve" in told:
            answer = _born(told["serve"], port)
        else:
            answer = os.waitstatus_to_exitcode(os.waitpid(told["wait"], 0)[1])
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
