"""The list of calls: live ones first, then the days backwards; imports reading."""

from __future__ import annotations

import datetime as dt
import hashlib
from itertools import groupby
from typing import Any

from django import forms
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Trim
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from calls.choices import FINAL_STATUSES, CallStatus
from calls.models import Call, TranscriptItem
from calls.reading.paging import page_of
from calls.reading.search import CallFilter, calls_of, live_calls
from calls.views.access import page
from voiceassist.assistants.models import Assistant
from voiceassist.organizations.current import organization_of
from voiceassist.organizations.models import Organization

PAGE_SIZE = 25
LIVE_SHOWN = 50


class FilterForm(forms.Form):
    """The filter bar; a value that makes no sense is left out."""

    q = forms.CharField(required=False, max_length=200)
    assistant = forms.IntegerField(required=False, min_value=1, max_value=2**53)
    status = forms.ChoiceField(required=False, choices=[("", ""), *CallStatus.choices])
    day = forms.DateField(required=False, input_formats=["%Y-%m-%d"])

    def wanted(self) -> CallFilter:
        """Return what is looked for."""
        self.is_valid()
        given = self.cleaned_data
        return CallFilter(
            search=given.get("q") or "",
            assistant=given.get("assistant"),
            status=given.get("status") or "",
            day=given.get("day"),
        )


@page("calls.read")
@require_safe
def call_list(request: HttpRequest) -> HttpResponse:
    """Show the calls; htmx asks for the results alone while somebody types."""
    organization = organization_of(request)
    wanted = FilterForm(request.GET).wanted()
    ended = calls_of(organization, wanted).filter(status__in=FINAL_STATUSES)
    shown = page_of(ended, request.GET.get("cursor", ""), PAGE_SIZE)
    narrowed = _query(request)
    context = {
        "wanted": wanted,
        "days": [(day, list(calls)) for day, calls in groupby(shown.calls, key=_day)],
        "shown": len(shown.calls),
        "newer": _link(narrowed, shown.newer),
        "older": _link(narrowed, shown.older),
    }
    if request.headers.get("HX-Target") == "results":
        return render(request, "calls/_results.html", context)
    context |= {
        "assistants": Assistant.objects.of(organization).only("id", "name"),
        "statuses": [choice for choice in CallStatus.choices if choice[0] in FINAL_STATUSES],
        **_live(organization),
    }
    return render(request, "calls/list.html", context)


@page("calls.read")
@require_safe
def live_card(request: HttpRequest) -> HttpResponse:
    """Return the card of live calls, or 204 where it looks as the page already has it."""
    context = _live(organization_of(request))
    if request.GET.get("seen") == context["live_mark"]:
        return HttpResponse(status=204)
    return render(request, "calls/_live.html", context)


def _live(organization: Organization) -> dict[str, Any]:
    said = TranscriptItem.unscoped.filter(call=OuterRef("pk")).exclude(text="")
    newest = said.order_by("-position").annotate(words=Trim("text"))
    calls = live_calls(organization).annotate(
        newest_words=Subquery(newest.values("words")[:1]),
    )[:LIVE_SHOWN]
    looks = [(call.pk, call.status, call.newest_words) for call in calls]
    mark = hashlib.sha256(repr(looks).encode()).hexdigest()[:16]
    return {"live": calls, "live_mark": mark}


def _day(call: Call) -> dt.date:
    return timezone.localtime(call.started_at).date()


def _query(request: HttpRequest) -> dict[str, str]:
    kept = ("q", "assistant", "status", "day")
    return {name: request.GET[name] for name in kept if request.GET.get(name)}


def _link(narrowed: dict[str, str], cursor: str) -> str:
    return f"?{urlencode({**narrowed, 'cursor': cursor})}" if cursor else ""
