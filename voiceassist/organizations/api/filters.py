"""What lists of the organization can be narrowed by."""

from __future__ import annotations

import django_filters
from django.db.models import Q, QuerySet

from voiceassist.organizations.models import ActorKind, AuditEntry, Credential

_ID_MAX = 2**53


class CredentialFilterSet(django_filters.FilterSet):  # type: ignore[misc]
    """`?search=`."""

    search = django_filters.CharFilter(
        method="find", label="Words of the name or description.", max_length=200
    )

    class Meta:
        model = Credential
        fields: tuple[str, ...] = ()

    def find(self, rows: QuerySet[Credential], name: str, value: str) -> QuerySet[Credential]:
        """Keep what the words are found in."""
        return rows.filter(Q(name__icontains=value) | Q(description__icontains=value))


class AuditFilterSet(django_filters.FilterSet):  # type: ignore[misc]
    """`?action= &actor_kind= &actor_id= &object_kind= &object_id= &after= &before=`."""

    action = django_filters.CharFilter(label="Such as credential.created.", max_length=100)
    actor_kind = django_filters.ChoiceFilter(choices=ActorKind.choices)
    actor_id = django_filters.NumberFilter(
        label="The id of the person or key.", min_value=1, max_value=_ID_MAX
    )
    object_kind = django_filters.CharFilter(label="Such as credential.", max_length=50)
    object_id = django_filters.CharFilter(label="Its id.", max_length=64)
    after = django_filters.IsoDateTimeFilter(
        field_name="at", lookup_expr="gte", label="From this time on."
    )
    before = django_filters.IsoDateTimeFilter(
        field_name="at", lookup_expr="lt", label="Before this time."
    )

    class Meta:
        model = AuditEntry
        fields: tuple[str, ...] = ()
