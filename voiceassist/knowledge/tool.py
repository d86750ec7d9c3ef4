"""`search_knowledge_base`: the tool that looks things up; imports the search and the registry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from tools_library.engine.deadline import Deadline
from tools_library.engine.types import ToolCall, ToolResult
from tools_library.executors.base import Configuration
from tools_library.executors.builtin.registry import Builtin
from voiceassist.knowledge.services import search as searching

NAME = "search_knowledge_base"
RESULTS = 3
_PARAMETERS = {
    "type": "object",
    "properties": {
        "query": {
            "type": "string",
            "description": "What the person wants to know, in their own words and language, with "
            "the names of the things they ask about.",
            "minLength": 1,
            "maxLength": searching.QUERY_MAX,
        },
        "category": {
            "type": "string",
            "description": "Only where the instructions name categories: the one to look in.",
            "maxLength": 120,
        },
    },
    "required": ["query"],
}


class SearchOptions(Configuration):
    """Where this tool looks: slugs of collections; none means all of the organization."""

    collections: tuple[str, ...] = Field((), max_length=100)


def perform(options: SearchOptions, call: ToolCall, deadline: Deadline) -> ToolResult:
    """Look it up. That nothing is found is an answer too, so that the assistant can say so."""
    organization_id = int(call.context["organization_id"])
    query = str(call.arguments["query"])
    category = str(call.arguments.get("category") or "").strip()
    note = ""
    known = searching.categories(organization_id, options.collections) if category else []
    if category and category.casefold() not in {each.casefold() for each in known}:
        named = f" There are: {', '.join(known[:20])}." if known else ""
        note, category = f" There is no category {category!r}; all was searched.{named}", ""
    hits = searching.search(
        organization_id, query, category=category, collections=options.collections, limit=RESULTS
    )
    results = [
        {"text": hit.text, "title": hit.title, "source": hit.source, "heading": hit.heading}
        for hit in hits
    ]
    message = f"{_words(hits)}{note}"
    return ToolResult({"success": True, "message": message, "data": {"results": results}})


def _words(hits: Sequence[Any]) -> str:
    if not hits:
        return "Nothing about this is in the knowledge base. Say that you do not know."
    many = "1 text was" if len(hits) == 1 else f"{len(hits)} texts were"
    return f"{many} found. Answer only from what they say, and only if it fits the question."


SEARCH_KNOWLEDGE_BASE = Builtin(
    name=NAME,
    description="Looks up what the organization has written down: opening hours, prices, rules, "
    "how things work. Use it before you answer such a question.",
    parameters=_PARAMETERS,
    side_effect="read",
    options=SearchOptions,
    perform=perform,
)
