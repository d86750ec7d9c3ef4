"""REST routes of calls, with and without a trailing slash."""

from django.urls import re_path

from calls.api import views

ONE = r"^calls/(?P<call_id>\d{1,18})"

urlpatterns = [
    re_path(r"^start-call/?$", views.StartCall.as_view(), name="api-start-call"),
    re_path(r"^calls/?$", views.Calls.as_view(), name="api-calls"),
    re_path(rf"{ONE}/?$", views.OneCall.as_view(), name="api-call"),
    re_path(rf"{ONE}/transcript/?$", views.Transcript.as_view(), name="api-call-transcript"),
    re_path(
        rf"{ONE}/tool-executions/?$", views.CallExecutions.as_view(), name="api-call-executions"
    ),
    re_path(rf"{ONE}/end/?$", views.EndCall.as_view(), name="api-call-end"),
    re_path(rf"{ONE}/transfer/?$", views.TransferCall.as_view(), name="api-call-transfer"),
    re_path(rf"{ONE}/note/?$", views.NoteToAssistant.as_view(), name="api-call-note"),
]
