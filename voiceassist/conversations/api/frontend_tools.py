"""Document 004's routes of browser tools: register, list, check arguments."""

from __future__ import annotations

from typing import Any

from django.http import JsonResponse
from django.http.response import HttpResponseBase

from tools_library.services import frontend_tools
from voiceassist.assistants.models import Assistant
from voiceassist.conversations.api.doors import Asked, door
from voiceassist.conversations.api.paging import tools_page
from voiceassist.conversations.api.reading_bodies import mapping, text
from voiceassist.conversations.services import people
from voiceassist.conversations.services.database import threads
from voiceassist.conversations.services.errors import NoSuchCall
from voiceassist.organizations.current import Actor, KeyUser
from voiceassist.organizations.models import Organization

WRITE, CHAT = "tools.write", "conversations.chat"


async def register(asked: Asked) -> HttpResponseBase:
    """Make a browser tool, or change the one of this name."""
    body, status = await threads.run(_register, asked)
    return JsonResponse(body, status=status)


async def listed(asked: Asked) -> HttpResponseBase:
    """List the browser tools of everybody, and those of `?agent_id=`."""
    return JsonResponse(await threads.run(_listed, asked))


async def execute(asked: Asked) -> HttpResponseBase:
    """Check arguments against a tool's schema; nothing is carried out."""
    return JsonResponse(await threads.run(_check, asked))


def _register(asked: Asked) -> tuple[dict[str, Any], int]:
    organization = Organization.objects.get(pk=asked.who.organization_id)
    by: Actor | None = asked.who.user
    if by is None and asked.who.api_key is not None:
        by = KeyUser(asked.who.api_key)
    registered = frontend_tools.register(
        organization, mapping(asked.body, "tool"), _agent(asked, asked.body.get("agent_id")), by=by
    )
    return {"tool": frontend_tools.shown(registered.tool)} | frontend_tools.shown(
        registered.tool
    ), 200 if registered.existed else 201


def _listed(asked: Asked) -> dict[str, Any]:
    organization = Organization.objects.get(pk=asked.who.organization_id)
    found = frontend_tools.listed(organization, _agent(asked, asked.request.GET.get("agent_id")))
    return tools_page(asked.request, found)


def _check(asked: Asked) -> dict[str, Any]:
    name = text(asked.body, "tool_name")
    organization = Organization.objects.get(pk=asked.who.organization_id)
    found = frontend_tools.listed(organization, _agent(asked, asked.body.get("agent_id")))
    tool = found.filter(name=name).first()
    if tool is None:
        raise NoSuchCall(f"There is no browser tool called {name[:100]!r}. Register it first.")
    checked = frontend_tools.check(tool, mapping(asked.body, "arguments"))
    return {
        "valid": not checked.errors,
        "errors": list(checked.errors),
        "arguments": checked.arguments,
        "tool_name": name,
    }


def _agent(asked: Asked, key: Any) -> Assistant | None:
    return people.assistant_of(asked.who, key) if key else None


many_view = door(GET=(CHAT, listed), POST=(WRITE, register))
execute_view = door(POST=(CHAT, execute))
