"""REST of bundles: the organization's tools as one JSON document, out and in."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tools_library.api import examples
from tools_library.api.reading import View
from tools_library.api.serializers import ToolBodySerializer
from tools_library.models import Tool
from tools_library.services import bundles

_EXAMPLE = OpenApiExample("One tool", {"tools": [examples.ENDPOINT]}, request_only=True)


class BundledToolSerializer(ToolBodySerializer):
    """A tool of a bundle; whether it is shared is not part of it."""

    is_public = None  # type: ignore[assignment]
    is_template = None  # type: ignore[assignment]


class BundleSerializer(serializers.Serializer[Any]):
    """Tools of an organization; the service judges them."""

    format = serializers.ChoiceField(choices=[bundles.FORMAT], required=False)
    version = serializers.IntegerField(
        required=False, min_value=bundles.VERSION, max_value=bundles.VERSION
    )
    credentials = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="Names of the credentials that the tools use; an import does not read them.",
    )
    tools = BundledToolSerializer(many=True, help_text=f"At most {bundles.MOST} in an import.")


class TakenToolSerializer(serializers.ModelSerializer[Tool]):
    """What became of one tool of a bundle."""

    what = serializers.ChoiceField(choices=["made", "changed", "kept"])

    class Meta:
        model = Tool
        fields = ("id", "name", "version", "what")


class TakenSerializer(serializers.Serializer[Any]):
    """What an import did."""

    tools = TakenToolSerializer(many=True, help_text="In the bundle's order.")
    missing_credentials = serializers.ListField(
        child=serializers.CharField(),
        help_text="Credentials that the organization must add before these tools can run.",
    )


class ExportTools(View):
    """The organization's tools as a bundle."""

    required_permission = "tools.read"
    queryset = Tool.unscoped.all()
    serializer_class = BundleSerializer

    @extend_schema(operation_id="tools_export")
    def get(self, request: Request) -> Response:
        """Show all tools of the organization; credentials by name, never their values."""
        return Response(bundles.export(self.organization))


class ImportTools(View):
    """Taking the tools of a bundle."""

    required_permission = "tools.write"
    queryset = Tool.unscoped.all()
    serializer_class = BundleSerializer

    @extend_schema(
        operation_id="tools_import", responses={200: TakenSerializer}, examples=[_EXAMPLE]
    )
    def post(self, request: Request) -> Response:
        """Save the tools of a bundle, all or none; one of the same name is replaced.

        What differs becomes a new version, which waits for a review as after any save; what is
        equal stays untouched. What an entry leaves out gets its default.
        """
        taken = bundles.take(self.organization, request.data, by=request.user)
        rows = [
            {"id": tool.pk, "name": tool.name, "version": tool.version, "what": what}
            for tool, what in taken.tools
        ]
        return Response({"tools": rows, "missing_credentials": list(taken.missing_credentials)})
