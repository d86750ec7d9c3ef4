"""The tenant: everything belongs to one organization."""

from django.db import models


class ToolReviewRule(models.TextChoices):
    """Who must look at a tool before calls use what builders changed in it."""

    OWN = "own", "Builders' tools need an admin; admins' own are approved when saved"
    SECOND = "second", "Always another person, where there is one who may approve"
    OFF = "off", "Nobody: tools are used as they are saved"


class Organization(models.Model):
    """A company or team; its rows are invisible to every other one."""

    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=60, unique=True)
    default_assistant = models.ForeignKey(
        "assistants.Assistant",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Answers where nobody names an assistant.",
    )
    tool_review = models.CharField(
        max_length=10,
        choices=ToolReviewRule.choices,
        default=ToolReviewRule.OWN,
        help_text="Who approves a tool's new version before assistants use it.",
    )
    tool_rate_limit = models.JSONField(
        null=True,
        blank=True,
        default=None,
        help_text='Most tool runs of all assistants together: {"runs": 600, "seconds": 60}. '
        "Empty: no limit.",
    )
    outbound_allow = models.JSONField(
        default=list,
        blank=True,
        help_text="The only hosts that tools may reach. Empty: all public ones.",
    )
    outbound_deny = models.JSONField(
        default=list,
        blank=True,
        help_text="Hosts that tools may not reach, also where the other list has them.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
