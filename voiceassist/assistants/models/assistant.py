"""The assistant as staff edit it: a draft that becomes live when it is published."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from voiceassist.assistants.choices import (
    Eagerness,
    Language,
    NoiseReduction,
    TurnDetection,
    default_realtime_model,
)
from voiceassist.assistants.spec import default_tools_settings
from voiceassist.organizations.models import OrganizationOwned

INSTRUCTIONS_MAX = 32_000
FIRST_MESSAGE_MAX = 1_000


def _between(low: float, high: float) -> list[MinValueValidator | MaxValueValidator]:
    return [MinValueValidator(low), MaxValueValidator(high)]


class Assistant(OrganizationOwned):
    """The draft; calls run on `published_version`, which is immutable."""

    name = models.CharField(max_length=100)
    slug = models.SlugField(max_length=60)
    description = models.CharField(max_length=300, blank=True)
    instructions = models.TextField(
        max_length=INSTRUCTIONS_MAX,
        help_text=(
            "Who the assistant is and what it does. ${phone_number} and the like are filled in."
        ),
    )
    first_message = models.TextField(
        max_length=FIRST_MESSAGE_MAX,
        blank=True,
        help_text="Said word for word when the call begins. Empty: the caller speaks first.",
    )
    first_message_interruptible = models.BooleanField(
        default=True, help_text="While off, the caller cannot cut the first message short."
    )
    language = models.CharField(max_length=10, choices=Language.choices, default=Language.ENGLISH)
    voice = models.CharField(max_length=40, default="marin")
    realtime_model = models.CharField(max_length=80, default=default_realtime_model)
    transcription_model = models.CharField(
        max_length=80, default="gpt-transcribe", help_text="Writes down what the caller says."
    )

    turn_detection = models.CharField(
        max_length=20, choices=TurnDetection.choices, default=TurnDetection.SERVER_VAD
    )
    vad_threshold = models.FloatField(
        default=0.5, validators=_between(0, 1), help_text="Higher: needs louder speech. 0 to 1."
    )
    vad_prefix_padding_ms = models.PositiveIntegerField(default=300, validators=_between(0, 5_000))
    vad_silence_duration_ms = models.PositiveIntegerField(
        default=500, validators=_between(100, 10_000), help_text="Silence that ends a turn."
    )
    vad_idle_timeout_ms = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=_between(5_000, 30_000),
        help_text="The model itself asks after this much silence. Empty: never.",
    )
    vad_eagerness = models.CharField(
        max_length=10,
        choices=Eagerness.choices,
        default=Eagerness.AUTO,
        help_text="Semantic detection only: how soon it takes the turn.",
    )
    interrupt_response = models.BooleanField(
        default=True, help_text="Speech of the caller stops the assistant."
    )
    noise_reduction = models.CharField(
        max_length=20, choices=NoiseReduction.choices, default=NoiseReduction.NONE, blank=True
    )

    silence_timeout_seconds = models.PositiveIntegerField(
        default=20,
        validators=_between(5, 600),
        help_text=(
            "After this much silence on both sides the assistant asks; "
            "after the same again it ends the call."
        ),
    )
    max_duration_seconds = models.PositiveIntegerField(
        default=600, validators=_between(10, 3_300), help_text="The call ends politely after this."
    )
    tool_limit_runs = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=_between(1, 100_000),
        help_text="At most so many tool runs of this assistant … Empty: no limit. Holds at once.",
    )
    tool_limit_seconds = models.PositiveIntegerField(
        default=60,
        validators=_between(1, 86_400),
        help_text="… within so many seconds, in all its calls together.",
    )
    tools_settings = models.JSONField(default=default_tools_settings, blank=True)
    sentences = models.JSONField(
        default=dict,
        blank=True,
        help_text="Own words for the system's sentences, by name. Empty: the language's defaults.",
    )

    agent_class_name = models.CharField(
        max_length=100,
        blank=True,
        help_text="A class's name by which programs begin conversations with it. May be empty.",
    )
    is_active = models.BooleanField(
        default=True, help_text="While off, its numbers are not answered."
    )
    published_version = models.ForeignKey(
        "assistants.AssistantVersion",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(OrganizationOwned.Meta):
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "slug"], name="assistant_slug_unique_in_organization"
            ),
            models.UniqueConstraint(
                fields=["organization", "agent_class_name"],
                condition=~models.Q(agent_class_name=""),
                name="agent_class_name_unique_in_organization",
            ),
        ]

    def __str__(self) -> str:
        return self.name
