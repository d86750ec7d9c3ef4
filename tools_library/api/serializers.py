"""Tools on the wire, with the columns of document 002 under their names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field, inline_serializer
from rest_framework import serializers

from tools_library.choices import SideEffect, ToolType, TriggerContext
from tools_library.models import Tool, ToolVersion
from tools_library.services import limits

EFFECTIVE = inline_serializer(
    "Effective",
    {"timeout_seconds": serializers.FloatField(), "retry_attempts": serializers.IntegerField()},
)


@extend_schema_field(OpenApiTypes.OBJECT)
class JSONObject(serializers.JSONField):
    """A JSON object, whose shape the service judges."""


class StrictObject(JSONObject):
    """A JSON object, and nothing else."""

    def to_internal_value(self, data: Any) -> Any:
        """Refuse what is no object.

        Raises:
            ValidationError: it is something else.
        """
        if not isinstance(data, dict):
            raise serializers.ValidationError("Write a JSON object.")
        return super().to_internal_value(data)


def effective(tool: Any, configuration: Mapping[str, Any]) -> dict[str, Any]:
    """Return what holds where a tool or version leaves its limits open.

    A live call bounds a run further; see `services.limits`.

    Args:
        configuration: with the assistant's own merged in, where there is an assistant.
    """
    return {
        "timeout_seconds": limits.timeout_seconds(
            tool.side_effect,
            tool.timeout_seconds,
            configuration,
            TriggerContext.API,
            is_async=tool.behaviour.get("execution_mode") == "async",
        ),
        "retry_attempts": limits.retry_attempts(tool.side_effect, tool.retry_attempts),
    }


class ToolSerializer(serializers.ModelSerializer[Tool]):
    """A tool; counts are exact as of the request."""

    organization_id = serializers.IntegerField(read_only=True)
    user_id = serializers.IntegerField(read_only=True, allow_null=True)
    configuration = JSONObject(read_only=True)
    function_definition = JSONObject(read_only=True)
    behaviour = JSONObject(read_only=True)
    allowed_contexts = serializers.ListField(child=serializers.CharField(), read_only=True)
    execution_count = serializers.IntegerField(source="runs", read_only=True)
    last_executed_at = serializers.DateTimeField(
        source="last_run_at", read_only=True, allow_null=True
    )
    effective = serializers.SerializerMethodField(
        help_text="What holds where timeout_seconds or retry_attempts is null."
    )

    class Meta:
        model = Tool
        fields: tuple[str, ...] = (
            "id",
            "organization_id",
            "user_id",
            "name",
            "display_name",
            "description",
            "tool_type",
            "configuration",
            "function_definition",
            "side_effect",
            "behaviour",
            "is_active",
            "require_confirmation",
            "allowed_contexts",
            "timeout_seconds",
            "retry_attempts",
            "effective",
            "execution_count",
            "last_executed_at",
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


class VersionSerializer(serializers.ModelSerializer[ToolVersion]):
    """A version of a tool; `/versions/{version}/review` says whether it was approved."""

    created_by_id = serializers.IntegerField(read_only=True, allow_null=True)

    class Meta:
        model = ToolVersion
        fields = ("version", "created_at", "created_by_id")
        read_only_fields = fields


class ToolDetailSerializer(ToolSerializer):
    """A tool with its versions, newest first."""

    versions = serializers.SerializerMethodField(help_text="The newest 50.")

    class Meta(ToolSerializer.Meta):
        fields = (*ToolSerializer.Meta.fields, "versions")
        read_only_fields = fields

    @extend_schema_field(VersionSerializer(many=True))
    def get_versions(self, tool: Tool) -> Any:
        """Return the newest versions."""
        rows = ToolVersion.objects.of(tool.organization_id).filter(tool=tool).order_by("-id")
        return VersionSerializer(rows[:50], many=True).data


class CopiedToolSerializer(ToolDetailSerializer):
    """A tool made from a template."""

    missing_credentials = serializers.SerializerMethodField(
        help_text="Credentials that the organization must add before the tool can run."
    )

    class Meta(ToolDetailSerializer.Meta):
        fields = (*ToolDetailSerializer.Meta.fields, "missing_credentials")
        read_only_fields = fields

    def get_missing_credentials(self, tool: Tool) -> list[str]:
        """Return the names that the organization does not have."""
        missing: list[str] = self.context["missing"]
        return missing


READ_ONLY = frozenset(CopiedToolSerializer.Meta.fields)
"""What a program may send back as it read it; it changes nothing."""


class ToolBodySerializer(serializers.Serializer[Any]):
    """A tool as it is written. The service judges what JSON and texts say, by field path."""

    name = serializers.CharField(
        required=False, allow_blank=True, help_text="What the model calls: lookup_order."
    )
    display_name = serializers.CharField(required=False, allow_blank=True, max_length=200)
    description = serializers.CharField(
        required=False, allow_blank=True, help_text="Tells the model when to use it."
    )
    tool_type = serializers.ChoiceField(choices=ToolType.choices, required=False)
    configuration = JSONObject(required=False, help_text="In the shape of its type.")
    function_definition = JSONObject(
        required=False,
        help_text="Nested as in document 002, flat, or a bare JSON schema of the parameters.",
    )
    side_effect = serializers.ChoiceField(choices=SideEffect.choices, required=False)
    behaviour = JSONObject(
        required=False, help_text="Fixed parameters, spoken messages, limits, approval."
    )
    is_active = serializers.BooleanField(required=False)
    require_confirmation = serializers.BooleanField(required=False)
    allowed_contexts = serializers.ListField(
        child=serializers.ChoiceField(choices=TriggerContext.choices),
        required=False,
        help_text="Empty: all.",
    )
    timeout_seconds = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=86_400,
        help_text="Above 900 for browser tools alone.",
    )
    retry_attempts = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=10
    )
    is_public = serializers.BooleanField(required=False)
    is_template = serializers.BooleanField(required=False)

    def to_internal_value(self, data: Any) -> Any:
        """Refuse names that mean nothing, such as misspelt ones.

        Raises:
            ValidationError: by field.
        """
        known = READ_ONLY | set(self.fields)
        unknown = [name for name in data if name not in known] if isinstance(data, dict) else []
        if unknown:
            text = "This is not known here; remove it, or mend its spelling."
            raise serializers.ValidationError({name[:100]: [text] for name in unknown[:20]})
        return super().to_internal_value(data)


def defaults() -> dict[str, Any]:
    """Return what PUT gives the fields that its body leaves out."""
    return {
        "display_name": "",
        "description": "",
        "configuration": {},
        "function_definition": {},
        "side_effect": SideEffect.WRITE.value,
        "behaviour": {},
        "is_active": True,
        "require_confirmation": False,
        "allowed_contexts": [],
        "timeout_seconds": None,
        "retry_attempts": None,
        "is_public": False,
        "is_template": False,
    }
