"""REST of tool runs: a tool's, an assistant's; imports models and filters."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tools_library.api.filters import ExecutionFilterSet
from tools_library.api.reading import View
from tools_library.api.serializers import JSONObject
from tools_library.models import Tool, ToolExecution


class ExecutionSerializer(serializers.ModelSerializer[ToolExecution]):
    """A run, with the columns of `tool_execution_logs`; null `tool_id`: unknown or gone."""

    tool_id = serializers.IntegerField(read_only=True, allow_null=True)
    assistant_id = serializers.IntegerField(read_only=True, allow_null=True)
    call_id = serializers.IntegerField(read_only=True, allow_null=True)
    user_id = serializers.IntegerField(read_only=True, allow_null=True)
    input_parameters = JSONObject(read_only=True)
    output_result = JSONObject(read_only=True, allow_null=True)

    class Meta:
        model = ToolExecution
        fields: tuple[str, ...] = (
            "id",
            "execution_id",
            "tool_id",
            "tool_name",
            "tool_version",
            "assistant_id",
            "call_id",
            "user_id",
            "status",
            "trigger_context",
            "side_effect",
            "input_parameters",
            "output_result",
            "message",
            "error_code",
            "error_message",
            "retry_count",
            "created_at",
            "started_at",
            "completed_at",
            "duration_ms",
        )
        read_only_fields = fields


class Executions(View, generics.ListAPIView[Any], ABC):
    """Base of the lists of runs, newest first."""

    required_permission = "executions.read"
    queryset = ToolExecution.unscoped.all()
    serializer_class = ExecutionSerializer
    filterset_class = ExecutionFilterSet

    @abstractmethod
    def of_address(self) -> QuerySet[ToolExecution]:
        """Return the runs that the address names."""

    def get_queryset(self) -> QuerySet[ToolExecution]:
        """Return them without what only workers need."""
        if self.describes:
            return ToolExecution.unscoped.none()
        return self.of_address().defer("context", "custom_configuration", "trace")


class ToolLogs(Executions):
    """The runs of a tool, also once it is archived."""

    def of_address(self) -> QuerySet[ToolExecution]:
        """Return the tool's runs."""
        tool = self.tool(Tool.objects.of(self.organization))
        return ToolExecution.objects.of(self.organization).filter(tool=tool)

    @extend_schema(operation_id="tools_logs")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the runs of a tool, newest first."""
        return super().get(request, *args, **kwargs)


class AssistantExecutions(Executions):
    """The runs of an assistant."""

    def of_address(self) -> QuerySet[ToolExecution]:
        """Return the assistant's runs."""
        return ToolExecution.objects.of(self.organization).filter(assistant=self.assistant())

    @extend_schema(operation_id="assistants_tool_executions")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the runs of an assistant's tools, newest first."""
        return super().get(request, *args, **kwargs)
