"""REST of calls: read them, start one, end it, give its assistant a note."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from calls.api.filters import CallFilterSet
from calls.api.serializers import (
    AskedSerializer,
    CallSerializer,
    NoteSerializer,
    StartCallSerializer,
    StartedCallSerializer,
    TranscriptItemSerializer,
    TransferSerializer,
)
from calls.models import Call, TranscriptItem
from calls.services.control import end_call, give_note, transfer
from calls.services.start import start_call
from tools_library.api.executions import ExecutionSerializer
from tools_library.models import ToolExecution
from voiceassist.foundation.api.paging import CursorPagination
from voiceassist.organizations.current import organization_of_user, person


class NewestFirst(CursorPagination):
    """Calls as the page lists them."""

    ordering: Any = ("-started_at", "-id")


class AsSpoken(CursorPagination):
    """Utterances in the order of the conversation."""

    ordering: Any = ("position", "id")


class OldestFirst(CursorPagination):
    """Tool runs in the order in which they were asked for."""

    ordering = "id"


class _StartCall(generics.GenericAPIView[Call]):
    """Shared by both routes that start a call."""

    def ring(self, request: Request) -> Response:
        """Start the call that the body describes."""
        body = StartCallSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        organization = organization_of_user(request.user)
        call = start_call(
            organization,
            body.validated_data["userPhone"],
            body.validated_data["instruction"],
            body.assistant(organization),
            person(request._request),
        )
        answer = {"call_id": call.pk, "call_sid": call.call_sid, "status": call.status}
        return Response(StartedCallSerializer(answer).data, status=201)


class StartCall(_StartCall):
    """Let an assistant ring somebody."""

    required_permission = "calls.operate"
    serializer_class = StartCallSerializer

    @extend_schema(operation_id="start_call", responses={201: StartedCallSerializer})
    def post(self, request: Request) -> Response:
        """Ring the number; the instruction is added to the assistant's own."""
        return self.ring(request)


class Calls(_StartCall):
    """The organization's calls."""

    required_permission: ClassVar = {"GET": "calls.read", "POST": "calls.operate"}
    queryset = Call.unscoped.all()
    serializer_class = CallSerializer
    filterset_class = CallFilterSet
    pagination_class = NewestFirst

    @extend_schema(operation_id="calls_list", responses=CallSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the calls, newest first."""
        organization = organization_of_user(request.user)
        calls = self.filter_queryset(Call.objects.of(organization))
        page = self.paginate_queryset(calls)
        return self.get_paginated_response(CallSerializer(page, many=True).data)

    @extend_schema(
        operation_id="calls_create",
        request=StartCallSerializer,
        responses={201: StartedCallSerializer},
    )
    def post(self, request: Request) -> Response:
        """Start a call; the same as `POST /api/start-call`."""
        return self.ring(request)


class OneCall(generics.RetrieveAPIView[Call]):
    """One call."""

    required_permission = "calls.read"
    queryset = Call.unscoped.all()
    serializer_class = CallSerializer

    @extend_schema(operation_id="calls_retrieve")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the call as it stands."""
        return Response(CallSerializer(call_of(self)).data)


class Transcript(generics.ListAPIView[TranscriptItem]):
    """What was said in a call."""

    required_permission = "calls.read"
    queryset = TranscriptItem.unscoped.all()
    serializer_class = TranscriptItemSerializer
    pagination_class = AsSpoken

    def get_queryset(self) -> QuerySet[TranscriptItem]:
        """Return the utterances after position `?after=`."""
        if getattr(self, "swagger_fake_view", False):
            return TranscriptItem.unscoped.none()
        said: QuerySet[TranscriptItem] = call_of(self).transcript_items.all()
        after = self.request.query_params.get("after", "")
        if not after:
            return said
        if not (after.isascii() and after.isdigit() and len(after) <= 18):
            raise ValidationError({"after": ["Write the position of an utterance, such as 3."]})
        return said.filter(position__gt=int(after))

    @extend_schema(
        operation_id="calls_transcript",
        parameters=[
            OpenApiParameter("after", OpenApiTypes.INT, description="Only what follows it.")
        ],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List what was said, in the order of the conversation."""
        return super().get(request, *args, **kwargs)


class CallExecutions(generics.ListAPIView[ToolExecution]):
    """The tool runs of a call."""

    required_permission = "executions.read"
    queryset = ToolExecution.unscoped.all()
    serializer_class = ExecutionSerializer
    pagination_class = OldestFirst

    def get_queryset(self) -> QuerySet[ToolExecution]:
        """Return the call's runs."""
        if getattr(self, "swagger_fake_view", False):
            return ToolExecution.unscoped.none()
        return call_of(self).tool_executions.all()

    @extend_schema(operation_id="calls_tool_executions")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the tool runs, oldest first."""
        return super().get(request, *args, **kwargs)


class EndCall(generics.GenericAPIView[Call]):
    """End a call."""

    required_permission = "calls.operate"
    queryset = Call.unscoped.all()

    @extend_schema(operation_id="calls_end", request=None, responses={200: AskedSerializer})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Let the assistant say goodbye and hang up."""
        call = call_of(self)
        end_call(call, person(request._request))
        return asked(call)


class TransferCall(generics.GenericAPIView[Call]):
    """Put a caller through."""

    required_permission = "calls.operate"
    queryset = Call.unscoped.all()
    serializer_class = TransferSerializer

    @extend_schema(operation_id="calls_transfer", responses={200: AskedSerializer})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Let the assistant say so, then ring a destination of the assistant or any number."""
        call = call_of(self)
        body = TransferSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        transfer(call, body.validated_data["to"], person(request._request))
        return asked(call)


class NoteToAssistant(generics.GenericAPIView[Call]):
    """Tell the assistant something that the caller does not hear."""

    required_permission = "calls.operate"
    queryset = Call.unscoped.all()
    serializer_class = NoteSerializer

    @extend_schema(operation_id="calls_note", responses={200: AskedSerializer})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Pass the note on; the assistant uses it from its next turn on."""
        call = call_of(self)
        body = NoteSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        give_note(call, body.validated_data["text"], person(request._request))
        return asked(call)


def call_of(view: generics.GenericAPIView[Any]) -> Call:
    """Return the call that the address names.

    Raises:
        NotFound: the organization has none with this id.
    """
    organization = organization_of_user(view.request.user)
    call = Call.objects.of(organization).filter(pk=view.kwargs["call_id"]).first()
    if call is None:
        raise NotFound(f"{organization.name} has no call with this id.")
    found: Call = call
    return found


def asked(call: Call) -> Response:
    """Return how the call stands after something was asked of it."""
    call.refresh_from_db(fields=["status"])
    return Response(AskedSerializer({"call_id": call.pk, "status": call.status}).data)
