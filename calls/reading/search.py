"""Finding calls: the filters that the page and the API share; imports models."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from calls.choices import FINAL_STATUSES, CallStatus
from calls.models import Call, TranscriptItem
from voiceassist.organizations.models import Organization

LIVE_STATUSES = tuple(status for status in CallStatus.values if status not in FINAL_STATUSES)


@dataclass(frozen=True)
class CallFilter:
    """What somebody looks for; empty fields take everything.

    Args:
        search: digits of a number, or words that were said.
        assistant: an assistant's id.
        status: one of Twilio's words.
        day: the day on which the call started, in the current time zone.
    """

    search: str = ""
    assistant: int | None = None
    status: str = ""
    day: dt.date | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked for."""
        return self == CallFilter()


def calls_of(organization: Organization, wanted: CallFilter | None = None) -> QuerySet[Call]:
    """Return the organization's calls that match, newest first."""
    wanted = wanted or CallFilter()
    calls: QuerySet[Call] = Call.objects.of(organization).select_related("assistant")
    if wanted.search:
        calls = calls.filter(matching(wanted.search))
    if wanted.assistant is not None:
        calls = calls.filter(assistant_id=wanted.assistant)
    if wanted.status:
        calls = calls.filter(status=wanted.status)
    if wanted.day:
        begin = timezone.make_aware(dt.datetime.combine(wanted.day, dt.time.min))
        calls = calls.filter(started_at__gte=begin, started_at__lt=begin + dt.timedelta(days=1))
    return calls.order_by("-started_at", "-id")


def live_calls(organization: Organization) -> QuerySet[Call]:
    """Return the calls that have not ended, newest first."""
    return calls_of(organization).filter(status__in=LIVE_STATUSES)


def matching(search: str) -> Q:
    """Return the rule for calls in which the words were said, or whose numbers have the digits."""
    search = search.strip()
    said = TranscriptItem.unscoped.filter(call=OuterRef("pk"), text__icontains=search)
    found = Q(Exists(said)) | Q(call_sid=search)
    digits = re.sub(r"[\s().+-]", "", search)
    if digits.isdigit() and len(digits) >= 3:
        found |= Q(from_number__contains=digits) | Q(to_number__contains=digits)
    return found
