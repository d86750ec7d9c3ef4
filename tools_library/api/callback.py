"""Where services report how an async run went; imports the service, Django REST framework."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tools_library.services import callbacks
from voiceassist.foundation.api.problems import problem
from voiceassist.foundation.errors import InvalidInput

_BODY = inline_serializer(
    "RunCallback",
    {
        "success": serializers.BooleanField(),
        "message": serializers.CharField(required=False),
        "data": serializers.JSONField(required=False),
    },
)


class RunCallback(APIView):
    """Ends an async run, once. The address itself is the proof of who may."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    parser_classes = ()

    @extend_schema(
        summary="Report how an async tool's run went",
        description=(
            "The address was handed to the tool's service as ${callback_url}. The first report "
            "counts; the assistant hears of it in a new turn."
        ),
        request=_BODY,
        responses={
            200: OpenApiResponse(OpenApiTypes.OBJECT, description='{"status": "accepted"}'),
            400: OpenApiResponse(OpenApiTypes.OBJECT, description="No such JSON."),
            404: OpenApiResponse(OpenApiTypes.OBJECT, description="No run waits here."),
            409: OpenApiResponse(OpenApiTypes.OBJECT, description="It has ended already."),
            413: OpenApiResponse(OpenApiTypes.OBJECT, description="More than 64,000 bytes."),
        },
    )
    def post(self, request: Request, execution_id: UUID, signature: str) -> Response:
        """Take a report."""
        body = request._request.read(callbacks.MAX_BYTES + 1)
        if len(body) > callbacks.MAX_BYTES:
            text = f"Post at most {callbacks.MAX_BYTES:,} bytes."
            return problem(413, text, code="too_large")
        try:
            callbacks.receive(execution_id, signature, _parsed(body))
        except callbacks.NotExpected as error:
            return problem(404, error.public_message, code=error.code)
        return Response({"status": "accepted"})


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidInput({"": "The body is not valid JSON."}) from None
