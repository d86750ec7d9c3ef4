"""REST of the tools of an assistant; imports the service that assigns them."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import generics, serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from tools_library.api import examples
from tools_library.api.reading import View
from tools_library.api.serializers import EFFECTIVE, JSONObject, effective
from tools_library.models import AssistantTool
from tools_library.services import assignments
from tools_library.services.running import merged_configuration
from voiceassist.foundation.api.paging import CursorPagination


class InOrder(CursorPagination):
    """Tools as they are given to the model."""

    ordering: Any = ("execution_order", "id")


class AssignmentSerializer(serializers.ModelSerializer[AssistantTool]):
    """A tool as an assistant uses it."""

    assistant_id = serializers.IntegerField(read_only=True)
    tool_id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(source="tool.name", read_only=True)
    display_name = serializers.CharField(source="tool.display_name", read_only=True)
    tool_type = serializers.CharField(source="tool.tool_type", read_only=True)
    side_effect = serializers.CharField(source="tool.side_effect", read_only=True)
    is_active = serializers.BooleanField(source="tool.is_active", read_only=True)
    custom_configuration = JSONObject(read_only=True)
    pinned_version = serializers.CharField(
        source="pinned_version.version", read_only=True, default=None, allow_null=True
    )
    version = serializers.SerializerMethodField(help_text="Which one runs.")
    effective = serializers.SerializerMethodField(help_text="With the assistant's configuration.")

    class Meta:
        model = AssistantTool
        fields: tuple[str, ...] = (
            "id",
            "assistant_id",
            "tool_id",
            "name",
            "display_name",
            "tool_type",
            "side_effect",
            "is_active",
            "enabled",
            "custom_configuration",
            "execution_order",
            "pinned_version",
            "version",
            "effective",
            "created_at",
            "updated_at",
        )
        read_only_fields = fields

    def get_version(self, row: AssistantTool) -> str:
        """Return the version that runs."""
        return (row.pinned_version or row.tool).version

    @extend_schema_field(EFFECTIVE)
    def get_effective(self, row: AssistantTool) -> dict[str, Any]:
        """Return what its runs have."""
        runs = row.pinned_version or row.tool
        return effective(runs, merged_configuration(runs.configuration, row.custom_configuration))


class AssignmentBodySerializer(serializers.Serializer[Any]):
    """How an assistant uses a tool; what is left out stays as it is."""

    enabled = serializers.BooleanField(required=False)
    custom_configuration = JSONObject(
        required=False, help_text="Merged over the tool's configuration (RFC 7396)."
    )
    execution_order = serializers.IntegerField(required=False, min_value=-10_000, max_value=9_999)
    pinned_version = serializers.CharField(
        required=False, allow_null=True, max_length=20, help_text="Null: the newest."
    )


class AssistantTools(View, generics.ListAPIView[Any]):
    """The tools of an assistant."""

    required_permission = "assistants.read"
    queryset = AssistantTool.unscoped.all()
    serializer_class = AssignmentSerializer
    pagination_class = InOrder

    def get_queryset(self) -> QuerySet[AssistantTool]:
        """Return the assignments of tools that are not archived."""
        if self.describes:
            return AssistantTool.unscoped.none()
        return assigned(self).filter(assistant=self.assistant())

    @extend_schema(operation_id="assistants_tools")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the tools of an assistant, in the order in which the model gets them."""
        return super().get(request, *args, **kwargs)


class Assign(View):
    """Giving a tool to an assistant."""

    required_permission = "assistants.write"
    queryset = AssistantTool.unscoped.all()
    serializer_class = AssignmentBodySerializer

    @extend_schema(
        operation_id="assistants_tools_assign",
        request=AssignmentBodySerializer,
        responses={201: AssignmentSerializer, 200: AssignmentSerializer},
        examples=examples.ASSIGN,
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Give it to the assistant; where it has it already (200), change how."""
        assistant, tool = self.assistant(), self.tool()
        had = assigned(self).filter(assistant=assistant, tool=tool).exists()
        row = assignments.assign(assistant, tool, by=request.user, **self.body())
        return Response(AssignmentSerializer(row).data, status=200 if had else 201)


class Configure(View):
    """How an assistant uses a tool it has."""

    required_permission = "assistants.write"
    queryset = AssistantTool.unscoped.all()
    serializer_class = AssignmentBodySerializer

    @extend_schema(
        operation_id="assistants_tools_configure",
        request=AssignmentBodySerializer,
        responses={200: AssignmentSerializer},
        examples=examples.ASSIGN,
    )
    def put(self, request: Request, **kwargs: Any) -> Response:
        """Change what is named; an own configuration of a builder waits for a review."""
        row = assignment_of(self)
        assignments.configure(row, by=request.user, **self.body())
        return Response(AssignmentSerializer(row).data)


class Unassign(View):
    """Taking a tool from an assistant."""

    required_permission = "assistants.write"
    queryset = AssistantTool.unscoped.all()

    @extend_schema(operation_id="assistants_tools_unassign", request=None, responses={204: None})
    def delete(self, request: Request, **kwargs: Any) -> Response:
        """Take it away; the tool itself stays."""
        row = assignment_of(self)
        assignments.unassign(row.assistant, row.tool)
        return Response(status=204)


def assigned(view: View) -> QuerySet[AssistantTool]:
    """Return the organization's assignments of tools that are not archived."""
    rows: QuerySet[AssistantTool] = AssistantTool.objects.of(view.organization)
    return rows.filter(tool__archived_at=None).select_related("tool", "pinned_version")


def assignment_of(view: View) -> AssistantTool:
    """Return the assignment that the address names.

    Raises:
        NotFound: no such assistant, or it does not have the tool.
    """
    assistant, tool_id = view.assistant(), view.kwargs["tool_id"]
    rows = assigned(view).select_related("assistant").filter(assistant=assistant)
    found = rows.filter(tool_id=tool_id).first()
    if found is None:
        raise NotFound(f"{assistant.name} does not have a tool with this id.")
    return found
