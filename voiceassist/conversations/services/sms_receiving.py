"""Text messages that come in: stored, then said to the assistant; imports models and services.

One conversation of two numbers. A message is a row before it is answered, so that none is lost
while the assistant still answers the one before.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from tools_library.approvals import answering as approvals
from tools_library.approvals.choices import ApprovalStatus, Policy
from tools_library.approvals.errors import NotNow
from tools_library.engine.cleaning import clean_text
from tools_library.models import Approval
from voiceassist.assistants.models import Assistant, PhoneNumber
from voiceassist.assistants.services import numbers
from voiceassist.conversations.choices import (
    OPEN_RUNS,
    Channel,
    IncomingStatus,
    OutgoingStatus,
)
from voiceassist.conversations.loop import texting
from voiceassist.conversations.models import AgentRun, Conversation, IncomingText, OutgoingText
from voiceassist.conversations.services import (
    answering,
    cancelling,
    locking,
    pace,
    settling,
    sms_sending,
    starting,
)
from voiceassist.conversations.services.errors import (
    Busy,
    ConversationError,
    Expired,
    OtherAnswer,
    TooFast,
)
from voiceassist.conversations.services.people import Participant
from voiceassist.foundation.errors import InvalidInput
from voiceassist.foundation.jobs import enqueue

log = logging.getLogger(__name__)

KEEPS = 4_000  # characters of a message that is too long to be said


@dataclass(frozen=True)
class Delivery:
    """A message as Twilio hands it over.

    Args:
        media: how many pictures and the like came with it.
        obeyed: `stop`, `start` or `help`, where Twilio took it for that and has answered it.
    """

    sid: str
    sender: str
    to: str
    text: str
    media: int = 0
    obeyed: str = ""


@transaction.atomic
def receive(delivery: Delivery) -> str:
    """Take a message; return what it is answered at once, mostly nothing.

    Delivered again it is answered as the first time, and has no further effect.
    """
    number = numbers.find(delivery.to)
    if number is None:
        log.warning("a text message for a number that is not ours", extra={"to": delivery.to})
        return ""
    if numbers.find(delivery.sender) is not None:
        log.warning("a text message from a number of ours is not answered: two assistants would "
                    "write to each other for ever", extra={"sender": delivery.sender})  # fmt: skip
        return ""
    conversation = _conversation(number, delivery.sender)
    if conversation is None:
        return ""
    locked = locking.lock(conversation.pk)
    earlier = IncomingText.unscoped.filter(conversation=locked, sid=delivery.sid).first()
    if earlier is not None:
        return earlier.reply
    row = IncomingText(
        organization_id=locked.organization_id,
        conversation=locked,
        sid=delivery.sid,
        text=clean_text(delivery.text).strip()[:KEEPS],
    )
    row.reply = _judge(locked, row, delivery)
    row.save(force_insert=True)
    if row.status == IncomingStatus.WAITING:
        enqueue(sms_sending.TAKE, locked.pk)
    return row.reply


def take(conversation_id: int) -> None:
    """Let what waits answer a question or be said; the job behind `conversations.take_texts`.

    May be called at any time, in any process.
    """
    conversation = Conversation.unscoped.filter(pk=conversation_id).first()
    if conversation is None:
        return  # deleted since
    run = _open_run(conversation)
    waiting = IncomingText.unscoped.filter(conversation=conversation, status=IncomingStatus.WAITING)
    if run is not None:
        asked = _question(run)
        if asked is None or asked.status in (OutgoingStatus.DUE, OutgoingStatus.SENDING):
            return  # nobody can have answered yet; what waits is said when the run has ended
        if asked.sent_at is not None:
            waiting = waiting.filter(created_at__gt=asked.sent_at)
        first = waiting.first()
        if first is None:
            return
        yes = texting.says_yes(first.text)
        if yes is not None and asked.status == OutgoingStatus.SENT and _open(asked):
            _decide(conversation, run, asked, first, yes=yes)
            return
    _say(conversation, run)


def _open_run(conversation: Conversation) -> AgentRun | None:
    return AgentRun.unscoped.filter(conversation=conversation, status__in=OPEN_RUNS).first()


def _conversation(number: PhoneNumber, sender: str) -> Conversation | None:
    """Return the conversation of two numbers; None where there is none and nobody could chat."""
    rows = Conversation.unscoped.filter(
        organization=number.organization_id,
        channel=Channel.SMS,
        our_number=str(number.number),
        phone_number=sender,
    )
    assistant = number.assistant
    if assistant is None or not _can_chat(assistant):
        log.warning(
            "a text message is not answered: assign an assistant to the number that is active and "
            "published", extra={"to": str(number.number)},
        )  # fmt: skip
        return rows.first()
    found, _ = rows.get_or_create(
        organization_id=number.organization_id,
        channel=Channel.SMS,
        our_number=str(number.number),
        phone_number=sender,
        defaults={
            "thread_id": f"sms_{uuid.uuid4().hex}",
            "assistant": assistant,
            "owner_name": sender,
        },
    )
    if found.assistant_id != assistant.pk:  # staff let another one answer this number
        rows.update(assistant=assistant)
    return found


def _can_chat(assistant: Assistant) -> bool:
    return assistant.is_active and assistant.published_version_id is not None


def _judge(locked: Conversation, row: IncomingText, delivery: Delivery) -> str:
    """Set the row's status; return what the message is answered at once."""
    language = sms_sending.language_of(locked)
    row.status = IncomingStatus.KEPT
    stopped = locked.stopped_at is not None
    ordered = delivery.obeyed or texting.command(row.text)
    if stopped and texting.says_yes(row.text):
        ordered = "start"  # so Twilio takes it, too
    if ordered:
        reply = _obey(locked, ordered, language, stopped=stopped)
        return "" if delivery.obeyed else reply
    if stopped or locked.assistant is None or not _can_chat(locked.assistant):
        return ""
    if len(delivery.text) > texting.PART_MAX:
        return texting.sentence("too_long", language)
    if not row.text:
        return texting.sentence("unreadable", language)
    try:
        pace.check(_person(locked), locked)
    except TooFast:
        return texting.sentence("too_fast", language)
    row.status = IncomingStatus.WAITING
    if delivery.media:
        row.text += "\n[They also sent a picture or a file, which cannot be seen here.]"
    return ""


