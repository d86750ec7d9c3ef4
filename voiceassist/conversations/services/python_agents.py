"""Agents that are Python classes: which there are, and what their tools do; imports the catalog."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, ClassVar, Protocol, TypeVar

from tools_library.choices import ExecutionStatus, SideEffect, ToolType
from tools_library.engine.cleaning import Uncleanable, clean
from tools_library.models import ToolExecution
from tools_library.services import execution
from tools_library.services.catalog import CatalogTool
from voiceassist.conversations.choices import OPEN_PROPOSALS
from voiceassist.conversations.loop.tool import Tool
from voiceassist.conversations.models import ToolProposal
from voiceassist.foundation.jobs import enqueue

log = logging.getLogger(__name__)

PERFORM = "conversations.perform"
BROKE = "The tool broke off with an error; whoever runs the server finds it in the log."


class AgentClass(Protocol):
    """What is known of an agent's class."""

    identity: ClassVar[str]
    tools: ClassVar[Sequence[type[Tool]]]
    __name__: str
    __module__: str


Kind = TypeVar("Kind", bound=AgentClass)

_agents: dict[str, Any] = {}


def register(agent: Kind) -> Kind:
    """Make a class known by its name; where its module is imported, its conversations go on.

    Raises:
        ValueError: another class has the name, or two of its tools have one name.
    """
    known = _agents.get(agent.__name__)
    if known is not None and known.__module__ != agent.__module__:
        raise ValueError(f"Two agents are called {agent.__name__}.")
    names = [tool.tool_name() for tool in agent.tools]
    if len(names) != len(set(names)):
        raise ValueError(f"Two tools of {agent.__name__} have the same name.")
    _agents[agent.__name__] = agent
    return agent


def find(name: str) -> AgentClass | None:
    """Return the class of this name; None: this process knows none."""
    return _agents.get(name)


def tools_of(agent: AgentClass) -> list[CatalogTool]:
    """Return an agent's tools as a conversation may call them."""
    return [_entry(tool, place) for place, tool in enumerate(agent.tools)]


def hand_over(proposal_id: int, row: ToolExecution, entry: CatalogTool) -> None:
    """Let a worker carry out a call that was written down, once it may run."""
    if entry.runs_at == "session" and row.status == ExecutionStatus.RUNNING:
        enqueue(PERFORM, proposal_id, queue="live")


def perform(proposal_id: int) -> None:
    """Carry out a call of a backend tool, once; the job behind `conversations.perform`.

    One that has ended meanwhile, as where the person stopped the answer, does not take place.
    """
    own = ToolProposal.unscoped.filter(pk=proposal_id, claimed_by="", status__in=OPEN_PROPOSALS)
    if not own.update(claimed_by="worker"):
        return
    rows = ToolProposal.unscoped.select_related("conversation", "execution")
    call = rows.get(pk=proposal_id)
    if call.execution is None or call.execution.status != ExecutionStatus.RUNNING:
        return
    agent = find(call.conversation.agent_class_name)
    tools = {tool.tool_name(): tool for tool in agent.tools} if agent is not None else {}
    output = _answer(tools.get(call.tool_name), call.execution.input_parameters)
    execution.finish_in_session(
        call.execution.execution_id,
        success=output.get("success") is not False,
        message=str(output.get("message") or ""),
        data=output.get("data"),
        error_code=str(output.get("error_code", "")),
    )


def _entry(tool: type[Tool], place: int) -> CatalogTool:
    definition = {
        "type": "function",
        "name": tool.tool_name(),
        "description": tool.description,
        "parameters": tool.schema(),
    }
    return CatalogTool(
        name=tool.tool_name(),
        display_name=tool.tool_name(),
        tool_type=ToolType.FRONTEND if tool.is_frontend() else ToolType.PYTHON_FUNCTION,
        definition=definition,
        side_effect=SideEffect.WRITE if tool.changes else SideEffect.READ,
        runs_at="browser" if tool.is_frontend() else "session",
        execution_order=place,
        timeout_seconds=tool.timeout_seconds,
    )


def _answer(tool: type[Tool] | None, arguments: dict[str, Any]) -> dict[str, Any]:
    if tool is None:
        message = "This server does not know the tool any more."
        return {"message": message, "error_code": "unknown_tool"}
    try:
        answer = tool().execute(arguments)
        taken: dict[str, Any] = clean(answer if isinstance(answer, dict) else {"data": answer})
        return taken
    except Uncleanable as error:
        return {"message": f"The tool's answer cannot be taken: {error}.",
                "error_code": "bad_response"}  # fmt: skip
    except Exception:
        log.exception("a Python agent's tool failed", extra={"tool": tool.tool_name()})
        return {"message": BROKE, "error_code": "code_error"}
