"""Who takes part in conversations, and whose they may read; imports models and roles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet

from voiceassist.assistants.models import Assistant
from voiceassist.assistants.services import finding
from voiceassist.conversations.choices import Channel
from voiceassist.conversations.models import Conversation
from voiceassist.conversations.services import python_agents
from voiceassist.conversations.services.errors import NoSuchConversation
from voiceassist.organizations.models import ApiKey, User


@dataclass(frozen=True)
class Participant:
    """Somebody at a door, who has proved who they are.

    Args:
        user: the person signed in; None: a program, or the end user of a foreign page.
        api_key: the program.
        end_user: whom a token of a foreign page names.
        assistant_id: the only assistant that token is for.
        operates: may read and stop the conversations of others.
    """

    organization_id: int
    name: str
    user: User | None = None
    api_key: ApiKey | None = None
    end_user: str = ""
    assistant_id: int | None = None
    operates: bool = False

    is_authenticated = True

    def owns(self, conversation: Conversation) -> bool:
        """Return whether a conversation is theirs: they write, answer and say yes in it.

        In a conversation by SMS only the person on the phone does.
        """
        foreign = conversation.organization_id != self.organization_id
        if foreign or conversation.channel == Channel.SMS:
            return False
        if self.end_user:
            return conversation.end_user == self.end_user
        if self.user is not None:
            return conversation.owner_id == self.user.pk
        return self.api_key is not None and conversation.owner_id is None

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class ConversationUser:
    """A participant as the one whose yes counts for runs of their own conversation."""

    participant: Participant
    answers_for: tuple[str, str]

    is_authenticated = True

    def __str__(self) -> str:
        return self.participant.name


def readable(who: Participant) -> QuerySet[Conversation]:
    """Return the conversations that somebody may read, newest first."""
    rows: QuerySet[Conversation] = Conversation.objects.of(who.organization_id)
    if who.operates:
        return rows
    if who.end_user:
        return rows.filter(end_user=who.end_user, assistant=who.assistant_id)
    return rows.filter(owner=who.user) if who.user is not None else rows.none()


def find(who: Participant, key: str | int) -> Conversation:
    """Return a readable conversation by its id or thread id.

    An id comes first: a thread that somebody called `12` never stands for conversation 12.

    Raises:
        NoSuchConversation: there is none, or it is somebody else's.
    """
    text = str(key)
    rows = readable(who).select_related("assistant")
    is_id = text.isascii() and text.isdigit() and len(text) <= 18
    found = rows.filter(pk=int(text)).first() if is_id else None
    if found is None:
        found = rows.filter(thread_id=text).first()
    if found is None:
        raise NoSuchConversation(f"There is no conversation {text[:100]!r}.")
    return found


def find_thread(who: Participant, thread_id: str) -> Conversation:
    """Return a readable conversation by the name of its thread alone.

    Raises:
        NoSuchConversation: there is none, or it is somebody else's.
    """
    found: Conversation | None = (
        readable(who).filter(thread_id=thread_id).select_related("assistant").first()
    )
    if found is None:
        raise NoSuchConversation(f"There is no conversation {thread_id[:100]!r}.")
    return found


def own(who: Participant, key: str | int) -> Conversation:
    """Return a conversation of somebody's own, to write in it.

    Raises:
        NoSuchConversation: there is none that they may read.
        PermissionDenied: they may read it, but it is somebody else's.
    """
    return owned(who, find(who, key))


def owned(who: Participant, found: Conversation) -> Conversation:
    """Return a conversation that somebody found, once it is their own.

    Raises:
        PermissionDenied: it is somebody else's.
    """
    if not who.owns(found):
        raise PermissionDenied("This conversation is somebody else's: you may read and stop it.")
    return found


def assistant_of(who: Participant, key: str | int) -> Assistant:
    """Return an assistant of the participant's organization by id or slug.

    Raises:
        NoSuchConversation: there is none, or a token is for another one.
    """
    found = finding.find(who.organization_id, str(key))
    if found is None or who.assistant_id not in (None, found.pk):
        raise NoSuchConversation(f"There is no agent {str(key)[:100]!r}.")
    return found


def assistant_of_class(who: Participant, agent_class: str) -> Assistant | None:
    """Return the organization's assistant of this `agent_class_name`; None: a Python agent.

    Raises:
        NoSuchConversation: there is neither.
    """
    rows = Assistant.objects.of(who.organization_id)
    found: Assistant | None = (
        rows.filter(agent_class_name=agent_class).first() if agent_class else None
    )
    if found is None and python_agents.find(agent_class) is None:
        raise NoSuchConversation(
            f"No agent is called {agent_class[:100]!r}. Set an assistant's agent class name, or "
            "register a Python agent."
        )
    return found


def actor_for(who: Participant, conversation: Conversation) -> Any:
    """Return who answers questions about runs of a conversation, as approvals take it."""
    if who.user is not None:
        return who.user
    return ConversationUser(who, ("conversation", str(conversation.pk)))
