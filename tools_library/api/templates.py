"""REST of tools that organizations share, and of copies of them; imports their service."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import generics, serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from tools_library.api import examples
from tools_library.api.assignments import AssignmentBodySerializer, AssignmentSerializer
from tools_library.api.filters import ToolFilterSet
from tools_library.api.reading import View, tools_of
from tools_library.api.serializers import (
    EFFECTIVE,
    CopiedToolSerializer,
    JSONObject,
    effective,
)
from tools_library.api.tools import ORDERING, ORDERS
from tools_library.models import Tool
from tools_library.services import assignments
from tools_library.services.templates import credentials_used, make_from, shared
from voiceassist.foundation.api.paging import ChosenOrder
from voiceassist.organizations.services import credentials


class SharedToolSerializer(serializers.ModelSerializer[Tool]):
    """A tool that any organization may copy; its credentials are names, never values."""

    organization_name = serializers.CharField(source="organization.name", read_only=True)
    configuration = JSONObject(read_only=True)
    function_definition = JSONObject(read_only=True)
    behaviour = JSONObject(read_only=True)
    allowed_contexts = serializers.ListField(child=serializers.CharField(), read_only=True)
    effective = serializers.SerializerMethodField()
    credentials = serializers.SerializerMethodField(help_text="Which it uses.")

    class Meta:
        model = Tool
        fields: tuple[str, ...] = (
            "id",
            "organization_name",
            "name",
            "display_name",
            "description",
            "tool_type",
            "configuration",
            "function_definition",
            "side_effect",
            "behaviour",
            "require_confirmation",
            "allowed_contexts",
            "timeout_seconds",
            "retry_attempts",
            "effective",
            "credentials",
            "version",
            "is_public",
            "is_template",
            "created_at",
            "updated_at",
        )
        read_only_fields = fields

    @extend_schema_field(EFFECTIVE)
    def get_effective(self, tool: Tool) -> dict[str, Any]:
        """Return what its runs have."""
        return effective(tool, tool.configuration)

    def get_credentials(self, tool: Tool) -> list[str]:
        """Return the names of the credentials that a copy needs."""
        return sorted(credentials_used(tool))


class CopyBodySerializer(serializers.Serializer[Any]):
    """What a copy has of its own."""

    name = serializers.CharField(
        required=False,
        allow_blank=True,
        help_text="Left out: the template's, with a number where it is taken.",
    )
    display_name = serializers.CharField(required=False, allow_blank=True, max_length=200)
    description = serializers.CharField(required=False, allow_blank=True)
    configuration = JSONObject(required=False, help_text="Merged over the template's (RFC 7396).")


class CopyForAssistantSerializer(CopyBodySerializer, AssignmentBodySerializer):
    """The same, and how the assistant uses it."""


class CopiedForAssistantSerializer(AssignmentSerializer):
    """The assignment, with the new tool in it."""

    tool = serializers.SerializerMethodField()

    class Meta(AssignmentSerializer.Meta):
        fields = (*AssignmentSerializer.Meta.fields, "tool")
        read_only_fields = fields

    @extend_schema_field(CopiedToolSerializer)
    def get_tool(self, row: Any) -> Any:
        """Return the tool."""
        return self.context["tool"]


class _Shared(View, generics.ListAPIView[Any]):
    """Base of the lists of what organizations share."""

    required_permission = "tools.read"
    queryset = Tool.unscoped.all()
    serializer_class = SharedToolSerializer
    filterset_class = ToolFilterSet
    pagination_class = ChosenOrder
    orders = ORDERS
    which: ClassVar[dict[str, bool]] = {}

    def get_queryset(self) -> QuerySet[Tool]:
        """Return what is shared, of all organizations."""
        return Tool.unscoped.none() if self.describes else shared(**self.which)


class PublicTools(_Shared):
    """Tools that organizations made public."""

    which: ClassVar = {"templates": False}

    @extend_schema(operation_id="public_tools_list", parameters=[ORDERING])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the public tools of all organizations."""
        return super().get(request, *args, **kwargs)


class Templates(_Shared):
    """Templates of all organizations."""

    which: ClassVar = {"public": False}

    @extend_schema(operation_id="tools_templates_list", parameters=[ORDERING])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the templates of all organizations."""
        return super().get(request, *args, **kwargs)


class ToolTemplates(_Shared):
    """The same under its own address."""

    which: ClassVar = {"public": False}

    @extend_schema(operation_id="tool_templates_list", parameters=[ORDERING])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the templates; the same as `GET /api/tools/templates`."""
        return super().get(request, *args, **kwargs)


class OneTemplate(View):
    """A template, or a public tool."""

    required_permission = "tools.read"
    queryset = Tool.unscoped.all()
    serializer_class = SharedToolSerializer

    @extend_schema(operation_id="tool_templates_read")
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Show a template, or a public tool."""
        return Response(SharedToolSerializer(template_of(self)).data)


class FromTemplate(View):
    """Making a tool from a template."""

    required_permission = "tools.write"
    queryset = Tool.unscoped.all()
    serializer_class = CopyBodySerializer

    @extend_schema(
        operation_id="tools_from_template",
        request=CopyBodySerializer,
        responses={201: CopiedToolSerializer},
        examples=examples.COPY,
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Copy a template or public tool; `missing_credentials` names what it still needs."""
        template = template_of(self)
        made = make_from(self.organization, template, self.body(), by=request.user)
        return Response(copied(self, made), status=201)


class FromTemplateForAssistant(View):
    """Making a tool from a template, for an assistant."""

    required_permission = "tools.write"
    queryset = Tool.unscoped.all()
    serializer_class = CopyForAssistantSerializer

    @extend_schema(
        operation_id="assistants_tools_from_template",
        request=CopyForAssistantSerializer,
        responses={201: CopiedForAssistantSerializer},
        examples=examples.COPY,
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Copy a template or public tool and give the copy to the assistant."""
        assistant, template = self.assistant(), template_of(self)
        given = self.body()
        names = [str(name) for name in AssignmentBodySerializer().fields]
        how = {name: given.pop(name) for name in names if name in given}
        with transaction.atomic():
            made = make_from(self.organization, template, given, by=request.user)
            row = assignments.assign(assistant, made, by=request.user, **how)
        context = {"tool": copied(self, made)}
        return Response(CopiedForAssistantSerializer(row, context=context).data, status=201)


def template_of(view: View) -> Tool:
    """Return the shared tool that the address names.

    Raises:
        NotFound: nobody shares one with this id.
    """
    found = shared().filter(pk=view.kwargs["template_id"]).first()
    if found is None:
        raise NotFound("There is no template or public tool with this id.")
    return found


def copied(view: View, tool: Tool) -> dict[str, Any]:
    """Return a copy as it is shown."""
    missing = credentials_used(tool) - credentials.names(view.organization.pk)
    row = tools_of(view.organization).get(pk=tool.pk)
    return dict(CopiedToolSerializer(row, context={"missing": sorted(missing)}).data)
