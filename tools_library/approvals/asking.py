"""Writing a question down, in the transaction that stores its run; imports models and the audit."""

from __future__ import annotations

import json
from datetime import datetime

from django.db import IntegrityError, transaction

from tools_library.approvals.choices import ApprovalStatus, Policy
from tools_library.approvals.ending import deny
from tools_library.approvals.gate import Question, open_question
from tools_library.approvals.hashing import arguments_hash
from tools_library.approvals.policy import time_to_answer
from tools_library.approvals.sentences import (
    ASK_THE_CALLER,
    NOT_YET,
    WAITS_FOR_STAFF,
    WAITS_FOR_USER,
)
from tools_library.choices import ExecutionStatus
from tools_library.models import Approval, ToolExecution
from voiceassist.organizations.services import audit

_TOLD = {"caller": ASK_THE_CALLER, "user": WAITS_FOR_USER, "staff": WAITS_FOR_STAFF}


def hold(execution: ToolExecution, question: Question) -> None:
    """Make the row, not stored yet, one that waits; `ask` follows once it is stored."""
    execution.status = ExecutionStatus.AWAITING_APPROVAL
    execution.deadline_at = None  # its time begins with the yes
    execution.message = _TOLD[question.asked].format(name=execution.tool_name)


def ask(execution: ToolExecution, question: Question) -> Approval | None:
    """Store the question about a row that was just stored and reported; inside a transaction.

    Return None where an equal one is open already: then the row has ended as denied.
    """
    approval = _approval(execution, question)
    try:
        with transaction.atomic():
            approval.save(force_insert=True)
    except IntegrityError:
        deny(execution, "denied", NOT_YET.format(name=execution.tool_name))
        return None
    audit.record(
        execution.organization_id,
        "approval.asked",
        by=None,
        kind="approval",
        object_id=approval.pk,
        name=execution.tool_name,
        data={
            "policy": approval.policy,
            "execution_id": str(execution.execution_id),
            "trigger_context": execution.trigger_context,
            "arguments_hash": approval.arguments_hash,
        },
    )
    return approval


def heard(organization_id: int, question: int, at: datetime) -> bool:
    """Note that the caller has heard a question to its end: the time to answer begins now."""
    rows = Approval.objects.of(organization_id).filter(
        pk=question,
        policy=Policy.CONFIRM,
        status=ApprovalStatus.PENDING,
        heard_at=None,
        asked_at__lte=at,
    )
    trigger = rows.values_list("trigger_context", flat=True).first()
    if trigger is None:
        return False
    return bool(rows.update(heard_at=at, expires_at=at + time_to_answer("caller", trigger)))


def question_of(execution: ToolExecution) -> Approval | None:
    """Return the open question behind a row: its own, or that of the equal call it repeats."""
    asked: int | None = execution.pk
    if execution.duplicate_of_id is not None and execution.deadline_at is None:
        asked = execution.duplicate_of_id  # it waits with that one for the same answer
    elif execution.status != ExecutionStatus.AWAITING_APPROVAL:
        asked = None
    if asked is not None:
        rows = Approval.objects.of(execution.organization_id).filter(execution_id=asked)
        found: Approval | None = rows.filter(status=ApprovalStatus.PENDING).first()
        return found
    if execution.error_code != "denied":
        return None
    return open_question(execution, arguments_hash(execution.input_parameters))


def output_while_waiting(execution: ToolExecution) -> str:
    """Return what the model gets while its caller is asked, as JSON text."""
    told = {"success": False, "awaiting_approval": True, "message": execution.message}
    return json.dumps(told, ensure_ascii=False)


def _approval(execution: ToolExecution, question: Question) -> Approval:
    return Approval(
        organization_id=execution.organization_id,
        execution=execution,
        tool_id=execution.tool_id,
        tool_name=execution.tool_name,
        policy=Policy.STAFF if question.asked == "staff" else Policy.CONFIRM,
        trigger_context=execution.trigger_context,
        source_kind=execution.source_kind,
        source_id=execution.source_id,
        arguments=question.arguments,
        arguments_hash=question.arguments_hash,
        schema_hash=question.schema_hash,
        asked_by_id=question.asked_by_id,
        least_role=question.least_role,
        four_eyes=question.four_eyes,
        asked_at=question.asked_at,
        expires_at=question.expires_at,
        escalate_at=question.escalate_at,
    )
