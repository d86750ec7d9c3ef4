"""Made-up requests to every route of conversations and knowledge, over real sockets.

None is a server error, each refusal says what to change, and what is refused has written nothing.
"""

import itertools
from urllib.parse import quote, quote_from_bytes

import pytest
from django.db import connection
from django.test import Client
from hypothesis import Phase, given
from hypothesis import settings as bounds
from hypothesis import strategies as st

from tests.factories.conversations import give_browser_tool
from tests.factories.knowledge import make_collection, make_document
from tests.factories.organizations import make_key, make_member
from tests.integration.conversations.made_up import (
    BODIES,
    HOSTILE,
    IDS,
    Line,
    fault_of,
    mutated,
)
from voiceassist.conversations import urls
from voiceassist.conversations.api.openapi import OPERATIONS
from voiceassist.conversations.models import Conversation
from voiceassist.knowledge.api import urls as knowledge_urls

TALK = "/api/v1/agents/{agent}"
THREAD = TALK + "/threads/{thread}"
BASE = "/api/organization/knowledge"
EXAMPLES = 8
QUERIES = {
    f"{THREAD}/events": ("after",), "/api/v1/tools/frontend": ("agent_id", "cursor"),
    "/api/conversations": ("cursor", "page_size"),
    BASE: ("cursor", "page_size", "search", "is_active"),
    BASE + "/{collection}/documents": ("cursor", "search", "status", "kind", "category"),
    BASE + "/{collection}/documents/{document}/parts": ("cursor",),
}  # fmt: skip
NAMES = ("Last-Event-ID", "X-Organization", "Authorization", "Accept", "Content-Type", "Cookie",
         "X-CSRFToken", "Content-Encoding")  # fmt: skip
HEADERS = ("", "\xff", "-1", "9" * 30, "Bearer vat_\xe9:x", "Bearer vak_\xff", "a" * 4_000)
PAGES = {"chat", "chat-choose"}
TEXT = {"title": "Returns", "category": "shop", "kind": "text", "text": "Within 30 days."}
NAMED = {"name": "Help", "description": "For all", "language": "en", "is_active": True}
PARTS = {"role": "user", "parts": [{"type": "text", "text": "Hello"}]}
ANSWER = {"tool_call_id": "{call}", "result": {"success": True}, "is_error": False,
          "metadata": {"user_action": "approved", "reason": "", "tab": ""}}  # fmt: skip
BROUGHT = {"name": "show_map", "description": "A map",
           "parameters": {"type": "object", "properties": {"at": {"type": "string"}}}}  # fmt: skip
RESUMED = {"interruptId": "{call}", "status": "resolved", "payload": {"approved": True}}
AGUI = {
    "threadId": "agui", "runId": "r1", "tools": [BROUGHT], "resume": [RESUMED],
    "context": [{"description": "page", "value": "cart"}],
    "messages": [{"id": "m1", "role": "user", "content": [{"type": "text", "text": "Hello"}]},
                 {"id": "t1", "role": "tool", "toolCallId": "{call}", "content": "x"},
                 {"id": "m2", "role": "user", "content": "And now?"}],
}  # fmt: skip
EXAMPLE = {each.path: each.example for each in OPERATIONS if each.example}
REGISTERED = EXAMPLE["/api/v1/tools/frontend"]
CHECKED = EXAMPLE["/api/v1/tools/frontend/execute"] | {"agent_id": "{agent}"}
TOLD = {"message": "Hello", "tool_results": [{"tool_use_id": "{call}", "result": {"a": 1}}]}
BEGUN = {"assistant_id": "{agent}", "objective": "Help", "thread_id": "begun"}
DECIDED = {"decision": "edit", "arguments": {"question": "?"}, "reason": "", "remember": "once",
           "exact": True}  # fmt: skip

