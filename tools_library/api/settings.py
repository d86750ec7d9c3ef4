"""REST of an assistant's `tools_settings`, in document 002's shape; imports their service."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tools_library.api.reading import View
from tools_library.api.serializers import JSONObject
from tools_library.services import tools_settings
from voiceassist.assistants.models import Assistant

_EXAMPLE = OpenApiExample(
    "Let it end and transfer calls",
    {
        "enabled_tools": ["endCall", "transferCall"],
        "end_call": {"scenarios": ["The caller says goodbye."], "custom_message": "Goodbye!"},
        "transfer_call": {
            "scenarios": ["The caller asks for a person."],
            "transfer_numbers": ["+12025550110"],
        },
        "approval": {"transferCall": "confirm"},
    },
    request_only=True,
)


class ToolsSettingsSerializer(serializers.Serializer[Any]):
    """Tools of an assistant as document 002 has them; the service judges their parts."""

    enabled_tools = serializers.ListField(child=serializers.CharField(), required=False)
    end_call = JSONObject(required=False)
    transfer_call = JSONObject(required=False)
    approval = JSONObject(required=False)
    custom_tools = serializers.ListField(child=JSONObject(), required=False)


class ToolsSettings(View):
    """The `tools_settings` of an assistant."""

    required_permission: ClassVar = {"GET": "assistants.read", "PUT": "assistants.write"}
    queryset = Assistant.unscoped.all()
    serializer_class = ToolsSettingsSerializer

    @extend_schema(operation_id="assistants_tools_settings")
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Show what is stored, published or not."""
        return Response(tools_settings.read(self.assistant()))

    @extend_schema(operation_id="assistants_tools_settings_write", examples=[_EXAMPLE])
    def put(self, request: Request, **kwargs: Any) -> Response:
        """Store settings; what is not named stays. Calls follow once the assistant is published.

        `custom_tools` become tools of the organization, which a builder's review awaits.
        """
        assistant = self.assistant()
        tools_settings.write(assistant, request.data, request.user)
        return Response(tools_settings.read(assistant))
