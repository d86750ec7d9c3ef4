"""What happened, in order: the rows behind live pages, replays and outgoing webhooks."""

from django.db import models


class Event(models.Model):
    """One thing that happened in an organization; `id` is the `seq` that clients resume after."""

    organization = models.ForeignKey(
        "organizations.Organization", on_delete=models.CASCADE, related_name="+"
    )
    topic = models.CharField(max_length=100, help_text="Who listens: executions, call:12.")
    type = models.CharField(max_length=60, help_text="What happened, such as call.updated.")
    data = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["organization", "topic", "id"], name="event_replay")]

    def __str__(self) -> str:
        return f"{self.id} {self.type} → {self.topic}"
