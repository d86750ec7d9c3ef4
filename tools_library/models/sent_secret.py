"""What a run made of credentials and sent, kept until its report: a service may echo it."""

from django.db import models

from voiceassist.organizations.models import OrganizationOwned


class SentSecrets(OrganizationOwned):
    """Bought tokens and signatures of one async run, encrypted; gone soon after it has ended."""

    execution = models.OneToOneField(
        "tools_library.ToolExecution", on_delete=models.CASCADE, related_name="+"
    )
    encrypted_values = models.TextField(help_text="A JSON list.")
