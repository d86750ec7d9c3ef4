"""Which assistant an agent's class name stands for."""

from __future__ import annotations

from voiceassist.assistants.models import Assistant
from voiceassist.conversations.services.errors import NoSuchConversation
from voiceassist.conversations.services.people import Participant


def assistant_for(who: Participant, agent_class: str) -> Assistant:
    """Return the organization's assistant of this `agent_class_name`.

    Raises:
        NoSuchConversation: there is none.
    """
    found: Assistant | None = (
        Assistant.objects.of(who.organization_id).filter(agent_class_name=agent_class).first()
        if agent_class
        else None
    )
    if found is None:
        raise NoSuchConversation(
            f"No agent is called {agent_class[:100]!r}. Set an assistant's agent class name, or "
            "register a Python agent."
        )
    return found
