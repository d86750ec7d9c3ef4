"""Pages of identity."""

from django.urls import path

from voiceassist.organizations import views

app_name = "organizations"
urlpatterns = [
    path("organizations/choose", views.choose, name="choose"),
]
