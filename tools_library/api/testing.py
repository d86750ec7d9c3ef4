"""REST of trying tools out: a saved one, or one that is being built; imports their service."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from tools_library.api import examples
from tools_library.api.executions import ExecutionSerializer
from tools_library.api.reading import View
from tools_library.api.serializers import JSONObject, StrictObject, ToolBodySerializer
from tools_library.api.throttling import TrialsThrottle
from tools_library.models import Tool, ToolExecution
from tools_library.services import trials
from voiceassist.assistants.services.finding import find
from voiceassist.organizations.models import Organization
from voiceassist.organizations.roles import may

_OF_A_TEST = ("parameters", "assistant_id", "context")


@extend_schema_field({"oneOf": [{"type": "integer"}, {"type": "string"}]})
class AssistantName(serializers.CharField):
    """An assistant by its id or slug."""


class TrialSerializer(serializers.Serializer[Any]):
    """What any tool is tried with."""

    parameters = StrictObject(required=False, default=dict, help_text="Its arguments.")
    assistant_id = AssistantName(
        required=False,
        allow_null=True,
        max_length=100,
        help_text="Id or slug: in whose name, and with whose configuration where it has the tool.",
    )
    context = StrictObject(  # type: ignore[assignment]
        required=False, default=dict, help_text="Names for templates, such as phone_number."
    )

    def trial(self, organization: Organization, by: Any, **more: Any) -> trials.Trial:
        """Return what was asked for.

        Raises:
            ValidationError: the organization has no such assistant.
        """
        given = self.validated_data
        assistant, named = None, given.get("assistant_id")
        if named is not None:
            assistant = find(organization, named)
            if assistant is None:
                text = f"{organization.name} has no assistant with the id or slug {named!r}."
                raise serializers.ValidationError({"assistant_id": [text]})
        return trials.Trial(
            parameters=given["parameters"],
            by=by,
            assistant=assistant,
            context=given["context"],
            **more,
        )


class TestSerializer(TrialSerializer):
    """What a saved tool is tried with."""

    configuration = StrictObject(
        required=False, default=dict, help_text="Merged over the tool's (RFC 7396), for this run."
    )


class UnsavedSerializer(ToolBodySerializer, TrialSerializer):
    """A whole tool, and what it is tried with; `configuration` is the tool's."""


class TestedSerializer(ExecutionSerializer):
    """The run of a test, with what it brought and what went over the wire, secrets masked."""

    success = serializers.SerializerMethodField()
    data = serializers.SerializerMethodField()  # type: ignore[assignment]
    trace = JSONObject(read_only=True, allow_null=True)

    class Meta(ExecutionSerializer.Meta):
        fields = (*ExecutionSerializer.Meta.fields, "success", "data", "trace")
        read_only_fields = fields

    def get_success(self, execution: ToolExecution) -> bool:
        """Return whether the tool did what it was asked for."""
        return (execution.output_result or {}).get("success") is True

    @extend_schema_field(OpenApiTypes.ANY)
    def get_data(self, execution: ToolExecution) -> Any:
        """Return what the tool answered beside its message."""
        return (execution.output_result or {}).get("data")


class TestTool(View):
    """A test of a saved tool."""

    required_permission: ClassVar = {"POST": "tools.run"}
    queryset = Tool.unscoped.all()
    serializer_class = TestSerializer
    throttle_classes = (TrialsThrottle,)

    @extend_schema(
        operation_id="tools_test",
        request=TestSerializer,
        responses={200: TestedSerializer},
        examples=examples.TEST,
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Run the tool for real; 200 also where it failed.

        A version without a review may use only hosts and credentials that are approved already;
        whoever may approve allows more by testing it. A `configuration` of its own is a builder's.
        """
        tool = self.tool()
        body = TestSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        own = body.validated_data["configuration"]
        trial = body.trial(self.organization, request.user, configuration=own)
        if trial.configuration and not may(request.user, "tools.write"):
            raise PermissionDenied("Another configuration needs the role builder or above.")
        return Response(TestedSerializer(trials.try_tool(tool, trial)).data)


class TestUnsaved(View):
    """A test of a tool that is being built."""

    required_permission: ClassVar = {"POST": "tools.write"}
    queryset = Tool.unscoped.all()
    serializer_class = UnsavedSerializer
    throttle_classes = (TrialsThrottle,)

    @extend_schema(
        operation_id="tools_test_unsaved",
        request=UnsavedSerializer,
        responses={200: TestedSerializer},
        examples=examples.TEST_UNSAVED,
    )
    def post(self, request: Request) -> Response:
        """Check the tool as saving does, and run it for real; nothing but the run is stored."""
        body = UnsavedSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        trial = body.trial(self.organization, request.user)
        given = body.validated_data
        values = {name: given[name] for name in given if name not in _OF_A_TEST}
        return Response(TestedSerializer(trials.try_unsaved(self.organization, values, trial)).data)
