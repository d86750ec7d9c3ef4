"""Whether a run may go on, must be asked about first, or is what a caller said yes to.

Called at admission, with the row that will be stored. Imports the catalog, models and grants.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.utils import timezone

from tools_library.approvals import expiry, grants
from tools_library.approvals.choices import ApprovalStatus, Policy
from tools_library.approvals.errors import NotConfirmed
from tools_library.approvals.hashing import arguments_hash, schema_hash
from tools_library.approvals.policy import Asked, time_to_answer, who_is_asked
from tools_library.approvals.sentences import NOT_YET
from tools_library.choices import ExecutionStatus
from tools_library.engine import schema
from tools_library.engine.errors import ToolNotAllowed
from tools_library.models import Approval, ToolExecution
from tools_library.services.catalog import CatalogTool
from voiceassist.organizations.models import ApiKey, Role


@dataclass(frozen=True)
class CallerSaid:
    """What a live call witnessed: a question was heard to its end, then the caller took a turn.

    `question` is the approval's id. The model has no part in any of it.
    """

    question: int
    heard_at: datetime
    turn_at: datetime


@dataclass(frozen=True)
class Question:
    """The run must be asked about: store the row as `awaiting_approval`, then `asking.ask`."""

    asked: Asked
    arguments: dict[str, Any]
    arguments_hash: str
    schema_hash: str
    asked_at: datetime
    expires_at: datetime
    escalate_at: datetime | None
    asked_by_id: int | None = None
    least_role: str = Role.OPERATOR
    four_eyes: bool = False


@dataclass(frozen=True)
class Confirmed:
    """The caller has said yes to an earlier row: it goes on by `confirming.confirm`."""

    approval: Approval
    said: CallerSaid


class Source(Protocol):
    """What the gate reads of an `Origin`."""

    @property
    def trigger(self) -> str:
        """The context of the run."""
        ...

    @property
    def api_key_id(self) -> int | None:
        """The program that asked for it."""
        ...


def gate(
    execution: ToolExecution, entry: CatalogTool, origin: Source, said: Iterable[CallerSaid] = ()
) -> Question | Confirmed | None:
    """Return what must happen before a run; None: nothing, it goes on.

    Args:
        execution: the row, not stored yet, with its arguments; undeclared ones are dropped here.
        said: what the caller's side witnessed about earlier questions.

    Raises:
        ToolArgumentsError: nobody is asked about arguments that do not fit.
        NotConfirmed: it was asked about and the caller has not said yes.
        ToolNotAllowed: staff cannot approve what is not saved.
    """
    asked = who_is_asked(
        entry.behaviour,
        require_confirmation=entry.require_confirmation,
        trigger=origin.trigger,
    )
    if asked is None:
        return None
    if entry.tool_id is None and entry.runs_at != "session":
        raise ToolNotAllowed("Save the tool first: each of its runs needs staff's approval.")
    question = _question(execution, entry, asked, origin)
    tool_id = entry.tool_id
    if tool_id is not None and grants.covering(_wanted(execution, entry, tool_id, question)):
        return None
    return _answered(execution, entry, question, said) if asked == "caller" else question


def open_question(execution: ToolExecution, hashed: str) -> Approval | None:
    """Return the open question to a caller about an equal run of the same source."""
    rows = Approval.objects.of(execution.organization_id).filter(
        status=ApprovalStatus.PENDING,
        policy=Policy.CONFIRM,
        source_kind=execution.source_kind,
        source_id=execution.source_id,
        tool_id=execution.tool_id,
        tool_name=execution.tool_name,
        arguments_hash=hashed,
    )
    found: Approval | None = rows.select_related("execution").first()
    return found


def _answered(
    execution: ToolExecution, entry: CatalogTool, question: Question, said: Iterable[CallerSaid]
) -> Question | Confirmed:
    earlier = open_question(execution, question.arguments_hash)
    if earlier is None:
        return question
    waits = earlier.execution.status == ExecutionStatus.AWAITING_APPROVAL
    if not waits or earlier.expires_at <= question.asked_at:
        expiry.close(earlier)
        return question
    longest = time_to_answer("caller", execution.trigger_context)
    for each in said:
        if each.question == earlier.pk and _counts(each, earlier, question.asked_at, longest):
            return Confirmed(earlier, each)
    raise NotConfirmed(NOT_YET.format(name=entry.name))


def _counts(said: CallerSaid, earlier: Approval, now: datetime, longest: timedelta) -> bool:
    in_order = earlier.asked_at <= said.heard_at < said.turn_at <= now
    return in_order and now - said.heard_at <= longest


def _question(
    execution: ToolExecution, entry: CatalogTool, asked: Asked, origin: Source
) -> Question:
    now = timezone.now()
    arguments = schema.accept(entry.parameters, execution.input_parameters)
    execution.input_parameters = arguments
    behaviour, staff = entry.behaviour, asked == "staff"
    after = behaviour.escalate_after_s if staff else None
    return Question(
        asked=asked,
        arguments=arguments,
        arguments_hash=arguments_hash(arguments),
        schema_hash=schema_hash(entry.parameters),
        asked_at=now,
        expires_at=now + time_to_answer(asked, origin.trigger),
        escalate_at=now + timedelta(seconds=after) if after is not None else None,
        asked_by_id=_behind(execution, origin) if staff else execution.user_id,
        least_role=behaviour.answered_by if staff else Role.OPERATOR,
        four_eyes=behaviour.needs_two,
    )


def _behind(execution: ToolExecution, origin: Source) -> int | None:
    """Return the person behind a run: a program acts for whoever made its key."""
    if execution.user_id is not None or origin.api_key_id is None:
        return execution.user_id
    keys = ApiKey.objects.of(execution.organization_id).filter(pk=origin.api_key_id)
    made_by: int | None = keys.values_list("created_by_id", flat=True).first()
    return made_by


def _wanted(
    execution: ToolExecution, entry: CatalogTool, tool_id: int, question: Question
) -> grants.Wanted:
    return grants.Wanted(
        organization_id=execution.organization_id,
        tool_id=tool_id,
        policy=Policy.STAFF if question.asked == "staff" else Policy.CONFIRM,
        schema_hash=question.schema_hash,
        arguments_hash=question.arguments_hash,
        source_kind=execution.source_kind,
        source_id=execution.source_id,
        user_id=execution.user_id,
        longest=entry.behaviour.longest_yes,
        least_role=question.least_role,
    )
