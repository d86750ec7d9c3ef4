"""Agents written in Python: a class with an identity and tools, whose conversations are rows.

    class ShowEmoji(Tool):
        execution_context = "frontend"
        name = "show_emoji"
        description = "Display an emoji to the person"
        emoji = Param(str, required=True)

    @register
    class Study(Agent):
        identity = "You help people study."
        tools = [ShowEmoji]

    agent = Study(conversation=begin(Study, organization=organization, objective="Genesis"))
    response = agent.send_message("Show me praying hands")

Any process that imports the class may go on with the same conversation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any, ClassVar

from voiceassist.conversations.choices import PAUSED_RUNS, RunStatus
from voiceassist.conversations.loop.tool import Param, Tool
from voiceassist.conversations.models import Conversation
from voiceassist.conversations.services import answering, following, reading, starting
from voiceassist.conversations.services.answering import BrowserAnswer
from voiceassist.conversations.services.errors import ConversationError
from voiceassist.conversations.services.people import Participant
from voiceassist.conversations.services.python_agents import register
from voiceassist.foundation.errors import InvalidInput
from voiceassist.foundation.events.transport import live_loop
from voiceassist.organizations.models import Organization, User

__all__ = ["Agent", "Param", "Tool", "begin", "register"]

ANSWER_WITHIN_S = 300.0


class Agent:
    """Base of agents; register the class so that any process can go on with its conversations.

    Attributes:
        identity: who it is and what it does, as the model is told.
        tools: what it may call, classes of `Tool`.
    """

    identity: ClassVar[str] = ""
    tools: ClassVar[Sequence[type[Tool]]] = ()

    def __init__(self, conversation: Conversation) -> None:
        if conversation.agent_class_name != type(self).__name__:
            known = conversation.agent_class_name or "no Python agent"
            raise InvalidInput({"conversation": f"This conversation is of {known}."})
        self.conversation = conversation

    @property
    def state(self) -> str:
        """`idle`, `awaiting_frontend_tool` or `completed`, as the row has it now."""
        self.conversation.refresh_from_db(fields=["agent_state"])
        return self.conversation.agent_state

    def paused_for_frontend(self) -> bool:
        """Return whether calls wait for a page."""
        return self.state == "awaiting_frontend_tool"

    def send_message(self, text: str) -> str | dict[str, Any]:
        """Send a message; return the final text, or what a page is to do first.

        That is `{"status": "awaiting_frontend_tool", "tools": [...], "conversation_id"}`.

        Raises:
            InvalidInput: the message is empty or too long.
            ConversationError: it is still answering, or the run failed.
        """
        return self._rested(starting.say(self.conversation, text).after)

    def continue_with_tool_results(
        self, results: Sequence[Mapping[str, Any]]
    ) -> str | dict[str, Any]:
        """Go on with results `{"tool_use_id", "tool_name"?, "result", "is_error"?}` of a page.

        Raises:
            InvalidInput, ConversationError: as `answering.answer`, or the run failed.
        """
        self.conversation.refresh_from_db()
        after = max(self.conversation.last_seq, self.conversation.reserved_seq)
        answers = [
            BrowserAnswer(
                str(each["tool_use_id"]), each.get("result"), is_error=bool(each.get("is_error"))
            )
            for each in results
        ]
        answering.answer(self.conversation, answers, _somebody(self.conversation))
        return self._rested(after)

    def _rested(self, after: int) -> str | dict[str, Any]:
        _wait(self.conversation.pk, after)
        outcome = reading.outcome(self.conversation)
        if outcome["status"] in PAUSED_RUNS:
            return {
                "status": "awaiting_frontend_tool",
                "tools": outcome["pending_tools"],
                "conversation_id": outcome["conversation_id"],
            }
        if outcome["status"] == RunStatus.FAILED:
            raise ConversationError(outcome["message"], code=outcome["code"])
        return str(outcome.get("text", ""))


def begin(
    agent: type[Agent] | str,
    *,
    organization: Organization,
    objective: str = "",
    user: User | None = None,
) -> Conversation:
    """Begin a conversation with an agent.

    Args:
        agent: the class, or its name.
        user: whose conversation it is; None: the program's own.
    """
    name = agent if isinstance(agent, str) else agent.__name__
    who = Participant(organization.pk, user.email if user else name, user=user, operates=True)
    return starting.create(None, who, objective=objective, agent_class_name=name)


def _somebody(conversation: Conversation) -> Participant:
    """Return whoever runs this code, as the conversation's own participant."""
    return Participant(
        conversation.organization_id,
        conversation.owner_name or conversation.agent_class_name,
        user=conversation.owner,
        operates=True,
    )


def _wait(conversation_id: int, after: int) -> None:
    """Block until nothing more comes by itself.

    Raises:
        ConversationError: it takes too long; the run goes on.
    """
    rested: Future[None] = Future()

    async def watch() -> None:
        try:
            async for _ in following.follow(conversation_id, after, to_rest=True):
                if rested.cancelled():
                    return
            rested.set_result(None)
        except Exception as error:
            rested.set_exception(error)

    live_loop.run(watch())
    try:
        rested.result(ANSWER_WITHIN_S)
    except FutureTimeout:
        rested.cancel()
        raise ConversationError(
            "The agent is still answering. Read its state later.", code="busy", retryable=True
        ) from None