def _obey(locked: Conversation, ordered: str, language: str, *, stopped: bool) -> str:
    if ordered == "stop":
        sms_sending.stop(locked)
        cancelling.cancel(locked)
        return ""
    if ordered == "start":
        locked.stopped_at = None
        locked.save(update_fields=["stopped_at", "updated_at"])
        return texting.sentence("started", language)
    return "" if stopped else texting.sentence("help", language, name=locked.organization.name)


def _person(conversation: Conversation) -> Participant:
    return Participant(conversation.organization_id, conversation.phone_number)


def _question(run: AgentRun) -> OutgoingText | None:
    """Return the newest text that asks whether the run may go on."""
    rows = list(OutgoingText.unscoped.filter(run=run).exclude(asks=[]).order_by("-pk"))
    theirs = (row for row in rows if _open(row))
    return next(theirs, rows[0] if rows else None)


def _open(asked: OutgoingText) -> Sequence[Approval]:
    """Return the questions in a text that the person on the phone may answer, and did not yet."""
    rows = Approval.unscoped.filter(
        pk__in=asked.asks, status=ApprovalStatus.PENDING, policy=Policy.CONFIRM
    )
    return list(rows.select_related("execution__definition").order_by("pk"))


def _decide(
    conversation: Conversation, run: AgentRun, asked: OutgoingText, row: IncomingText, *, yes: bool
) -> None:
    """Let a yes or a no answer what was asked; one that comes too late is said afterwards.

    The message counts as answered with the first answer: the run can end at once, and what still
    waits then is said to the assistant.
    """
    given = approvals.Answer("approve" if yes else "reject")
    for approval in _open(asked):
        if not _give(conversation, run, approval, given, row):
            return
        settling.settle(conversation.pk)


@transaction.atomic
def _give(
    conversation: Conversation,
    run: AgentRun,
    approval: Approval,
    given: approvals.Answer,
    row: IncomingText,
) -> bool:
    """Give one answer; False where it comes too late.

    Under the conversation's lock, as whoever writes STOP withdraws the question.
    """
    locking.lock(conversation.pk)
    try:
        answering.record(conversation, approval, given, _person(conversation))
    except OtherAnswer:
        log.info("a question of an SMS conversation was answered by somebody else before")
    except Expired:
        return False
    except NotNow as error:
        sms_sending.write(run, texting.parts(error.public_message))
    waits = IncomingText.unscoped.filter(pk=row.pk, status=IncomingStatus.WAITING)
    waits.update(status=IncomingStatus.ANSWERED)
    return True


@transaction.atomic
def _say(conversation: Conversation, seen: AgentRun | None) -> None:
    """Say all that waits as one message, unless the assistant is answering.

    Nor where it has gone on since the texts were judged: what waits by now may answer a question
    that was not asked then.

    Args:
        seen: the run that was open then; None: there was none.
    """
    locked = locking.lock(conversation.pk)
    run = _open_run(locked)
    if run is not None and (seen is None or (run.pk, run.step) != (seen.pk, seen.step)):
        return
    waiting = IncomingText.unscoped.filter(conversation=locked, status=IncomingStatus.WAITING)
    rows, length = [], 0
    for row in waiting.order_by("pk"):
        length += len(row.text) + 1
        if length > starting.MESSAGE_MAX:
            break
        rows.append(row)
    if not rows:
        return
    mine = IncomingText.unscoped.filter(pk__in=[row.pk for row in rows])
    try:
        starting.say(locked, "\n".join(row.text for row in rows), client_id=rows[-1].sid)
    except Busy:
        return
    except (InvalidInput, ConversationError) as error:
        log.warning("a text message is not answered: %s", error.public_message)
        mine.update(status=IncomingStatus.KEPT)
        return
    mine.update(status=IncomingStatus.SAID)
