"""What an SMS conversation sends: written down as a run rests, handed to Twilio once.

Imports models, our jobs and Twilio's client.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone

from tools_library.approvals.choices import Policy
from tools_library.models import Approval
from voiceassist.conversations.choices import (
    Channel,
    IncomingStatus,
    OutgoingStatus,
    ProposalStatus,
    Role,
    RunStatus,
)
from voiceassist.conversations.loop import texting
from voiceassist.conversations.models import (
    AgentRun,
    Conversation,
    IncomingText,
    Message,
    OutgoingText,
    ToolProposal,
)
from voiceassist.conversations.services import locking
from voiceassist.foundation.jobs import enqueue, give_back_connections
from voiceassist.foundation.providers.twilio_messages import OPTED_OUT, NotSent, send_text

log = logging.getLogger(__name__)

DELIVER, TAKE = "conversations.send_texts", "conversations.take_texts"
SECONDS = 10.0
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 1_800))
"""Before each further attempt, where the one before certainly sent nothing."""

LOST_AFTER = timedelta(minutes=2)
FORGOTTEN = timedelta(seconds=10)
_LOST = "The server that sent it ended meanwhile: it may or may not have arrived."
_PERHAPS = "Twilio did not say whether it took it: it may or may not have arrived."
_AT_ONCE = 500
_UNSENT = (OutgoingStatus.DUE, OutgoingStatus.SENDING)


def rests(locked: Conversation, run: AgentRun) -> None:
    """Write down what the other side is to be told now that a run rests.

    In the transaction that lets it rest, under the conversation's lock. Other channels: nothing.
    """
    if locked.channel != Channel.SMS:
        return
    if locked.stopped_at is None and run.status != RunStatus.CANCELLED:
        _write(locked, run)
    if run.finished_at is not None:
        waiting = IncomingText.unscoped.filter(conversation=locked, status=IncomingStatus.WAITING)
        if waiting.exists():
            enqueue(TAKE, locked.pk)


def stop(locked: Conversation) -> None:
    """Send nothing more to a conversation whose row is locked; what waits is not answered."""
    locked.stopped_at = timezone.now()
    locked.save(update_fields=["stopped_at", "updated_at"])
    due = OutgoingText.unscoped.filter(conversation=locked, status=OutgoingStatus.DUE)
    due.update(status=OutgoingStatus.STOPPED)
    waiting = IncomingText.unscoped.filter(conversation=locked, status=IncomingStatus.WAITING)
    waiting.update(status=IncomingStatus.KEPT)


def deliver(conversation_id: int) -> None:
    """Send what is due, in order; the job behind `conversations.send_texts`."""
    while (text := _claim(conversation_id)) is not None:
        give_back_connections()  # Twilio may take seconds; others need the connection
        if not _send(text):
            return


def sweep() -> None:
    """Look after texts whose process died, and after those that are tried again."""
    now = timezone.now()
    lost = OutgoingText.unscoped.filter(
        status=OutgoingStatus.SENDING, next_attempt_at__lt=now - LOST_AFTER
    )
    after_lost = set(lost.values_list("conversation_id", flat=True)[:_AT_ONCE])
    lost.filter(conversation__in=after_lost).update(status=OutgoingStatus.FAILED, error=_LOST)
    due = OutgoingText.unscoped.filter(status=OutgoingStatus.DUE, next_attempt_at__lt=now)
    unsent = after_lost | set(due.values_list("conversation_id", flat=True)[:_AT_ONCE])
    for conversation_id in unsent:
        enqueue(DELIVER, conversation_id)
    waiting = IncomingText.unscoped.filter(
        status=IncomingStatus.WAITING, created_at__lt=now - FORGOTTEN
    ).exclude(conversation__runs__status=RunStatus.RUNNING)
    newest = waiting.order_by("-pk").values_list("conversation_id", flat=True)
    for conversation_id in set(newest[:_AT_ONCE]):
        enqueue(TAKE, conversation_id)


def language_of(conversation: Conversation) -> str:
    """Return the language in which a conversation's assistant speaks."""
    assistant = conversation.assistant
    if assistant is None:
        return "en"
    version = assistant.published_version
    return version.spec.language if version is not None else assistant.language


def write(
    run: AgentRun, said: Sequence[str], *, told_up_to: int | None = None, asks: Iterable[int] = ()
) -> None:
    """Write the parts of a text down, and let a worker send them.

    Args:
        told_up_to: position of the newest message of the run in it.
        asks: the approvals that it asks about.
    """
    now = timezone.now()
    rows = [
        OutgoingText(
            organization_id=run.organization_id,
            conversation_id=run.conversation_id,
            run=run,
            text=part,
            next_attempt_at=now,
        )
        for part in said
    ]
    if rows:
        rows[-1].told_up_to, rows[-1].asks = told_up_to, list(asks)
        OutgoingText.unscoped.bulk_create(rows)
        enqueue(DELIVER, run.conversation_id)


