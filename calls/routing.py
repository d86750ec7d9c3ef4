"""WebSocket routes of the live pages."""

from typing import Any

from django.urls import re_path

from calls.sockets import watch_call, watch_executions
from voiceassist.foundation.events.socket import PageSocket

# Channels routes to ASGI applications with Django's patterns, whose types know only views.
call_page: Any = PageSocket(watch_call)
executions_page: Any = PageSocket(watch_executions)

websocket_urlpatterns = [
    re_path(r"^ws/calls/(?P<call_id>\d{1,18})/?$", call_page),
    re_path(r"^ws/tool-executions/?$", executions_page),
]
