"""Writes the demo's past chat as rows and events, since no service can chat in the past."""

from __future__ import annotations

import copy
import itertools
import json
import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from tools_library.approvals.choices import ApprovalStatus, Policy
from tools_library.approvals.hashing import arguments_hash, schema_hash
from tools_library.choices import ExecutionStatus, TriggerContext
from tools_library.models import Approval, Tool, ToolExecution
from tools_library.services.frontend_tools import parameters_of
from voiceassist.assistants.models import Assistant, AssistantVersion
from voiceassist.conversations.choices import (
    AgentState,
    Phase,
    ProposalStatus,
    Role,
    RunsAt,
    RunStatus,
)
from voiceassist.conversations.models import (
    AgentRun,
    Conversation,
    Message,
    RunEvent,
    ToolProposal,
)
from voiceassist.conversations.services import closing, results
from voiceassist.conversations.services.pending import pending
from voiceassist.conversations.services.stepping import proposed
from voiceassist.demo.past_chat import CHAT, THREAD, Answered, Called
from voiceassist.organizations.models import User

_AGO, _BETWEEN = timedelta(hours=3, minutes=12), timedelta(seconds=4)

News = tuple[str, dict[str, Any]]


def write(assistant: Assistant, owner: User, tools: Mapping[str, Tool]) -> None:
    """Store the past chat of `owner`, with its runs, calls, question and events."""
    begun = timezone.now() - _AGO
    clock = (begun + _BETWEEN * step for step in itertools.count())
    talk = Conversation(
        organization_id=assistant.organization_id, assistant=assistant, thread_id=THREAD,
        owner=owner, owner_name=owner.email, agent_state=AgentState.COMPLETED,
    )  # fmt: skip
    talk.save()
    told = _Told(talk, assistant.published_version, owner, tools, clock)
    for answered in CHAT:
        told.answer(answered)
    RunEvent.unscoped.bulk_create(told.events)
    Conversation.unscoped.filter(pk=talk.pk).update(
        created_at=begun, updated_at=next(clock), message_count=told.position,
        last_seq=len(told.events),
    )  # fmt: skip


