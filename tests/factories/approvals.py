"""Asks for runs that need a yes, and lets callers answer; for tests of approvals."""

import datetime
import threading

from django.db import connection

from tests.factories.tools import origin
from tools_library.approvals.gate import CallerSaid
from tools_library.models import Approval
from tools_library.services import execution

SECOND = datetime.timedelta(seconds=1)


def ask(tool, organization, arguments=None, *, trigger="call", said=(), call_id="c1", **more):
    source = {"source_kind": trigger, "source_id": "5", "reply_to": "here", **more}
    return execution.request(
        tool, arguments or {"order_id": "7"}, origin(organization, trigger=trigger, **source),
        tool_call_id=call_id, said=said,
    )  # fmt: skip


def said_yes(row, *, after=0.0):
    """The caller heard the question and spoke up, right after it was asked."""
    approval = row.approval
    heard = approval.asked_at + SECOND * (after + 0.000_1)
    return [CallerSaid(approval.pk, heard, heard + SECOND * 0.000_1)]


def pass_time(seconds):
    """Everything that is open was asked so much earlier."""
    for row in Approval.unscoped.filter(status="pending"):
        past = {"asked_at": row.asked_at - SECOND * seconds}
        past["expires_at"] = row.expires_at - SECOND * seconds
        if row.escalate_at:
            past["escalate_at"] = row.escalate_at - SECOND * seconds
        Approval.unscoped.filter(pk=row.pk).update(**past)


def together(work, number=20):
    """Run `work(n)` in so many threads at once; return what each gave or raised."""
    outcomes, ready = [], threading.Barrier(number)

    def one(n):
        ready.wait(60)
        try:
            outcomes.append(work(n))
        except Exception as error:
            outcomes.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(n,)) for n in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes
