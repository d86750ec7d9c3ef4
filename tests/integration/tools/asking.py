"""A process that asks for runs and answers questions about them, one line of JSON at a time.

Run as `python -m tests.integration.tools.asking`; what a process had in memory ends with it.
"""

import json
import os
import signal
import sys
import threading

import django

django.setup()

# The models need Django set up.
from django.db import connection, transaction  # noqa: E402

from tests.factories.tools import origin  # noqa: E402
from tools_library.approvals import answering, asking  # noqa: E402
from tools_library.approvals.answering import Answer  # noqa: E402
from tools_library.models import Approval, Tool  # noqa: E402
from tools_library.services import execution, outcomes, queues  # noqa: E402
from voiceassist.foundation.errors import VoiceAssistError  # noqa: E402
from voiceassist.organizations.models import User  # noqa: E402

_SAYING = threading.Lock()


def say(**what):
    with _SAYING:
        print(json.dumps(what), flush=True)


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def call(tool, call_id):
    """Call a tool as a conversation does; its outcome follows as a line of its own."""
    listener = outcomes.start_from_thread()
    found = Tool.unscoped.select_related("organization").get(pk=tool)
    source = origin(
        found.organization, trigger="chat", source_kind="chat", source_id="5",
        reply_to=listener.channel,
    )  # fmt: skip
    row = execution.request(found, {"order_id": "7"}, source, tool_call_id=call_id)
    question = asking.question_of(row)
    say(row=row.pk, status=row.status, question=question.pk if question else None)
    listener.expect(row.execution_id, lambda outcome: say(outcome=outcome.status))


def answer(question, people, dies=False):
    """Answer in so many people's names at once; `dies`: as soon as the yes is stored."""
    if dies:
        queues.enqueue = lambda *args, **queue: transaction.on_commit(die)
    won, lost = [], []

    def one(person):
        approval = Approval.unscoped.select_related("execution").get(pk=question)
        try:
            answering.answer(approval, Answer("approve"), by=User.objects.get(pk=person))
            won.append(person)
        except VoiceAssistError as error:
            lost.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    say(won=won, lost=lost)


def main():
    say(ready=True)
    for line in sys.stdin:
        command = json.loads(line)
        {"call": call, "answer": answer}[command.pop("do")](**command)


if __name__ == "__main__":
    main()
