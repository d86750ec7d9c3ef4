"""Stopping an answer: open calls end, the model is not asked again; imports models."""

from __future__ import annotations

from django.db import transaction

from voiceassist.conversations.choices import Phase, Role, RunStatus
from voiceassist.conversations.models import AgentRun, Conversation, RunEvent
from voiceassist.conversations.services import closing, locking, rows

STOPPED = "The person stopped the answer; the call did not take place."


@transaction.atomic
def cancel(conversation: Conversation) -> bool:
    """Stop what the agent does; return whether it did anything.

    What was written of an answer so far stays in the conversation. The process that streams it
    notices within a fifth of a second.
    """
    try:
        locked = locking.lock(conversation.pk)
    except Conversation.DoesNotExist:
        return False
    run = rows.open_run(locked.pk)
    if run is None:
        return False
    if run.status == RunStatus.RUNNING and run.phase == Phase.MODEL:
        _keep_text(locked, run)
    closing.cancel_run(locked, run, "cancelled", STOPPED)
    locking.save(locked)
    return True


def _keep_text(locked: Conversation, run: AgentRun) -> None:
    stored = RunEvent.unscoped.filter(
        conversation=locked,
        type="text_delta",
        seq__gt=locked.last_seq,
        seq__lte=locked.reserved_seq,
    )
    text = "".join("".join(row.data.get("pieces", [])) for row in stored.order_by("seq"))
    if text.strip():
        locking.write(locked, run, Role.ASSISTANT, text)
