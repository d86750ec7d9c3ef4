"""A mail that we sent, will send, or keep for somebody to look at."""

from django.db import models

from voiceassist.foundation.models.owned import OrganizationOwned


class MailStatus(models.TextChoices):
    """What has become of a mail."""

    QUEUED = "queued", "Will be sent"
    SENDING = "sending", "Being sent"
    SENT = "sent", "Sent"
    FAILED = "failed", "Not sent"
    KEPT = "kept", "Kept here"


class Mail(OrganizationOwned):
    """One mail to one address. Without a mail server it is kept for the outbox page."""

    key = models.CharField(
        max_length=100, blank=True, help_text="What it was sent for; one mail for each."
    )
    recipient = models.CharField(max_length=254)
    subject = models.CharField(max_length=200)
    text = models.TextField()
    html = models.TextField(blank=True)
    status = models.CharField(max_length=10, choices=MailStatus.choices, default=MailStatus.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True, help_text="What the mail server said.")
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta(OrganizationOwned.Meta):
        ordering = ["-id"]
        verbose_name = "mail"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "key"],
                condition=~models.Q(key=""),
                name="one_mail_for_each_key",
            )
        ]
        indexes = [models.Index(fields=["status", "next_attempt_at"], name="mail_due")]

    def __str__(self) -> str:
        return f"{self.subject} → {self.recipient}"
