"""Credentials and audit entries on the wire; a credential's value goes in and never comes out."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from voiceassist.organizations.models import AuditEntry, Credential
from voiceassist.organizations.services import credentials


class CredentialSerializer(serializers.ModelSerializer[Credential]):
    """A credential without its value."""

    class Meta:
        model = Credential
        fields: tuple[str, ...] = (
            "id",
            "name",
            "description",
            "created_by",
            "created_at",
            "changed_at",
            "last_used_at",
        )
        read_only_fields = fields


class DependentSerializer(serializers.Serializer[Any]):
    """Something that uses a credential."""

    kind = serializers.CharField(help_text="Such as `tool`.")
    id = serializers.IntegerField()
    name = serializers.CharField()


class CredentialDetailSerializer(CredentialSerializer):
    """A credential with what uses it."""

    dependents = serializers.SerializerMethodField(
        help_text="What uses it; while there is anything, it cannot be deleted."
    )

    class Meta(CredentialSerializer.Meta):
        fields = (*CredentialSerializer.Meta.fields, "dependents")
        read_only_fields = fields

    def get_dependents(self, credential: Credential) -> list[dict[str, Any]]:
        """Return what names the credential."""
        found = credentials.dependents(credential.organization_id, credential.name)
        return [{"kind": each.kind, "id": each.id, "name": each.name} for each in found]


class _Value(serializers.CharField):
    """The secret; who judges it is the service, which never repeats it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            write_only=True,
            trim_whitespace=False,
            allow_blank=True,
            style={"input_type": "password"},
            help_text="Up to 16 KB of text; stored encrypted, never shown again.",
            **options,
        )


class NewCredentialSerializer(serializers.Serializer[Any]):
    """A credential to store."""

    name = serializers.CharField(
        allow_blank=True,
        trim_whitespace=False,
        help_text="What tools call it: letters, digits, underscores; it stays.",
    )
    value = _Value()
    description = serializers.CharField(
        required=False, allow_blank=True, help_text="What it opens, and who can renew it."
    )


class ChangedCredentialSerializer(serializers.Serializer[Any]):
    """What of a credential changes."""

    value = _Value()
    description = serializers.CharField(required=False, allow_blank=True)
    name = serializers.CharField(required=False, help_text="Only as it is: a name stays.")

    def validate_name(self, name: str) -> str:
        """Refuse another name.

        Raises:
            ValidationError: tools name it, so it stays.
        """
        if name != self.context["credential"].name:
            raise serializers.ValidationError(
                "A credential keeps its name, for tools use it. Make another one."
            )
        return name


class AuditEntrySerializer(serializers.ModelSerializer[AuditEntry]):
    """One thing that was done, with its place in the chain."""

    class Meta:
        model = AuditEntry
        fields = (
            "id",
            "sequence",
            "at",
            "actor_kind",
            "actor_id",
            "actor_name",
            "action",
            "object_kind",
            "object_id",
            "object_name",
            "data",
            "previous_hash",
            "hash",
        )
        read_only_fields = fields
