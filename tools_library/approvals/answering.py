"""The one answer to a question, by staff or by a conversation's user; imports models, the audit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from tools_library.approvals import expiry, grants, recording, whose
from tools_library.approvals.choices import ApprovalStatus, Decision, Policy, Remember
from tools_library.approvals.ending import deny, set_going
from tools_library.approvals.errors import AlreadyAnswered, NotNow
from tools_library.approvals.hashing import arguments_hash, changes
from tools_library.approvals.people import name_of
from tools_library.approvals.sentences import EDITED, REJECTED
from tools_library.behaviour import Behaviour
from tools_library.choices import ExecutionStatus, SideEffect, TriggerContext
from tools_library.engine import schema
from tools_library.engine.cleaning import clean_text
from tools_library.engine.errors import ToolError
from tools_library.models import Approval
from tools_library.services import admission, catalog
from tools_library.services.catalog import flat_definition
from tools_library.services.rates import RateLimited, seconds_in_words
from voiceassist.foundation.errors import InvalidInput
from voiceassist.foundation.events.storing import hold_order
from voiceassist.organizations.current import Actor, person_of

REASON_MAX = 1_000
_SHOWN = 300


@dataclass(frozen=True)
class Answer:
    """What somebody decided.

    Args:
        arguments: with `edit`: all arguments of the run; they replace the asked ones.
        reason: with `reject`, the model is told it.
        remember: for how long a yes holds.
        exact: a remembered yes is for these arguments only; None: only where the tool's effect
            cannot be undone.
    """

    decision: str
    arguments: Mapping[str, Any] | None = None
    reason: str = ""
    remember: str = Remember.ONCE
    exact: bool | None = None

    @property
    def says_yes(self) -> bool:
        """Whether the run goes on."""
        return self.decision != Decision.REJECT


def answer(approval: Approval, given: Answer, *, by: Actor | None) -> Approval:
    """Decide a question, once; the run goes on with its whole time, or ends as denied.

    Raises:
        InvalidInput: names each part of the answer that must change.
        PermissionDenied: somebody else is asked.
        AlreadyAnswered: another answer was first, or the question is over.
        NotNow: a yes, but the tool has run as often as it may; the question stays open.
    """
    arguments = _checked(approval, given)
    whose.check(approval, by, says_yes=given.says_yes)
    _may_hold_so_long(approval, given)
    _may_hold_always(approval, given, by)
    if approval.status == ApprovalStatus.PENDING and approval.expires_at <= timezone.now():
        expiry.close(approval)
    told = recording.of_answer(approval, given.reason, arguments)
    with transaction.atomic():
        if given.says_yes:
            _let_run(approval)
        _decide(approval, given, by, arguments)
        recording.answered(approval, given.decision, told, by)
        if given.says_yes:
            grants.give(approval, by, exact=_exact(approval, given))
    return approval


def is_answer_of(approval: Approval, given: Answer) -> bool:
    """Return whether this very answer decided a question already.

    Raises:
        InvalidInput: names each part of the answer that must change.
    """
    decided = ApprovalStatus.APPROVED if given.says_yes else ApprovalStatus.REJECTED
    if approval.status != decided:
        return False
    return bool(approval.edited_arguments == _checked(approval, given))


def _may_hold_so_long(approval: Approval, given: Answer) -> None:
    """Let a yes hold as long as its tool allows.

    Raises:
        InvalidInput: its tool asks again sooner.
    """
    version = approval.execution.definition
    longest = Behaviour.model_validate(version.behaviour if version is not None else {}).longest_yes
    if given.remember in grants.within(longest):
        return
    again = "each time" if longest == "once" else "in each conversation"
    raise InvalidInput({"remember": f"{approval.tool_name} asks {again}; write {longest}."})


def _may_hold_always(approval: Approval, given: Answer, by: Actor | None) -> None:
    """Let a user's lasting yes be that of somebody: it holds in their own conversations alone.

    Raises:
        InvalidInput: nobody is signed in, so it would hold for everybody.
    """
    lasts = given.says_yes and given.remember == Remember.ALWAYS
    if lasts and approval.policy == Policy.CONFIRM and person_of(by) is None:
        raise InvalidInput({
            "remember": "Only somebody who is signed in can say yes for always; write once or "
            "conversation."
        })  # fmt: skip


def _checked(approval: Approval, given: Answer) -> dict[str, Any] | None:
    """Return the edited arguments as they will run; None where nothing was edited."""
    errors = {}
    if given.decision not in Decision.values:
        errors["decision"] = "Write approve, reject or edit."
    elif given.decision == Decision.EDIT and approval.four_eyes:
        errors["decision"] = "Two people must agree to this as it was asked: approve or reject it."
    if given.remember not in Remember.values:
        errors["remember"] = "Write once, conversation or always."
    elif given.remember != Remember.ONCE and not given.says_yes:
        errors["remember"] = "Only a yes can be remembered; leave this out."
    elif given.remember != Remember.ONCE and approval.tool_id is None:
        errors["remember"] = "A yes to this holds for once; leave this out."
    elif given.remember == Remember.CONVERSATION and not approval.source_id:
        errors["remember"] = "This run belongs to no conversation; write once or always."
    if len(given.reason) > REASON_MAX:
        errors["reason"] = f"Write at most {REASON_MAX} characters."
    if (given.decision == Decision.EDIT) != (given.arguments is not None):
        errors["arguments"] = "Give all arguments with the decision edit, and only with it."
    if errors:
        raise InvalidInput(errors)
    return None if given.arguments is None else _fitting(approval, given.arguments)


def _fitting(approval: Approval, arguments: Mapping[str, Any]) -> dict[str, Any]:
    version = approval.execution.definition
    if version is None:
        raise InvalidInput({"arguments": "These cannot be changed; approve or reject the run."})
    parameters = flat_definition(version.function_definition, version.name, "")["parameters"]
    try:
        return schema.accept(parameters, schema.parse_arguments(arguments))
    except ToolError as error:
        raise InvalidInput({"arguments": error.public_message}) from None


def _let_run(approval: Approval) -> None:
    """Judge a limit again that was judged when the run was asked for: time has passed since.

    Raises:
        NotNow: the run would go beyond one.
    """
    entry = catalog.of_run(approval.execution)
    if entry is None:
        return  # the run itself says that its tool is gone
    try:
        admission.judge_yes(approval.execution, entry)
    except RateLimited as limited:
        stands = Approval.objects.of(approval.organization_id).filter(pk=approval.pk)
        if not stands.filter(status=ApprovalStatus.PENDING).exists():
            raise too_late(approval) from None  # its own run may be what used it up
        after = limited.retry_after
        advice = f"Say yes in {seconds_in_words(after)}" if after else "Reject it"
        raise NotNow(f"{limited.rule} {advice}; until then the question stays open.") from None
    except ToolError:
        return  # the run itself says that its tool is switched off


def _decide(
    approval: Approval, given: Answer, by: Actor | None, edited: dict[str, Any] | None
) -> None:
    now = timezone.now()
    decided: dict[str, Any] = {
        "status": ApprovalStatus.APPROVED if given.says_yes else ApprovalStatus.REJECTED,
        "decided_at": now,
        "decided_by": person_of(by),
        "decided_by_name": name_of(by),
        "reason": clean_text(given.reason),
        "remember": given.remember,
        "edited_arguments": edited,
        "changes": changes(approval.arguments, edited) if edited is not None else [],
    }
    hold_order(approval.organization_id)
    won = Approval.objects.of(approval.organization_id).filter(
        pk=approval.pk,
        status=ApprovalStatus.PENDING,
        expires_at__gt=now,
        execution__status=ExecutionStatus.AWAITING_APPROVAL,
    ).update(**decided)  # fmt: skip
    if not won or not _carry_out(approval, decided):
        raise too_late(approval)
    for name, value in decided.items():
        setattr(approval, name, value)


def _carry_out(approval: Approval, decided: dict[str, Any]) -> bool:
    execution, reason = approval.execution, decided["reason"]
    who = "Staff" if approval.policy == Policy.STAFF else "The user"
    if decided["status"] == ApprovalStatus.REJECTED:
        why = f" and said: {reason.rstrip('.')}" if reason else ""
        detail = f"Rejected by {decided['decided_by_name'] or 'the platform'}."
        return deny(execution, "denied", REJECTED.format(who=who, why=why), detail)
    if decided["edited_arguments"] is not None:
        execution.input_parameters = decided["edited_arguments"]
        if execution.arguments_hash:  # an equal call is one that equals what runs
            execution.arguments_hash = arguments_hash(execution.input_parameters)
        execution.notice = EDITED.format(who=who, changed=_listed(decided["changes"]))
    call_waits = execution.trigger_context == TriggerContext.CALL
    return set_going(execution, decided["decided_at"], call_waits=call_waits)


def _listed(changed: list[dict[str, Any]]) -> str:
    parts = [f"{each['path']} from {each['before']!r} to {each['after']!r}" for each in changed]
    return "; ".join(parts)[:_SHOWN] or "nothing in the end"


def _exact(approval: Approval, given: Answer) -> bool:
    if given.exact is not None:
        return given.exact
    return approval.execution.side_effect == SideEffect.IRREVERSIBLE


def too_late(approval: Approval) -> AlreadyAnswered:
    """Return why an open question is none any more."""
    now = Approval.objects.of(approval.organization_id).get(pk=approval.pk)
    if now.status == ApprovalStatus.EXPIRED or now.status == ApprovalStatus.PENDING:
        return AlreadyAnswered(
            "This question is over: nobody answered in time, or the run has ended.", code="expired"
        )
    who = now.decided_by_name or "somebody"
    return AlreadyAnswered(
        f"This question was {now.get_status_display().lower()} by {who} already; "
        "your answer changed nothing."
    )
