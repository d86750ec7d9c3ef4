"""WebSocket routes of the live pages."""

from django.urls import re_path

from calls.sockets import watch_call, watch_executions
from voiceassist.foundation.events.socket import PageSocket

websocket_urlpatterns = [
    re_path(r"^ws/calls/(?P<call_id>\d{1,18})/?$", PageSocket(watch_call)),
    re_path(r"^ws/tool-executions/?$", PageSocket(watch_executions)),
]
