"""The chat page; imports services and models."""

from __future__ import annotations

from django.db.models import OuterRef, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from voiceassist.assistants.models import Assistant
from voiceassist.conversations.choices import Role
from voiceassist.conversations.models import Conversation, Message
from voiceassist.conversations.page_tools import PAGE_TOOLS
from voiceassist.conversations.services import people
from voiceassist.conversations.services.errors import NoSuchConversation
from voiceassist.conversations.services.people import Participant
from voiceassist.conversations.services.starting import MESSAGE_MAX, THREAD_ID
from voiceassist.organizations.current import organization_of, person
from voiceassist.organizations.pages import page
from voiceassist.organizations.roles import may

LISTED = 20


@page("conversations.chat")
@ensure_csrf_cookie
@require_safe
def chat(request: HttpRequest, agent_id: str) -> HttpResponse:
    """Show a chat with an assistant; the page's script does the rest."""
    organization, user = organization_of(request), person(request)
    who = Participant(organization.pk, str(request.user), user=user, operates=True)
    try:
        assistant = people.assistant_of(who, agent_id)
    except NoSuchConversation as error:
        raise Http404(error.public_message) from None
    threads = Conversation.objects.of(organization).filter(assistant=assistant, owner=user)
    first = Message.unscoped.filter(conversation=OuterRef("pk"), role=Role.USER)
    told = threads.annotate(begins=Subquery(first.order_by("position").values("text")[:1]))
    wanted = THREAD_ID.fullmatch(request.GET.get("thread", ""))
    context = {
        "assistant": assistant,
        "ready": assistant.published_version_id is not None and assistant.is_active,
        "threads": told.order_by("-updated_at", "-id")[:LISTED],
        "thread_id": wanted[0] if wanted and threads.filter(thread_id=wanted[0]).exists() else "",
        "may_build": may(request.user, "tools.write"),
        "page_tools": PAGE_TOOLS,
        "message_max": MESSAGE_MAX,
    }
    return render(request, "conversations/chat.html", context)


@page("conversations.chat")
@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """List the assistants that one can chat with."""
    rows = Assistant.objects.of(organization_of(request))
    ready = rows.filter(published_version__isnull=False, is_active=True).order_by("name")
    return render(request, "conversations/choose.html", {"assistants": ready})
