"""Makes conversations for tests, through the services."""

from typing import Any

from tests.factories.assistants import make_assistant
from tests.factories.organizations import make_member, make_organization
from tests.factories.tools import assign, make_tool
from voiceassist.assistants.models import Assistant
from voiceassist.conversations.models import Conversation
from voiceassist.conversations.services import starting
from voiceassist.conversations.services.people import Participant
from voiceassist.organizations.models import Organization, Role

ASK = {
    "type": "object",
    "properties": {
        "question": {"type": "string"},
        "kind": {"type": "string", "enum": ["text", "email"], "default": "text"},
    },
    "required": ["question"],
}


def make_participant(organization: Organization | None = None) -> Participant:
    """Return an operator who is signed in."""
    organization = organization or make_organization()
    user = make_member(organization, Role.OPERATOR)
    return Participant(organization.pk, user.email, user=user, operates=True)


def make_conversation(who: Participant | None = None, **values: Any) -> Conversation:
    """Begin a conversation with a published assistant."""
    who = who or make_participant()
    organization = Organization.objects.get(pk=who.organization_id)
    assistant = values.pop("assistant", None) or make_assistant(organization)
    return starting.create(assistant, who, **values)


def give_browser_tool(assistant: Assistant, name: str = "ask_person", **values: Any) -> None:
    """Let an assistant ask the person's browser something."""
    tool = make_tool(
        assistant.organization,
        **{
            "name": name,
            "display_name": name,
            "description": "Asks the person.",
            "tool_type": "frontend",
            "side_effect": "write",
            "configuration": {},
            "function_definition": ASK,
            **values,
        },
    )
    assign(assistant, tool)


NOTIFY = {
    "type": "object",
    "properties": {
        "message": {"type": "string", "description": "The message to display."},
        "type": {"type": "string", "enum": ["info", "warning", "error"], "default": "info"},
    },
    "required": ["message"],
}
