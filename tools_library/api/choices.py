"""REST of what a tool could be built on: AWS functions, an MCP server's tools; their services."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tools_library.api import examples
from tools_library.api.reading import View
from tools_library.api.serializers import JSONObject, StrictObject
from tools_library.api.throttling import TrialsThrottle
from tools_library.choices import ToolType
from tools_library.models import Tool
from tools_library.services import lambda_functions, mcp_tools

_FINDERS: dict[str, Any] = {"lambda": lambda_functions.of, "mcp": mcp_tools.of}


class ChoicesBodySerializer(serializers.Serializer[Any]):
    """A configuration that may lack just what is to be chosen."""

    tool_type = serializers.ChoiceField(choices=ToolType.choices, help_text="lambda or mcp.")
    configuration = StrictObject(help_text="Region and credentials, or the server's address.")

    def validate_tool_type(self, kind: str) -> str:
        """Refuse kinds for which nothing is listed.

        Raises:
            ValidationError: it is one of those.
        """
        if kind not in _FINDERS:
            raise serializers.ValidationError(f"Write {' or '.join(sorted(_FINDERS))}.")
        return kind


class ChoiceSerializer(serializers.Serializer[Any]):
    """A function, with its runtime and limits, or a server's tool, with its parameters."""

    name = serializers.CharField(help_text="For `function_name`, or `tool`.")
    description = serializers.CharField(allow_blank=True)
    title = serializers.CharField(required=False)
    input_schema = JSONObject(required=False, help_text="JSON schema of the tool's parameters.")
    reads_only = serializers.BooleanField(
        required=False, help_text="What the server says itself; no proof."
    )
    runtime = serializers.CharField(required=False, allow_blank=True)
    timeout_s = serializers.IntegerField(required=False)
    memory_mb = serializers.IntegerField(required=False)


class ChoicesSerializer(serializers.Serializer[Any]):
    """All of them, at most 500."""

    results = ChoiceSerializer(many=True)


class Choices(View):
    """What there is to choose from while a tool is built."""

    required_permission: ClassVar = {"POST": "tools.write"}
    queryset = Tool.unscoped.all()
    serializer_class = ChoicesBodySerializer
    throttle_classes = (TrialsThrottle,)

    @extend_schema(
        operation_id="tools_choices",
        request=ChoicesBodySerializer,
        responses={
            200: ChoicesSerializer,
            409: OpenApiResponse(description="Not approved yet, or refused by the other side."),
            503: OpenApiResponse(description="The other side is not reached; try again."),
        },
        examples=examples.CHOICES,
    )
    def post(self, request: Request) -> Response:
        """List the AWS functions or the MCP server's tools that a configuration can reach."""
        given = self.body()
        found = _FINDERS[given["tool_type"]](
            self.organization, given["configuration"], by=request.user
        )
        return Response({"results": [asdict(each) for each in found]})
