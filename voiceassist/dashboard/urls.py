"""Pages that belong to no single room."""

from django.urls import path

from voiceassist.dashboard import views

app_name = "dashboard"
urlpatterns = [path("", views.home, name="home")]
