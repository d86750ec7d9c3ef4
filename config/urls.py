"""All HTTP routes that Django serves; each room brings its own list."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="calls:list"), name="home"),
    path("", include("calls.urls")),
    path("", include("voiceassist.conversations.urls")),
    path("", include("voiceassist.organizations.urls")),
    path("api/", include("calls.api.urls")),
    path("api/", include("voiceassist.organizations.api.urls")),
    path("api/", include("tools_library.api.urls")),
    path("api/", include("voiceassist.knowledge.api.urls")),
    re_path(r"^api/schema/?$", SpectacularAPIView.as_view(), name="schema"),
    path("accounts/", include("allauth.account.urls")),
    path("admin/", admin.site.urls),
]

handler404 = "voiceassist.foundation.api.problems.not_found"
handler500 = "voiceassist.foundation.api.problems.server_error"
