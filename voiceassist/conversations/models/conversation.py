"""A conversation and what was written in it."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from voiceassist.conversations.choices import AgentState, Channel, Role
from voiceassist.foundation.models.owned import OrganizationOwned


class Conversation(OrganizationOwned):
    """A thread with an assistant; its row is locked by whoever changes what belongs to it."""

    thread_id = models.CharField(max_length=100, help_text="Public; a client may choose it.")
    channel = models.CharField(max_length=10, choices=Channel.choices, default=Channel.CHAT)
    assistant = models.ForeignKey(
        "assistants.Assistant",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="conversations",
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    owner_name = models.CharField(
        max_length=254, blank=True, help_text="The person, or the program or page they came by."
    )
    end_user = models.CharField(
        max_length=200, blank=True, help_text="Whom a program or a foreign page speaks for."
    )
    api_key = models.ForeignKey(
        "organizations.ApiKey", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    objective = models.TextField(blank=True)
    agent_class_name = models.CharField(max_length=100, blank=True)
    agent_state = models.CharField(
        max_length=30, choices=AgentState.choices, default=AgentState.IDLE
    )
    pending_frontend_tools = models.JSONField(
        default=list, blank=True, help_text="Calls that wait for a person, as clients get them."
    )
    phone_number = models.CharField(max_length=40, blank=True, help_text="The other side of SMS.")
    our_number = models.CharField(max_length=40, blank=True)
    stopped_at = models.DateTimeField(
        null=True, blank=True, help_text="They wrote STOP: no SMS goes out until START."
    )
    message_count = models.PositiveIntegerField(default=0)
    last_seq = models.BigIntegerField(default=0, help_text="Of the newest stored event.")
    reserved_seq = models.BigIntegerField(
        default=0, help_text="Up to here numbers belong to the step that streams."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(OrganizationOwned.Meta):
        ordering = ["-updated_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "thread_id"], name="thread_id_unique_in_organization"
            ),
            models.UniqueConstraint(
                fields=["organization", "our_number", "phone_number"],
                condition=models.Q(channel="sms"),
                name="one_sms_conversation_of_two_numbers",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-updated_at", "-id"], name="conversation_newest"),
        ]

    def __str__(self) -> str:
        return self.thread_id


class Message(OrganizationOwned):
    """What the person or the assistant wrote; results of tools are with their calls."""

    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="messages", db_index=False
    )
    run = models.ForeignKey(
        "conversations.AgentRun",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="messages",
    )
    position = models.PositiveIntegerField()
    role = models.CharField(max_length=10, choices=Role.choices)
    text = models.TextField(blank=True)
    client_id = models.CharField(
        max_length=100, blank=True, help_text="What the client calls it; sent twice it counts once."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(OrganizationOwned.Meta):
        ordering = ["conversation_id", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "position"], name="message_position_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()}: {self.text[:60]}"
