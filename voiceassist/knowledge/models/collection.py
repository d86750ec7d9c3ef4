"""A group of documents that are looked up together."""

from django.db import models

from voiceassist.foundation.models.owned import OrganizationOwned
from voiceassist.knowledge.choices import TextLanguage


class KnowledgeCollection(OrganizationOwned):
    """What one organization knows about something, in one language."""

    name = models.CharField(max_length=120, help_text="Such as Help pages.")
    slug = models.SlugField(
        max_length=60, help_text="What tools call it: small letters, digits and hyphens."
    )
    description = models.CharField(max_length=300, blank=True)
    language = models.CharField(
        max_length=10, choices=TextLanguage.choices, default=TextLanguage.ENGLISH
    )
    is_active = models.BooleanField(
        "active", default=True, help_text="While off, nothing of it is found."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(OrganizationOwned.Meta):
        verbose_name = "collection"
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "slug"], name="one_collection_of_a_slug"
            )
        ]

    def __str__(self) -> str:
        return self.name
