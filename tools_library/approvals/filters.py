"""What lists of approvals and grants can be narrowed to; imports django-filter."""

from __future__ import annotations

import django_filters

from tools_library.approvals.choices import ApprovalStatus, Policy, Remember
from tools_library.models import Approval, ApprovalGrant


class ApprovalFilterSet(django_filters.FilterSet):  # type: ignore[misc]
    """`?status= &policy= &tool_id= &call_id= &escalated=`."""

    status = django_filters.ChoiceFilter(choices=ApprovalStatus.choices)
    policy = django_filters.ChoiceFilter(choices=Policy.choices)
    tool_id = django_filters.NumberFilter(field_name="tool_id", max_value=2**63 - 1)
    call_id = django_filters.NumberFilter(field_name="execution__call_id", max_value=2**63 - 1)
    escalated = django_filters.BooleanFilter(
        field_name="escalated_at", lookup_expr="isnull", exclude=True
    )

    class Meta:
        model = Approval
        fields = ("status", "policy", "tool_id", "call_id", "escalated")


class GrantFilterSet(django_filters.FilterSet):  # type: ignore[misc]
    """`?active= &scope= &tool_id=`."""

    active = django_filters.BooleanFilter(field_name="revoked_at", lookup_expr="isnull")
    scope = django_filters.ChoiceFilter(choices=Remember.choices)
    tool_id = django_filters.NumberFilter(field_name="tool_id", max_value=2**63 - 1)

    class Meta:
        model = ApprovalGrant
        fields = ("active", "scope", "tool_id")
