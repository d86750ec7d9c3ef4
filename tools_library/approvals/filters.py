"""What lists of approvals and grants can be narrowed to; imports django-filter."""

from __future__ import annotations

import django_filters
from django.db.models import QuerySet

from tools_library.approvals import whose
from tools_library.approvals.choices import ApprovalStatus, Policy, Remember
from tools_library.models import Approval, ApprovalGrant
from voiceassist.organizations.current import organization_of_user


class ApprovalFilterSet(django_filters.FilterSet):  # type: ignore[misc]
    """`?mine= &status= &policy= &tool_id= &call_id= &escalated=`."""

    mine = django_filters.BooleanFilter(
        method="in_inbox",
        label="Those that wait for whoever asks: open, and their yes would count.",
    )

    status = django_filters.ChoiceFilter(choices=ApprovalStatus.choices)
    policy = django_filters.ChoiceFilter(choices=Policy.choices)
    tool_id = django_filters.NumberFilter(field_name="tool_id", max_value=2**63 - 1)
    call_id = django_filters.NumberFilter(field_name="execution__call_id", max_value=2**63 - 1)
    escalated = django_filters.BooleanFilter(
        field_name="escalated_at", lookup_expr="isnull", exclude=True
    )

    class Meta:
        model = Approval
        fields = ("mine", "status", "policy", "tool_id", "call_id", "escalated")

    def in_inbox(self, rows: QuerySet[Approval], name: str, value: bool) -> QuerySet[Approval]:
        """Keep what waits for whoever asks, or all else."""
        user = self.request.user
        inbox = whose.inbox(organization_of_user(user).pk, user)
        return rows.filter(inbox) if value else rows.exclude(inbox)


class GrantFilterSet(django_filters.FilterSet):  # type: ignore[misc]
    """`?active= &scope= &tool_id=`."""

    active = django_filters.BooleanFilter(field_name="revoked_at", lookup_expr="isnull")
    scope = django_filters.ChoiceFilter(choices=Remember.choices)
    tool_id = django_filters.NumberFilter(field_name="tool_id", max_value=2**63 - 1)

    class Meta:
        model = ApprovalGrant
        fields = ("active", "scope", "tool_id")
