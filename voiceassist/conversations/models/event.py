"""What clients of a conversation saw, in order."""

from __future__ import annotations

from django.db import models

from voiceassist.foundation.models.owned import OrganizationOwned


class RunEvent(OrganizationOwned):
    """One event, or the pieces of text of up to 200 ms: then `data` has `pieces` and the last seq.

    `first_seq` is `seq` but for pieces, whose numbers run from it to `seq`.
    """

    conversation = models.ForeignKey(
        "conversations.Conversation",
        on_delete=models.CASCADE,
        related_name="events",
        db_index=False,
    )
    first_seq = models.BigIntegerField()
    seq = models.BigIntegerField()
    type = models.CharField(max_length=40)
    data = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta(OrganizationOwned.Meta):
        ordering = ["conversation_id", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["conversation", "seq"], name="run_event_seq_unique")
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.type}"
