"""Routes of conversations: document 003's short ones and those below `/api/`."""

from django.urls import re_path

from voiceassist.conversations import views
from voiceassist.conversations.api import agents, agui, frontend_tools, threads

AGENT = r"^api/v1/agents/(?P<agent_id>[\w-]{1,60})"
THREAD = rf"{AGENT}/threads/(?P<thread_id>[\w.:-]{{1,100}})"
ONE = r"(?P<conversation_id>[\w.:-]{1,100})"

urlpatterns = [
    re_path(r"^chat/?$", views.choose, name="chat-choose"),
    re_path(r"^assistants/(?P<agent_id>[\w-]{1,60})/chat/?$", views.chat, name="chat"),
    re_path(rf"{AGENT}/messages/?$", agents.messages_view, name="agent-messages"),
    re_path(rf"{AGENT}/continue/?$", agents.continue_view, name="agent-continue"),
    re_path(rf"{AGENT}/tokens/?$", agents.tokens_view, name="agent-tokens"),
    re_path(rf"{THREAD}/events/?$", agents.events_view, name="thread-events"),
    re_path(rf"{THREAD}/claims/?$", agents.claims_view, name="thread-claims"),
    re_path(rf"{THREAD}/cancel/?$", agents.cancel_view, name="thread-cancel"),
    re_path(
        rf"{THREAD}/approvals/(?P<approval_id>\d{{1,18}})/answer/?$",
        agents.decide_view,
        name="thread-approval",
    ),
    re_path(r"^api/v1/tools/frontend/?$", frontend_tools.many_view, name="frontend-tools"),
    re_path(r"^api/v1/tools/frontend/execute/?$", frontend_tools.execute_view, name="check-tool"),
    re_path(r"^api/v1/agui/(?P<agent_id>[\w-]{1,60})/?$", agui.run_view, name="agui"),
    re_path(r"^api/conversations/?$", threads.many_view, name="conversations"),
    re_path(rf"^api/conversations/{ONE}/?$", threads.one_view, name="conversation"),
    re_path(rf"^api/conversations/{ONE}/messages/?$", threads.send_view, name="send"),
    re_path(rf"^api/conversations/{ONE}/cancel/?$", threads.cancel_view, name="cancel"),
    re_path(rf"^conversations/{ONE}/send_message/?$", threads.send_view, name="send-message"),
    re_path(
        rf"^conversations/{ONE}/send_message_streaming/?$",
        threads.streaming_view,
        name="send-message-streaming",
    ),
]
