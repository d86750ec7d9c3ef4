"""Organizations with people, an assistant and calls: what tests of pages and sockets look at."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone

from calls.models import Call, TranscriptItem
from tools_library.models import ToolExecution
from voiceassist.assistants.models import Assistant
from voiceassist.assistants.services import publishing
from voiceassist.organizations.models import Membership, Organization, User

PASSWORD = "correct horse battery staple"


def make_organization(slug: str = "north") -> Organization:
    """An organization called after its slug."""
    return Organization.objects.create(slug=slug, name=slug.title())


def make_user(organization: Organization, role: str = "operator") -> User:
    """A person with one role in one organization."""
    user = User.objects.create_user(f"{role}.{organization.slug}@example.com", PASSWORD)
    Membership.unscoped.create(organization=organization, user=user, role=role)
    return user


def make_assistant(organization: Organization, name: str = "Front Desk") -> Assistant:
    """A published assistant that is the organization's default."""
    assistant = Assistant(
        organization=organization,
        name=name,
        slug=name.lower().replace(" ", "-"),
        instructions="Be kind and short.",
    )
    assistant.save()
    publishing.publish(assistant, None)
    assistant.refresh_from_db()
    organization.default_assistant = assistant
    organization.save()
    return assistant


def make_call(organization: Organization, **fields: Any) -> Call:
    """A call that is in progress unless told otherwise."""
    now = timezone.now()
    values = {
        "direction": "inbound",
        "from_number": "+12025550134",
        "to_number": "+12025550100",
        "status": "in-progress",
        "started_at": now - dt.timedelta(seconds=12),
        "answered_at": now - dt.timedelta(seconds=10),
    } | fields
    return Call.unscoped.create(organization=organization, **values)


def make_ended_call(organization: Organization, **fields: Any) -> Call:
    """A call that the assistant ended after half a minute."""
    values = {"status": "completed", "ended_reason": "assistant_ended", "duration_ms": 31_000}
    return make_call(organization, **(values | {"ended_at": timezone.now()} | fields))


def say(call: Call, position: int, text: str, **fields: Any) -> TranscriptItem:
    """One utterance, by the assistant unless told otherwise."""
    values = {
        "item_id": f"item_{position}",
        "role": "assistant",
        "at_ms": position * 1000,
        "status": "completed",
    } | fields
    return TranscriptItem.unscoped.create(
        organization=call.organization, call=call, position=position, text=text, **values
    )


def run_tool(call: Call, name: str = "lookup_order", **fields: Any) -> ToolExecution:
    """One run that succeeded, three seconds into the call."""
    begin = (call.answered_at or call.started_at) + dt.timedelta(seconds=3)
    values = {
        "status": "success",
        "trigger_context": "call",
        "input_parameters": {"order_id": "1042"},
        "output_result": {"success": True, "message": "It ships tomorrow."},
        "message": "It ships tomorrow.",
        "started_at": begin,
        "completed_at": begin + dt.timedelta(milliseconds=402),
        "duration_ms": 402,
    } | fields
    return ToolExecution.unscoped.create(
        organization=call.organization, call=call, tool_name=name, **values
    )
