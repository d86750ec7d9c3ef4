"""REST of the organization's tools; imports the services that save and archive them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from tools_library.api import examples
from tools_library.api.filters import ToolFilterSet
from tools_library.api.reading import View, tools_of
from tools_library.api.serializers import (
    ToolBodySerializer,
    ToolDetailSerializer,
    ToolSerializer,
    defaults,
)
from tools_library.models import Tool
from tools_library.services.tools import archive_tool, hold_edits, save_tool
from voiceassist.foundation.api.paging import ChosenOrder

ORDERS = ("name", "display_name", "created_at", "updated_at", "id")
ORDERING = OpenApiParameter(
    "ordering",
    OpenApiTypes.STR,
    enum=[sign + name for name in ORDERS for sign in ("", "-")],
    description="A minus sign turns it round.",
)


class Tools(View, generics.ListAPIView[Any]):
    """The organization's tools."""

    required_permission: ClassVar = {"GET": "tools.read", "POST": "tools.write"}
    queryset = Tool.unscoped.all()
    serializer_class = ToolSerializer
    filterset_class = ToolFilterSet
    pagination_class = ChosenOrder
    orders = ORDERS

    def get_queryset(self) -> QuerySet[Tool]:
        """Return the tools that are not archived."""
        return Tool.unscoped.none() if self.describes else tools_of(self.organization)

    @extend_schema(operation_id="tools_list", parameters=[ORDERING])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the tools, by name unless `ordering` says otherwise."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="tools_create",
        request=ToolBodySerializer,
        responses={201: ToolDetailSerializer},
        examples=examples.TOOLS,
    )
    def post(self, request: Request) -> Response:
        """Make a tool. A builder's waits for a review before it can be used."""
        tool = save_tool(self.organization, self.body(ToolBodySerializer), by=request.user)
        return Response(detail(self, tool), status=201)


class OneTool(View):
    """A tool."""

    required_permission: ClassVar = {
        "GET": "tools.read",
        "PUT": "tools.write",
        "PATCH": "tools.write",
        "DELETE": "tools.write",
    }
    queryset = Tool.unscoped.all()
    serializer_class = ToolDetailSerializer

    @extend_schema(operation_id="tools_read")
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Show a tool and its versions."""
        return Response(ToolDetailSerializer(self.tool()).data)

    @extend_schema(
        operation_id="tools_replace", request=ToolBodySerializer, examples=examples.TOOLS
    )
    def put(self, request: Request, **kwargs: Any) -> Response:
        """Replace a tool: what is left out gets its default. What runs becomes a new version."""
        return self._save(request, defaults())

    @extend_schema(
        operation_id="tools_change", request=ToolBodySerializer, examples=examples.CHANGE
    )
    def patch(self, request: Request, **kwargs: Any) -> Response:
        """Change the fields that are named; JSON columns are replaced as a whole."""
        return self._save(request, {})

    @extend_schema(operation_id="tools_delete", responses={204: None})
    def delete(self, request: Request, **kwargs: Any) -> Response:
        """Archive a tool: assistants lose it, its name is free again, its runs stay."""
        archive_tool(self.tool())
        return Response(status=204)

    def _save(self, request: Request, otherwise: Mapping[str, Any]) -> Response:
        tool = self.tool()  # else whoever asks for none would hear of their body first
        values = {**otherwise, **self.body(ToolBodySerializer)}
        with transaction.atomic():
            hold_edits(tool.pk)
            tool = self.tool()
            save_tool(self.organization, values, by=request.user, tool=tool)
        return Response(detail(self, tool))


def detail(view: View, tool: Tool) -> dict[str, Any]:
    """Return a tool that was just saved as it is shown."""
    return dict(ToolDetailSerializer(tools_of(view.organization).get(pk=tool.pk)).data)
