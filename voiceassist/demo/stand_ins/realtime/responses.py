"""When a response is made, refused or cancelled, and what it has to answer.

Imports the session's context and the streaming of one response; knows no ASGI.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from voiceassist.demo.stand_ins.realtime.config import check_modalities, check_tools
from voiceassist.demo.stand_ins.realtime.context import SessionContext
from voiceassist.demo.stand_ins.realtime.conversation import Item, text_of
from voiceassist.demo.stand_ins.realtime.errors import EventRefused
from voiceassist.demo.stand_ins.realtime.rules import Mind, ToolOutput, Turn
from voiceassist.demo.stand_ins.realtime.speaking import Response


class Responses:
    """The responses of one session: at most one of the default conversation at a time."""

    def __init__(self, context: SessionContext, on_end: Callable[[Response], None]) -> None:
        self._context = context
        self._on_end = on_end
        self._active: Response | None = None
        self._task: asyncio.Task[None] | None = None
        self._outputs: list[ToolOutput] = []
        self._heard: str | None = None
        self._scenario = ""
        self._timed_out = False
        self._resumed = False
        self._failures = context.behaviour.fail_responses
        self._incomplete = context.behaviour.incomplete_responses
        self._races = context.behaviour.response_races

    @property
    def active(self) -> Response | None:
        """The response that writes to the conversation now."""
        return self._active

    # What the model has in front of it

    def hear(self, text: str, scenario: str = "") -> None:
        """The caller's words of the turn that was just committed."""
        self._heard = text
        self._scenario = scenario or self._scenario

    def time_out(self) -> None:
        """Nobody spoke for the idle time."""
        self._timed_out = True

    def notice(self, item: Item) -> None:
        """A client's item: written words, or what a tool gave back."""
        if item["type"] == "function_call_output":
            name = self._context.conversation.call_name(item["call_id"])
            self._outputs.append(ToolOutput(name, item["output"]))
        elif item["type"] == "message" and item["role"] == "user":
            self._heard = text_of(item) or self._heard
        else:
            self._resumed = True

    def _turn(self, params: dict[str, Any], consume: bool) -> Turn:
        schemas = self._context.config.tool_schemas()
        if "tools" in params:
            schemas = {tool["name"]: tool.get("parameters") or {} for tool in params["tools"]}
        if (params.get("tool_choice") or self._context.config.data["tool_choice"]) == "none":
            schemas = {}
        turn = Turn(
            instructions=params.get("instructions") or "",
            heard=self._heard,
            scenario=self._scenario,
            outputs=tuple(self._outputs),
            timed_out=self._timed_out,
            resumed=self._resumed or self._context.has_spoken,
            tools=schemas,
        )
        if consume:
            self._heard, self._outputs, self._timed_out = None, [], False
        return turn

    # Making and ending them

    def request(self, params: dict[str, Any]) -> None:
        """A client's `response.create`.

        Raises: EventRefused: a response is active, or a parameter is wrong.
        """
        check_modalities(params.get("output_modalities"), "response.output_modalities")
        check_tools(params.get("tools"), "response.tools")
        if params.get("conversation") == "none":
            self._start_aside(params)
            return
        if self._active is None and self._races > 0:
            self._races -= 1
            self.start()
        if self._active is not None:
            raise EventRefused(
                "conversation_already_has_active_response",
                f"Conversation already has an active response in progress: {self._active.id}. "
                "Wait until the response is finished before creating a new one.",
            )
        self.start(params)

    def start(self, params: dict[str, Any] | None = None) -> None:
        """Begins a response of the default conversation; nothing if one is active."""
        if self._active is not None:
            return
        params = params or {}
        instructions = params.get("instructions") or ""
        exact = "Say exactly this" in instructions
        turn = self._turn(params, consume=not exact)
        response = Response(self._context, self._context.mind.answer(turn), params)
        self._active = response
        response.begin()
        self._task = self._context.spawn(self._run(response))

    def _start_aside(self, params: dict[str, Any]) -> None:
        turn = self._turn(params, consume=False)
        # A mind of its own: what is said on the side must not move the conversation's rules.
        response = Response(self._context, Mind().answer(turn), params)
        response.begin()
        self._context.spawn(response.stream())

    async def _run(self, response: Response) -> None:
        behaviour = self._context.behaviour
        if self._failures > 0:
            self._failures -= 1
            response.fail(behaviour.fail_code)
        elif self._incomplete > 0:
            self._incomplete -= 1
            response.leave_incomplete(behaviour.incomplete_reason)
        else:
            await response.stream()
        self._ended(response)

    def cancel(self, reason: str, response_id: str | None = None) -> None:
        """Cuts off the active response.

        Raises: EventRefused: there is none, or it is another one.
        """
        response = self._active
        if response is None or response_id not in (None, response.id):
            raise EventRefused(
                "response_cancel_not_active", "Cancellation failed: no active response found"
            )
        if self._task is not None:
            self._task.cancel()
        response.cancel(reason)
        self._ended(response)

    def _ended(self, response: Response) -> None:
        if self._active is response:
            self._active = None
            self._task = None
            self._on_end(response)