def _write(locked: Conversation, run: AgentRun) -> None:
    language = language_of(locked)
    if run.status == RunStatus.FAILED:
        write(run, [texting.sentence("failed", language)])
        return
    earlier = OutgoingText.unscoped.filter(run=run)
    told = earlier.aggregate(newest=Max("told_up_to"))["newest"] or 0
    said = Message.unscoped.filter(run=run, role=Role.ASSISTANT, position__gt=told)
    new = list(said.exclude(text="").order_by("position"))
    if new:
        words = "\n\n".join(message.text.strip() for message in new)
        write(run, texting.parts(words), told_up_to=new[-1].position)
    if run.status != RunStatus.COMPLETED:
        _ask(run, language)


def _ask(run: AgentRun, language: str) -> None:
    """Ask for each yes that a run waits for and that was not asked for yet."""
    waiting = ToolProposal.unscoped.filter(run=run, status=ProposalStatus.PENDING_APPROVAL)
    rows = Approval.unscoped.filter(execution__in=waiting.values("execution"), status="pending")
    approvals = list(rows.select_related("execution__tool").order_by("pk"))
    earlier = OutgoingText.unscoped.filter(run=run).values_list("asks", flat=True)
    known = {pk for asks in earlier for pk in asks}
    staffs = [approval for approval in approvals if approval.policy == Policy.STAFF]
    theirs = [approval for approval in approvals if approval.policy != Policy.STAFF]
    if any(approval.pk not in known for approval in staffs):
        said = [texting.sentence("staff", language)]
        write(run, said, asks=[approval.pk for approval in staffs])
    if any(approval.pk not in known for approval in theirs):
        text = texting.question([(_name(each), each.arguments) for each in theirs], language)
        # Whole, however long: nobody says yes to what they were not shown.
        said = texting.parts(text, most=len(text))
        write(run, said, asks=[approval.pk for approval in theirs])


def _name(approval: Approval) -> str:
    tool = approval.execution.tool
    return tool.display_name if tool is not None else approval.tool_name


def _claim(conversation_id: int) -> OutgoingText | None:
    """Take the oldest unsent text; None: there is none, it is not due, or somebody else has it."""
    unsent = OutgoingText.unscoped.filter(conversation=conversation_id, status__in=_UNSENT)
    text = unsent.select_related("conversation").order_by("pk").first()
    now = timezone.now()
    if text is None or text.status == OutgoingStatus.SENDING or text.next_attempt_at > now:
        return None
    # Somebody else may have tried it since it was read; then it is due again after a pause.
    mine = OutgoingText.unscoped.filter(
        pk=text.pk, status=OutgoingStatus.DUE, next_attempt_at__lte=now
    )
    sending = {"status": OutgoingStatus.SENDING, "next_attempt_at": now}
    if not mine.update(**sending, attempts=F("attempts") + 1):
        return None
    text.attempts += 1
    return text


def _send(text: OutgoingText) -> bool:
    """Hand a claimed text to Twilio; return whether the next one may follow."""
    to, sender = text.conversation.phone_number, text.conversation.our_number
    try:
        text.sid = send_text(to, sender, text.text, seconds=SECONDS)
    except NotSent as error:
        return _not_sent(text, error)
    text.status, text.sent_at, text.error = OutgoingStatus.SENT, timezone.now(), ""
    text.save(update_fields=["status", "sent_at", "sid", "error"])
    return True


@transaction.atomic
def _not_sent(text: OutgoingText, error: NotSent) -> bool:
    log.warning("a text message was not sent: %s", error.detail, extra={"text": text.pk})
    locked = locking.lock(text.conversation_id)
    text.error = (_PERHAPS if error.perhaps else error.detail)[:300]
    again = error.may_be_tried_again and text.attempts <= len(PAUSES)
    if not again:
        text.status = OutgoingStatus.FAILED
    elif locked.stopped_at is not None:
        text.status = OutgoingStatus.STOPPED
    else:
        text.status = OutgoingStatus.DUE
        text.next_attempt_at = timezone.now() + PAUSES[text.attempts - 1]
    text.save(update_fields=["status", "next_attempt_at", "error"])
    if error.code == OPTED_OUT:
        stop(locked)
    return not again
