"""What was said and done in a conversation, as its admin page shows it; imports models."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime

from django.db.models import Prefetch
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from tools_library.admin.deciding import in_short
from voiceassist.conversations.choices import ProposalStatus, RunStatus
from voiceassist.conversations.models import AgentRun, Conversation, RunEvent, ToolProposal
from voiceassist.conversations.services.pending import arguments_of
from voiceassist.foundation.reading_order import in_reading_order

SHOWN = 200
_LONGEST, _LONGEST_OUTCOME, _LONGEST_EVENT = 4_000, 300, 400
_NOTHING = SafeString("–")
_TONES: dict[str, str] = {
    ProposalStatus.SUCCEEDED: "ok",
    ProposalStatus.FAILED: "bad",
    ProposalStatus.PENDING_APPROVAL: "warn",
    ProposalStatus.PENDING_FRONTEND: "warn",
    ProposalStatus.EXPIRED: "warn",
    RunStatus.COMPLETED: "ok",
    RunStatus.AWAITING_APPROVAL: "warn",
    RunStatus.AWAITING_FRONTEND_TOOL: "warn",
}


def talk(conversation: Conversation) -> SafeString:
    """Return the newest messages in order, each with its tool calls."""
    calls = ToolProposal.unscoped.select_related("execution__approval").order_by("position")
    rows = conversation.messages.prefetch_related(Prefetch("proposals", queryset=calls))
    newest = list(rows.order_by("-position")[:SHOWN])[::-1]
    if not newest:
        return SafeString("Nothing was written yet.")
    lines = (
        (
            row.role,
            row.get_role_display(),
            _clock(row.created_at),
            _words(row.text),
            _calls(row.proposals.all()),
        )
        for row in newest
    )
    listed = format_html_join(
        "",
        '<li class="va-{}"><p class="va-by"><b>{}</b> <span>{}</span></p>{}{}</li>',
        lines,
    )
    return format_html("{}<ol>{}</ol>", _left_out(conversation.message_count), listed)


def answers(conversation: Conversation) -> SafeString:
    """Return the newest runs in order: how each ended, and what it took."""
    rows = list(conversation.runs.order_by("-pk")[:SHOWN])[::-1]
    lines = ((_pill(run.status, run.get_status_display()), _about(run)) for run in rows)
    return format_html_join("", "<p>{} {}</p>", lines) or _NOTHING


def events(conversation: Conversation) -> SafeString:
    """Return the newest events in order, as clients got them."""
    rows = list(RunEvent.unscoped.filter(conversation=conversation).order_by("-seq")[:SHOWN])[::-1]
    lines = ((row.seq, _clock(row.at), row.type, _data(row)) for row in rows)
    listed = format_html_join("\n", "{} {} <b>{}</b> {}", lines)
    return format_html('<pre class="va-code" tabindex="0">{}</pre>', listed) if rows else _NOTHING


def _words(text: str) -> SafeString:
    if not text:
        return SafeString("")
    more = len(text) - _LONGEST
    end = format_html("<p>{} more characters.</p>", more) if more > 0 else ""
    return format_html('<div class="va-words" dir="auto">{}</div>{}', text[:_LONGEST], end)


def _left_out(count: int) -> SafeString:
    if count <= SHOWN:
        return SafeString("")
    return format_html("<p>The newest {} of {} messages.</p>", SHOWN, count)


def _calls(rows: Iterable[ToolProposal]) -> SafeString:
    lines = ((_call(row),) for row in rows)
    listed = format_html_join("", "<li>{}</li>", lines)
    return format_html('<ul class="va-calls">{}</ul>', listed) if listed else listed


def _call(call: ToolProposal) -> SafeString:
    run = call.execution
    said = run.message if run is not None else ""
    return format_html(
        '<p><b>{}</b> {}{}{}</p><p>{}</p><p dir="auto">{}</p>',
        in_reading_order(call.tool_name),
        _pill(call.status, call.get_status_display()),
        f" by {call.answered_by_name}" if call.answered_by_name else "",
        _links(call),
        in_short(arguments_of(call)),
        Truncator(said).chars(_LONGEST_OUTCOME),
    )


def _links(call: ToolProposal) -> SafeString:
    run = call.execution
    if run is None:
        return SafeString("")
    approval = getattr(run, "approval", None)
    links = [(reverse("admin:tools_library_toolexecution_change", args=[run.pk]), "Run")]
    if approval is not None:
        asked = reverse("admin:tools_library_approval_change", args=[approval.pk])
        links.append((asked, "Question"))
    return format_html_join("", ' <a class="va-link" href="{}">{}</a>', links)


def _about(run: AgentRun) -> str:
    took = (run.finished_at or timezone.now()) - run.started_at
    tokens = run.usage.get("total_tokens")
    parts = [
        _clock(run.started_at),
        f"{run.step} step{'s' if run.step > 1 else ''}",
        f"{took.total_seconds():,.1f} s" if run.finished_at else "",
        f"{tokens:,} tokens" if isinstance(tokens, int) else "",
        run.error_message or ("" if run.stop_reason == run.status else run.stop_reason),
    ]
    return " · ".join(part for part in parts if part)


def _data(row: RunEvent) -> str:
    pieces = row.data.get("pieces")
    told = json.dumps(row.data, ensure_ascii=False)
    text = "".join(map(str, pieces)) if isinstance(pieces, list) else told
    return in_reading_order(Truncator(text).chars(_LONGEST_EVENT))


def _pill(status: str, words: str) -> SafeString:
    return format_html('<span class="va-pill va-{}">{}</span>', _TONES.get(status, "idle"), words)


def _clock(at: datetime) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M:%S")
