"""What `GET /api/calls` can be narrowed by."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet

from calls.choices import FINAL_STATUSES, CallStatus, Direction
from calls.models import Call
from calls.reading.search import matching


class CallFilterSet(django_filters.FilterSet):  # type: ignore[misc]
    """`?search= &assistant= &status= &direction= &live= &started_after= &started_before=`."""

    search = django_filters.CharFilter(
        method="search_calls", label="Digits of a number, or words that were said.", max_length=200
    )
    assistant = django_filters.NumberFilter(
        field_name="assistant_id", label="An assistant's id.", min_value=1, max_value=2**53
    )
    status = django_filters.MultipleChoiceFilter(choices=CallStatus.choices)
    direction = django_filters.ChoiceFilter(choices=Direction.choices)
    live = django_filters.BooleanFilter(
        method="live_calls", label="true: calls that go on; false: calls that are over."
    )
    started_after = django_filters.IsoDateTimeFilter(field_name="started_at", lookup_expr="gte")
    started_before = django_filters.IsoDateTimeFilter(field_name="started_at", lookup_expr="lt")

    class Meta:
        model = Call
        fields: tuple[str, ...] = ()

    def search_calls(self, calls: QuerySet[Call], name: str, value: Any) -> QuerySet[Call]:
        """Keep the calls that the words or digits are found in."""
        return calls.filter(matching(str(value)))

    def live_calls(self, calls: QuerySet[Call], name: str, value: Any) -> QuerySet[Call]:
        """Keep the calls that go on, or those that are over."""
        if value:
            return calls.exclude(status__in=FINAL_STATUSES)
        return calls.filter(status__in=FINAL_STATUSES)
