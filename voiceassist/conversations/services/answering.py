"""What a person's browser answers: one transaction for each, one winner; imports models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from tools_library.approvals import answering as approvals
from tools_library.approvals.errors import AlreadyAnswered
from tools_library.engine.cleaning import Uncleanable, clean
from tools_library.engine.types import ToolOutcome
from tools_library.models import Approval
from tools_library.services import finishing
from voiceassist.conversations.choices import OPEN_RUNS, WAITING_FOR_PEOPLE, ProposalStatus
from voiceassist.conversations.models import AgentRun, Conversation, ToolProposal
from voiceassist.conversations.services import contexts, locking, results, settling
from voiceassist.conversations.services.errors import (
    ConversationError,
    Expired,
    NoSuchCall,
    OtherAnswer,
)
from voiceassist.conversations.services.people import Participant, actor_for
from voiceassist.foundation.errors import InvalidInput

MOST_ANSWERS = 32
REJECTED = "The person refused{why}. Go on without it, and do not try it again."
_NO = frozenset({"rejected", "reject", "denied", "cancelled", "canceled"})


@dataclass(frozen=True)
class BrowserAnswer:
    """How one call went in the browser, or that the person said yes or no to it.

    Args:
        result: `{"success", "message"?, "data"?}`, text, or any JSON.
        user_action: `rejected` refuses; anything else is for the records.
        reason: of a refusal; the model is told it.
        tab: the page that answers, where it claimed the call.
    """

    tool_call_id: str
    result: Any = None
    is_error: bool = False
    user_action: str = ""
    reason: str = ""
    tab: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def refuses(self) -> bool:
        """Whether the person said no."""
        return self.user_action.lower() in _NO


def answer(
    conversation: Conversation,
    answers: Sequence[BrowserAnswer],
    who: Participant,
    *,
    context: Any = None,
) -> dict[str, str]:
    """Take answers to open calls; return `taken` or `replayed` for each call's id.

    Each is a transaction of its own: where one is refused, those before it stay. The run goes on
    once no call of its step is open.

    Args:
        context: what the client says of its page from now on; empty: what it said before holds,
            as where none of the calls waits any more.

    Raises:
        InvalidInput: no answer, or too many; the context cannot be taken.
        NoSuchCall: the conversation never had such a call, or it is not answered by a browser.
        OtherAnswer: another answer was first; names whose.
        Expired: its time is over.
    """
    if not 1 <= len(answers) <= MOST_ANSWERS:
        raise InvalidInput({"tool_responses": f"Send 1 to {MOST_ANSWERS} answers."})
    said = contexts.checked(context)
    known = {
        each.tool_call_id: each
        for each in ToolProposal.unscoped.filter(
            conversation=conversation, tool_call_id__in=[one.tool_call_id for one in answers]
        )
    }
    for one in answers:  # nothing is written where one of them was made up
        if one.tool_call_id not in known:
            raise NoSuchCall(
                f"This conversation has no tool call {one.tool_call_id[:100]!r}. Answer those "
                "that are listed as pending."
            )
    if said and any(map(_waits, known.values())):
        runs = AgentRun.unscoped.filter(conversation=conversation, status__in=OPEN_RUNS)
        runs.update(context=said)
    taken: dict[str, str] = {}
    for one in answers:
        taken[one.tool_call_id] = _answer_one(conversation, one, who)
    settling.settle(conversation.pk)
    return taken


def _waits(call: ToolProposal) -> bool:
    return call.status in WAITING_FOR_PEOPLE and not call.answer_hash


def _answer_one(conversation: Conversation, one: BrowserAnswer, who: Participant) -> str:
    approval = _open_question(conversation, one)
    if approval is not None:
        refusal = _decided(conversation, approval, one, who)
        if refusal is not None:
            raise refusal
        settling.settle(conversation.pk)
        if approval.execution.status != "running":
            return "taken"
    return _take(conversation, one, who)


@transaction.atomic
def _decided(
    conversation: Conversation, approval: Approval, one: BrowserAnswer, who: Participant
) -> ConversationError | None:
    """Decide a question by the way; return why it was decided before, if it was."""
    locking.lock(conversation.pk)
    decision = "reject" if one.refuses else "approve"
    try:
        record(conversation, approval, approvals.Answer(decision, reason=one.reason), who)
    except (Expired, OtherAnswer) as error:
        return error
    if approval.execution.status != "running":
        _remember(conversation, one, who)
    return None


def _remember(conversation: Conversation, one: BrowserAnswer, who: Participant) -> None:
    """Keep what closed a call without its page, so that the same again is no other answer."""
    rows = ToolProposal.unscoped.filter(
        conversation=conversation, tool_call_id=one.tool_call_id, answer_hash=""
    )
    rows.update(answer_hash=_hash(one), answered_by_name=who.name[:254])


def _open_question(conversation: Conversation, one: BrowserAnswer) -> Approval | None:
    """Return the question that this answer decides by the way, as document 004 has it."""
    rows = Approval.unscoped.filter(
        execution__proposal__conversation=conversation,
        execution__proposal__tool_call_id=one.tool_call_id,
        execution__proposal__status=ProposalStatus.PENDING_APPROVAL,
        status="pending",
    )
    return rows.select_related("execution__definition").first()


def decide(
    conversation: Conversation, approval: Approval, given: approvals.Answer, who: Participant
) -> None:
    """Answer a question about a call of somebody's own conversation, and let the run go on.

    Raises:
        InvalidInput, PermissionDenied, OtherAnswer, Expired: as `record`.
    """
    record(conversation, approval, given, who)
    settling.settle(conversation.pk)


def record(
    conversation: Conversation, approval: Approval, given: approvals.Answer, who: Participant
) -> None:
    """Answer a question; whoever does so in a transaction settles the conversation after it.

    Raises:
        InvalidInput, PermissionDenied: as `approvals.answering.answer`.
        OtherAnswer: another answer was first.
        Expired: the question is over.
    """
    try:
        approvals.answer(approval, given, by=actor_for(who, conversation))
    except AlreadyAnswered as error:
        kind = Expired if error.code == "expired" else OtherAnswer
        raise kind(error.public_message) from None


@transaction.atomic
def _take(conversation: Conversation, one: BrowserAnswer, who: Participant) -> str:
    locking.lock(conversation.pk)
    calls = ToolProposal.unscoped.select_related("execution__definition", "execution__tool")
    call = calls.get(conversation=conversation, tool_call_id=one.tool_call_id)
    said = _hash(one)
    if call.status != ProposalStatus.PENDING_FRONTEND or call.answer_hash:
        return _late(call, said)
    if call.expires_at is not None and call.expires_at <= timezone.now():
        raise Expired("The time to answer this call is over; your answer changed nothing.")
    if call.claimed_by and one.tab != call.claimed_by and _is_claimed(call):
        raise OtherAnswer("Another page is carrying this call out. Your answer changed nothing.")
    row = call.execution
    assert row is not None  # noqa: S101 - a call waits for the browser only with its run
    if not finishing.finish(row, _outcome(one)):
        raise Expired("The time to answer this call is over; your answer changed nothing.")
    call.answer_hash, call.answered_by_name = said, who.name[:254]
    call.save(update_fields=["answer_hash", "answered_by_name"])
    return "taken"


def _hash(one: BrowserAnswer) -> str:
    return results.hash_of(one.result, one.is_error, one.refuses)


def _is_claimed(call: ToolProposal) -> bool:
    return call.claim_until is not None and call.claim_until > timezone.now()


def _late(call: ToolProposal, said: str) -> str:
    if call.answer_hash == said:
        return "replayed"
    if call.status == ProposalStatus.EXPIRED:
        raise Expired("The time to answer this call is over; your answer changed nothing.")
    if call.runs_at != "browser":
        raise OtherAnswer("This call runs on the server; nobody answers it from a browser.")
    if call.is_open and not call.answer_hash:
        raise ConversationError(
            "This call does not wait for a browser yet. Try again in a moment.",
            code="not_pending",
            retryable=True,
        )
    who = call.answered_by_name or "somebody"
    status = call.get_status_display().lower()
    raise OtherAnswer(f"This call was answered by {who} already ({status}); yours changed nothing.")


def _outcome(one: BrowserAnswer) -> ToolOutcome:
    if one.refuses:
        why = f" and said: {one.reason.rstrip('.')}" if one.reason else ""
        message = REJECTED.format(why=why)
        output = finishing.output_of(False, message)
        return ToolOutcome("denied", output, "denied", public_message=message)
    try:
        success, message, data = results.read(clean(one.result), is_error=one.is_error)
        output = finishing.output_of(success, message, data)
    except (Uncleanable, RecursionError) as error:
        raise InvalidInput({"result": f"The result cannot be taken: {error}."}) from None
    return ToolOutcome("success" if success else "error", output, public_message=message)
