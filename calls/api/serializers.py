"""Calls on the wire; names follow the contract, camelCase where it has it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from calls.models import Call, TranscriptItem
from calls.services.control import NOTE_MAX
from calls.services.start import INSTRUCTION_MAX
from voiceassist.assistants.models import Assistant
from voiceassist.assistants.services.finding import find
from voiceassist.organizations.models import Organization


class CallSerializer(serializers.ModelSerializer[Call]):
    """A call as it stands."""

    class Meta:
        model = Call
        fields = (
            "id",
            "call_sid",
            "direction",
            "from_number",
            "to_number",
            "assistant",
            "assistant_version",
            "status",
            "ended_reason",
            "ended_detail",
            "instruction",
            "is_simulated",
            "started_at",
            "answered_at",
            "ended_at",
            "duration_ms",
            "usage",
            "cost",
        )
        read_only_fields = fields


class TranscriptItemSerializer(serializers.ModelSerializer[TranscriptItem]):
    """One utterance; `position` is what `?after=` takes."""

    class Meta:
        model = TranscriptItem
        fields = (
            "item_id",
            "position",
            "role",
            "text",
            "heard_text",
            "status",
            "at_ms",
            "generated_ms",
            "heard_ms",
            "latency_ms",
        )
        read_only_fields = fields


class StartCallSerializer(serializers.Serializer[Any]):
    """Whom to ring, what to say, and by which assistant (the default one where none is named)."""

    userPhone = serializers.CharField(
        allow_blank=True,
        help_text="With the country: +1 202 555 0100.",
        error_messages={"required": "Name the number to ring, such as +1 202 555 0100."},
    )
    instruction = serializers.CharField(
        allow_blank=True,
        help_text=f"Added to the assistant's own; up to {INSTRUCTION_MAX} characters.",
        error_messages={"required": "Say what the assistant should do in this call."},
    )
    assistant_id = serializers.CharField(
        required=False, allow_null=True, max_length=100, help_text="An assistant's id or slug."
    )

    def assistant(self, organization: Organization) -> Assistant | None:
        """Return the assistant that is named; None where none is.

        Raises:
            ValidationError: the organization has none with this id or slug.
        """
        named = self.validated_data.get("assistant_id")
        if not named:
            return None
        found = find(organization, named)
        if found is None:
            text = f"{organization.name} has no assistant with the id or slug {named!r}."
            raise serializers.ValidationError({"assistant_id": [text]})
        return found


class StartedCallSerializer(serializers.Serializer[Any]):
    """The call that rings now."""

    call_id = serializers.IntegerField()
    call_sid = serializers.CharField(allow_null=True)
    status = serializers.CharField()


class NoteSerializer(serializers.Serializer[Any]):
    """Words for the assistant that the caller does not hear."""

    text = serializers.CharField(
        max_length=NOTE_MAX, error_messages={"blank": "Write the note first."}
    )


class TransferSerializer(serializers.Serializer[Any]):
    """Where the caller is put through to."""

    to = serializers.CharField(
        max_length=100,
        error_messages={"blank": "Write a number with its country, such as +1 202 555 0143."},
        help_text="One of the assistant's destinations, or a number with its country.",
    )


class AskedSerializer(serializers.Serializer[Any]):
    """What was asked of the call has been passed on."""

    call_id = serializers.IntegerField()
    status = serializers.CharField(help_text="The call's status at this moment.")
