"""REST routes of tools, with and without a trailing slash."""

from django.urls import include, path, re_path

from tools_library.api.callback import RunCallback

urlpatterns = [
    re_path(
        r"^tools/callback/(?P<execution_id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
        r"/(?P<signature>[0-9a-f]{64})/?$",
        RunCallback.as_view(),
        name="api-tool-callback",
    ),
    path("", include("tools_library.approvals.urls")),
]
