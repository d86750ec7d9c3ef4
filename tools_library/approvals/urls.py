"""REST routes of approvals, grants and reviews, with and without a trailing slash."""

from django.urls import re_path

from tools_library.approvals import api

APPROVAL = r"^organization/approvals/(?P<approval_id>\d{1,18})"

urlpatterns = [
    re_path(r"^organization/approvals/?$", api.Approvals.as_view(), name="api-approvals"),
    re_path(rf"{APPROVAL}/?$", api.OneApproval.as_view(), name="api-approval"),
    re_path(rf"{APPROVAL}/answer/?$", api.AnswerApproval.as_view(), name="api-approval-answer"),
    re_path(rf"{APPROVAL}/send/?$", api.SendApproval.as_view(), name="api-approval-send"),
    re_path(r"^organization/grants/?$", api.Grants.as_view(), name="api-grants"),
    re_path(
        r"^organization/grants/(?P<grant_id>\d{1,18})/?$", api.OneGrant.as_view(), name="api-grant"
    ),
    re_path(
        r"^organization/tools/(?P<tool_id>\d{1,18})/versions/(?P<version>[\w.]{1,20})/review/?$",
        api.ReviewVersion.as_view(),
        name="api-tool-version-review",
    ),
]
