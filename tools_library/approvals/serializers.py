"""Approvals, grants and reviews on the wire; imports models and their choices."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from tools_library.approvals import recording
from tools_library.approvals.answering import REASON_MAX
from tools_library.approvals.choices import Decision, Remember
from tools_library.behaviour import ESCALATE_S
from tools_library.models import Approval, ApprovalGrant, ToolReview
from voiceassist.organizations.models import AuditEntry


class ApprovalSerializer(serializers.ModelSerializer[Approval]):
    """A question about one run; `decided_by` is a name."""

    execution_id = serializers.UUIDField(source="execution.execution_id", read_only=True)
    assistant_id = serializers.IntegerField(
        source="execution.assistant_id", read_only=True, allow_null=True
    )
    call_id = serializers.IntegerField(source="execution.call_id", read_only=True, allow_null=True)
    tool_id = serializers.IntegerField(read_only=True, allow_null=True)
    side_effect = serializers.CharField(source="execution.side_effect", read_only=True)
    decided_by = serializers.CharField(source="decided_by_name", read_only=True)
    asked_by_id = serializers.IntegerField(read_only=True, allow_null=True)
    sent_to = serializers.EmailField(source="sent_to.email", read_only=True, allow_null=True)

    class Meta:
        model = Approval
        fields: tuple[str, ...] = (
            "id",
            "status",
            "policy",
            "execution_id",
            "tool_id",
            "tool_name",
            "side_effect",
            "assistant_id",
            "call_id",
            "trigger_context",
            "arguments",
            "edited_arguments",
            "changes",
            "asked_by_id",
            "least_role",
            "four_eyes",
            "sent_to",
            "asked_at",
            "heard_at",
            "expires_at",
            "escalate_at",
            "escalated_at",
            "decided_at",
            "decided_by",
            "reason",
            "remember",
        )
        read_only_fields = fields


class ApprovalEntrySerializer(serializers.ModelSerializer[AuditEntry]):
    """What the audit says of a question; secrets in it are masked."""

    class Meta:
        model = AuditEntry
        fields = ("sequence", "at", "action", "actor_kind", "actor_name", "data", "hash")
        read_only_fields = fields


class OneApprovalSerializer(ApprovalSerializer):
    """The same with its record: who asked, sent, changed and answered it."""

    record = serializers.SerializerMethodField()

    class Meta(ApprovalSerializer.Meta):
        fields = (*ApprovalSerializer.Meta.fields, "record")
        read_only_fields = fields

    @extend_schema_field(ApprovalEntrySerializer(many=True))
    def get_record(self, approval: Approval) -> list[Any]:
        """Return the audit's entries about it, oldest first."""
        entries: Any = ApprovalEntrySerializer(recording.entries_of(approval), many=True).data
        return list(entries)


class SendSerializer(serializers.Serializer[Any]):
    """To whom a question is sent."""

    to = serializers.CharField(
        max_length=254,
        help_text="A member's e-mail address, or a role: then those of it and above are asked.",
    )
    escalate_after_s = serializers.IntegerField(
        required=False,
        allow_null=True,
        default=None,
        min_value=ESCALATE_S[0],
        max_value=ESCALATE_S[1],
        help_text="It goes to admins after this; left out: as it would have.",
    )


class AnswerSerializer(serializers.Serializer[Any]):
    """An answer; with `edit`, `arguments` are all arguments of the run."""

    decision = serializers.ChoiceField(choices=Decision.choices)
    arguments = serializers.JSONField(required=False)
    reason = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=REASON_MAX
    )
    remember = serializers.ChoiceField(
        choices=Remember.choices, required=False, default=Remember.ONCE
    )
    exact = serializers.BooleanField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Remember it for exactly these arguments; left out: only where the tool's "
        "effect cannot be undone.",
    )

    def validate_arguments(self, value: Any) -> Any:
        """Take an object only."""
        if not isinstance(value, dict):
            raise serializers.ValidationError("Write a JSON object with all arguments.")
        return value


class GrantSerializer(serializers.ModelSerializer[ApprovalGrant]):
    """A yes that holds for later runs; `arguments` null: whatever they are."""

    tool_id = serializers.IntegerField(read_only=True)
    approval_id = serializers.IntegerField(read_only=True, allow_null=True)
    user_id = serializers.IntegerField(read_only=True, allow_null=True)
    created_by = serializers.CharField(source="created_by_name", read_only=True)
    active = serializers.SerializerMethodField()

    class Meta:
        model = ApprovalGrant
        fields = (
            "id",
            "tool_id",
            "tool_name",
            "policy",
            "scope",
            "source_kind",
            "source_id",
            "user_id",
            "schema_hash",
            "arguments",
            "approval_id",
            "created_by",
            "created_at",
            "last_used_at",
            "active",
            "revoked_at",
            "end_reason",
        )
        read_only_fields = fields

    @extend_schema_field(bool)
    def get_active(self, grant: ApprovalGrant) -> bool:
        """Return whether it still holds."""
        return grant.revoked_at is None


class ReviewSerializer(serializers.ModelSerializer[ToolReview]):
    """Whether a version, as one configuration makes of it, may be used."""

    tool_id = serializers.IntegerField(source="version.tool_id", read_only=True)
    version = serializers.CharField(source="version.version", read_only=True)
    asked_by = serializers.CharField(source="asked_by_name", read_only=True)
    decided_by = serializers.CharField(source="decided_by_name", read_only=True)

    class Meta:
        model = ToolReview
        fields = (
            "id",
            "tool_id",
            "version",
            "status",
            "configuration",
            "configuration_hash",
            "asked_by",
            "asked_at",
            "decided_by",
            "decided_at",
            "reason",
        )
        read_only_fields = fields


class ReviewDecisionSerializer(serializers.Serializer[Any]):
    """A decision about a version."""

    decision = serializers.ChoiceField(choices=["approve", "reject"])
    reason = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=REASON_MAX
    )
    configuration_hash = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=64,
        help_text="One way the version is configured; left out: all that wait.",
    )
