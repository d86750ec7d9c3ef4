"""REST routes of the organization, with and without a trailing slash."""

from django.urls import re_path

from voiceassist.organizations.api import views

urlpatterns = [
    re_path(r"^organization/credentials/?$", views.Credentials.as_view(), name="api-credentials"),
    re_path(
        r"^organization/credentials/(?P<credential_id>\d{1,18})/?$",
        views.OneCredential.as_view(),
        name="api-credential",
    ),
    re_path(r"^organization/audit/?$", views.Audit.as_view(), name="api-audit"),
]