ROUTES = {
    "agent-messages": [("POST", f"{TALK}/messages",
                        {"message": PARTS, "thread_id": "made-up", "context": {"user_id": "u"}})],
    "agent-continue": [("POST", f"{TALK}/continue",
                        {"agent_id": "{agent}", "thread_id": "{thread}",
                         "tool_responses": [ANSWER], "context": {"user_id": "u"}})],
    "agent-tokens": [("POST", f"{TALK}/tokens", {"end_user": "customer-17", "seconds": 900})],
    "thread-events": [("GET", f"{THREAD}/events", None)],
    "thread-claims": [("POST", f"{THREAD}/claims", {"tool_call_id": "{call}", "tab": "page-1"})],
    "thread-approval": [("POST", THREAD + "/approvals/{approval}/answer", DECIDED)],
    "frontend-tools": [("GET", "/api/v1/tools/frontend", None),
                       ("POST", "/api/v1/tools/frontend", {**REGISTERED, "agent_id": "{agent}"})],
    "check-tool": [("POST", "/api/v1/tools/frontend/execute", CHECKED)],
    "agui": [("GET", "/api/v1/agui/{agent}", None), ("POST", "/api/v1/agui/{agent}", AGUI)],
    "conversations": [("GET", "/api/conversations", None), ("POST", "/api/conversations", BEGUN)],
    "conversation": [("GET", "/api/conversations/{number}", None)],
    "send": [("POST", "/api/conversations/{number}/messages", TOLD)],
    "send-message": [("POST", "/conversations/{number}/send_message", TOLD)],
    "send-message-streaming": [("POST", "/conversations/{number}/send_message_streaming", TOLD)],
    "api-knowledge": [("GET", BASE, None), ("POST", BASE, NAMED)],
    "api-knowledge-search": [("POST", f"{BASE}/search",
                              {"query": "Returns?", "category": "shop", "collections": ["help"],
                               "limit": 3})],
    "api-knowledge-collection": [("GET", BASE + "/{collection}", None),
                                 ("PUT", BASE + "/{collection}", NAMED),
                                 ("PATCH", BASE + "/{collection}", NAMED)],
    "api-knowledge-documents": [("GET", BASE + "/{collection}/documents", None),
                                ("POST", BASE + "/{collection}/documents", TEXT)],
    "api-knowledge-document": [("GET", BASE + "/{collection}/documents/{document}", None),
                               ("PUT", BASE + "/{collection}/documents/{document}", TEXT),
                               ("PATCH", BASE + "/{collection}/documents/{document}", TEXT)],
    "api-knowledge-parts": [("GET", BASE + "/{collection}/documents/{document}/parts", None)],
    "api-knowledge-read": [("POST", BASE + "/{collection}/documents/{document}/read", {})],
    # What ends things comes last.
    "thread-cancel": [("POST", f"{THREAD}/cancel", {})],
    "cancel": [("POST", "/api/conversations/{number}/cancel", {})],
}  # fmt: skip
ALL = [route for routes in ROUTES.values() for route in routes]
WRITTEN = """SELECT
  (SELECT count(*) FROM conversations_conversation),
  (SELECT count(*) FROM conversations_agentrun),
  (SELECT count(*) FROM conversations_message WHERE role = 'user'),
  (SELECT answer_hash || claimed_by FROM conversations_toolproposal WHERE tool_call_id = '{call}'),
  (SELECT count(*) FROM tools), (SELECT count(*) FROM tool_versions),
  (SELECT status || remember FROM tool_approvals WHERE id = {approval}),
  (SELECT string_agg(name || description || language, ',' ORDER BY id) FROM {collections}),
  (SELECT string_agg(title || category || kind, ',' ORDER BY id) FROM {documents})"""


TEXTS = [each for each in HOSTILE if isinstance(each, str) and len(each) < 1_000]
QUERIED = [*(quote(each, errors="surrogatepass") for each in TEXTS),
           quote_from_bytes(b"\xff\xfe"), "cD0x", "9" * 30]  # fmt: skip


