"""Pages of calls; each answers with and without a trailing slash."""

from django.urls import re_path

from calls.views import detail, lists, start, transferring

app_name = "calls"
urlpatterns = [
    re_path(r"^calls/?$", lists.call_list, name="list"),
    re_path(r"^calls/live/?$", lists.live_card, name="live"),
    re_path(r"^calls/new/?$", start.start, name="new"),
    re_path(r"^calls/(?P<call_id>\d{1,18})/?$", detail.call_page, name="detail"),
    re_path(r"^calls/(?P<call_id>\d{1,18})/end/?$", detail.end, name="end"),
    re_path(r"^calls/(?P<call_id>\d{1,18})/note/?$", detail.note, name="note"),
    re_path(r"^calls/(?P<call_id>\d{1,18})/transfer/?$", transferring.transfer, name="transfer"),
    re_path(r"^calls/(?P<call_id>\d{1,18})/transfers/?$", transferring.transfers, name="transfers"),
]
