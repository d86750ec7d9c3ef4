"""Lists as pages with a cursor: conversations in `results`, browser tools in `tools`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from rest_framework.request import Request

from tools_library.models import Tool
from tools_library.services import frontend_tools
from voiceassist.conversations.models import Conversation
from voiceassist.conversations.services.reading import summary
from voiceassist.foundation.api.paging import CursorPagination


class NewestFirst(CursorPagination):
    """Conversations by when something last happened in them."""

    ordering: Any = ("-updated_at", "-id")


def page_of(request: HttpRequest, rows: QuerySet[Conversation]) -> dict[str, Any]:
    """Return the page that a request's cursor names.

    Raises:
        NotFound: the cursor is none of ours.
    """
    return _page(NewestFirst(), request, rows, "results", summary)


class ByName(CursorPagination):
    """Tools by their names."""

    ordering: Any = ("name", "id")


def tools_page(request: HttpRequest, rows: QuerySet[Tool]) -> dict[str, Any]:
    """Return the page of browser tools that a request's cursor names: `next, previous, tools`.

    Raises:
        NotFound: the cursor is none of ours.
    """
    return _page(ByName(), request, rows, "tools", frontend_tools.shown)


def _page(
    pages: CursorPagination,
    request: HttpRequest,
    rows: QuerySet[Any],
    name: str,
    shown: Callable[[Any], Any],
) -> dict[str, Any]:
    page = pages.paginate_queryset(rows, Request(request)) or []
    links = {"next": pages.get_next_link(), "previous": pages.get_previous_link()}
    return {**links, name: [shown(each) for each in page]}