class _Told:
    """A conversation while it is written: its rows are stored, its events gathered."""

    def __init__(
        self,
        talk: Conversation,
        version: AssistantVersion | None,
        owner: User,
        tools: Mapping[str, Tool],
        clock: Iterator[datetime],
    ) -> None:
        self._talk, self._version, self._owner = talk, version, owner
        self._tools, self._clock = tools, clock
        self._own = {"organization_id": talk.organization_id, "conversation": talk}
        self.position = 0
        self.events: list[RunEvent] = []

    def answer(self, answered: Answered) -> None:
        """Add a message of the person, and the run that answers it."""
        started = next(self._clock)
        run = AgentRun(
            **self._own, assistant_version=self._version,
            status=RunStatus.COMPLETED, phase=Phase.MODEL, stop_reason="completed",
            step=len(answered.wrote), run_id=uuid.uuid4(),
        )  # fmt: skip
        run.save()
        about = {"thread_id": self._talk.thread_id, "run_id": str(run.run_id)}
        asked = self._message(run, Role.USER, answered.asked, started)
        self._tell(("run_started", about), started)
        self._tell(("user_message", {"message_id": asked.pk, "text": asked.text}), started)
        for step, wrote in enumerate(answered.wrote, 1):
            message = self._message(run, Role.ASSISTANT, wrote.text, next(self._clock))
            if wrote.text:
                self._tell(("text_delta", {"pieces": [wrote.text]}), message.created_at)
            for called in wrote.calls:
                self._call(message, step, called)
            if not wrote.calls:
                whole = {"message_id": message.pk, "text": message.text}
                self._tell(("message_completed", whole), message.created_at)
        ended = next(self._clock)
        over = {**about, "status": RunStatus.COMPLETED, "stop_reason": "completed"}
        self._tell(("run_finished", over), ended)
        AgentRun.unscoped.filter(pk=run.pk).update(
            started_at=started, touched_at=ended, finished_at=ended
        )

    def _message(self, run: AgentRun, role: Role, text: str, at: datetime) -> Message:
        message = Message(**self._own, run=run, position=self.position, role=role, text=text)
        message.save()
        message.created_at = at
        Message.unscoped.filter(pk=message.pk).update(created_at=at)
        self.position += 1
        return message

    def _call(self, message: Message, step: int, called: Called) -> None:
        at = next(self._clock)
        row = self._execution(called, f"call_demo_{message.pk}", at)
        call = ToolProposal(
            **self._own, run=message.run, message=message, execution=row, step=step, position=0,
            tool_call_id=row.tool_call_id, tool_name=called.tool,
            runs_at=RunsAt.BROWSER if called.in_browser else RunsAt.WORKER,
            arguments=json.dumps(called.arguments, ensure_ascii=False),
            answered_by_name=self._owner.email if called.in_browser else "",
        )  # fmt: skip
        closing.close(call, ProposalStatus.SUCCEEDED, results.told(row))
        ToolProposal.unscoped.filter(pk=call.pk).update(created_at=at, closed_at=at)
        start = {**proposed(call), "requires_approval": called.asked}
        self._tell(("tool_call_start", start), at)
        if called.asked:
            self._ask(call, row, at)
        done = {
            **closing.about(call), "status": call.status, "success": True,
            "result": row.output_result, "message": row.message, "error_code": "",
        }  # fmt: skip
        kind = "tool_call_resolved" if called.in_browser else "tool_call_result"
        self._tell((kind, done), at)

    def _execution(self, called: Called, call_id: str, at: datetime) -> ToolExecution:
        tool = self._tools[called.tool]
        output: dict[str, Any] = {"success": True, "message": called.message, "data": called.data}
        row = ToolExecution(
            organization_id=self._talk.organization_id, tool=tool, tool_name=tool.name,
            tool_version=tool.version, definition=tool.versions.first(),
            assistant_id=self._talk.assistant_id, source_kind="conversation",
            source_id=str(self._talk.pk), tool_call_id=call_id, user=self._owner,
            input_parameters=called.arguments, output_result=output, message=called.message,
            status=ExecutionStatus.SUCCESS, side_effect=tool.side_effect,
            trigger_context=TriggerContext.CHAT, started_at=at, duration_ms=214,
            completed_at=at + timedelta(milliseconds=214),
        )  # fmt: skip
        row.save()
        ToolExecution.unscoped.filter(pk=row.pk).update(created_at=at)
        return row

    def _ask(self, call: ToolProposal, row: ToolExecution, at: datetime) -> None:
        approval = Approval(
            organization_id=row.organization_id, execution=row, tool=row.tool,
            tool_name=row.tool_name, policy=Policy.CONFIRM, status=ApprovalStatus.APPROVED,
            trigger_context=row.trigger_context, source_kind=row.source_kind,
            source_id=row.source_id, arguments=row.input_parameters,
            arguments_hash=arguments_hash(row.input_parameters),
            schema_hash=schema_hash(parameters_of(self._tools[row.tool_name])),
            asked_at=at, expires_at=at + timedelta(days=1), decided_at=at + _BETWEEN,
            decided_by=self._owner, decided_by_name=self._owner.email,
        )  # fmt: skip
        approval.save()
        waits = copy.copy(call)
        waits.status, waits.expires_at = ProposalStatus.PENDING_APPROVAL, approval.expires_at
        [asked] = pending([waits])
        run = {"thread_id": self._talk.thread_id, "run_id": str(call.run.run_id)}
        paused = {**run, "status": RunStatus.AWAITING_APPROVAL, "tools": [asked]}
        answer = {
            **closing.about(call), "approval_id": approval.pk, "decision": approval.status,
            "by": approval.decided_by_name, "reason": "", "changes": [],
            "arguments": row.input_parameters,
        }  # fmt: skip
        self._tell(("approval_required", {**closing.about(call), **asked}), at)
        self._tell(("run_paused", paused), at)
        self._tell(("approval_resolved", answer), at + _BETWEEN)
        self._tell(("run_resumed", {"run_id": str(call.run.run_id)}), at + _BETWEEN)

    def _tell(self, news: News, at: datetime) -> None:
        seq = len(self.events) + 1
        kind, data = news
        self.events.append(
            RunEvent(**self._own, first_seq=seq, seq=seq, type=kind, data=data, at=at)
        )
