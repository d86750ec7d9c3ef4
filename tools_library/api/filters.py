"""What lists of tools and executions can be narrowed by; imports django-filter."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Q, QuerySet

from tools_library.choices import ExecutionStatus, ToolType, TriggerContext
from tools_library.models import Tool, ToolExecution

BIGGEST_ID = 2**63 - 1


class ToolFilterSet(django_filters.FilterSet):  # type: ignore[misc]
    """`?tool_type= &search= &is_active= &is_public= &is_template=`."""

    tool_type = django_filters.ChoiceFilter(choices=ToolType.choices)
    search = django_filters.CharFilter(
        method="search_tools",
        label="Words in the name, the display name or the description.",
        max_length=200,
    )
    is_active = django_filters.BooleanFilter()
    is_public = django_filters.BooleanFilter()
    is_template = django_filters.BooleanFilter()

    class Meta:
        model = Tool
        fields: tuple[str, ...] = ()

    def search_tools(self, tools: QuerySet[Tool], name: str, value: Any) -> QuerySet[Tool]:
        """Keep the tools in which every word is found."""
        for word in str(value).split():
            tools = tools.filter(
                Q(name__icontains=word)
                | Q(display_name__icontains=word)
                | Q(description__icontains=word)
            )
        return tools


class ExecutionFilterSet(django_filters.FilterSet):  # type: ignore[misc]
    """`?status= &trigger_context= &tool_id= &assistant_id=`."""

    status = django_filters.MultipleChoiceFilter(choices=ExecutionStatus.choices)
    trigger_context = django_filters.ChoiceFilter(choices=TriggerContext.choices)
    tool_id = django_filters.NumberFilter(field_name="tool_id", max_value=BIGGEST_ID)
    assistant_id = django_filters.NumberFilter(field_name="assistant_id", max_value=BIGGEST_ID)

    class Meta:
        model = ToolExecution
        fields: tuple[str, ...] = ()