class Attacked:
    """A served agent whose conversation waits for answers, a knowledge base, and who attacks."""

    def __init__(self, chat):
        from voiceassist.knowledge.models import KnowledgeCollection, KnowledgeDocument

        give_browser_tool(chat.assistant, "confirm_action", require_confirmation=True)
        organization = chat.assistant.organization
        told = chat.send("Show me a notification and confirm it", stream=False).json()
        asked = {each["requires_approval"]: each for each in told["pending_tools"]}
        collection = make_collection(organization, "Help pages")
        self.ids = {
            "agent": chat.slug, "thread": told["thread_id"], "number": told["conversation_id"],
            "call": asked[False]["tool_call_id"], "approval": asked[True]["approval_id"],
            "collection": collection.pk, "document": make_document(collection, "Hello.").pk,
        }  # fmt: skip
        self.line = Line(chat.site.url, make_key(organization, "admin")[1])
        tables = {
            "collections": KnowledgeCollection._meta.db_table,
            "documents": KnowledgeDocument._meta.db_table,
        }
        self._written = WRITTEN.format(**self.ids, **tables)
        self.state = self.written()

    def path(self, template, **others):
        return template.format(**{**self.ids, **others})

    def filled(self, value):
        """Return a body with the ids that it names."""
        if isinstance(value, dict):
            return {key: self.filled(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.filled(inner) for inner in value]
        return value.format(**self.ids) if isinstance(value, str) else value

    def refuses_or_takes(self, method, path, body=b"", headers=None):
        """Ask once; return the status."""
        status, told, text = self.line.ask(method, path, body, headers)
        request = (method, path, body[:300], headers)
        assert not fault_of(status, told, text), (fault_of(status, told, text), request, text[:900])
        before, self.state = self.state, self.written()
        assert status < 400 or self.state == before, (request, text[:900])
        return status

    def written(self):
        """Return what requests write: rows of people, not those of answers under way."""
        with connection.cursor() as cursor:
            cursor.execute(self._written)
            return cursor.fetchone()


def some_of(values, count, turn):
    """Return some of the values, others at each turn."""
    return itertools.islice(itertools.cycle(values), turn * count, (turn + 1) * count)


@pytest.fixture
def attacked(chat):
    found = Attacked(chat)
    yield found
    found.line.close()


def test_every_route_is_attacked():
    names = {each.name for each in urls.urlpatterns} - PAGES
    assert set(ROUTES) == names | {each.name for each in knowledge_urls.urlpatterns}


def test_bodies_with_something_wrong_in_them_are_refused_in_words(attacked):
    seen = {}

    def attack(method, template, valid):
        path, body = attacked.path(template), attacked.filled(valid)
        changed = mutated(body) if body else st.just(b"{}")

        @bounds(max_examples=EXAMPLES if body else 1, phases=(Phase.generate,))
        @given(body=changed)
        def run(body):
            status = attacked.refuses_or_takes(method, path, body)
            seen.setdefault(template, set()).add(status)

        run()

    for method, template, valid in ALL:
        if valid is not None:
            attack(method, template, valid)
    everything = set().union(*seen.values())
    assert {200, 201, 400, 422} <= everything, seen
    refused = [name for name, statuses in seen.items() if not statuses & {400, 404, 409, 422}]
    assert all(name.endswith(("/cancel", "/read")) for name in refused), refused


def test_bodies_that_are_no_json_or_have_no_end_are_refused_in_words(attacked):
    for turn, (method, template, valid) in enumerate(ALL):
        for body in some_of(BODIES, 3, turn) if valid else ():
            attacked.refuses_or_takes(method, attacked.path(template), body)
    huge = b'{"message": "' + b"x" * 10_000_000 + b'"}'
    for template in (f"{TALK}/messages", "/api/conversations", BASE, f"{BASE}/search"):
        assert attacked.refuses_or_takes("POST", attacked.path(template), huge) in (400, 422)


def test_addresses_queries_and_headers_that_nobody_should_send(attacked):
    for turn, (method, template, valid) in enumerate(ALL):
        for name in (each for each in attacked.ids if f"{{{each}}}" in template):
            for made_up in some_of(IDS, 2, turn):
                path = attacked.path(template, **{name: made_up})
                status, _, _ = attacked.line.ask(method, path, b"{}" if valid is not None else b"")
                assert 400 <= status < 500, (method, path)
    for turn, (template, names) in enumerate(QUERIES.items()):
        for name in names:
            for value in ("%00", *some_of(QUERIED, 3, turn)):
                attacked.refuses_or_takes("GET", f"{attacked.path(template)}?{name}={value}")
    asked = itertools.cycle((f"{THREAD}/events", "/api/conversations", BASE))
    for name, value in itertools.product(NAMES, HEADERS):
        path = attacked.path(next(asked))
        attacked.refuses_or_takes("GET", path, headers={name: value.encode("latin-1")})


def test_a_thread_of_no_possible_name_is_none_of_the_pages(client: Client, conversations_db, chat):
    client.force_login(make_member(chat.assistant.organization))
    for name in ("%00", "%ff", "x" * 3_000, "%F0%9F%99%82"):
        page = client.get(f"/assistants/{chat.slug}/chat?thread={name}")
        assert page.status_code == 200 and b'data-thread-id=""' in page.content
    assert not Conversation.unscoped.exists()
