"""A part of a document: what a search finds.

What it is found by lies beside it and belongs to the database: on PostgreSQL in the columns
`headed` and `vector` of this table, on SQLite in FTS5 tables for headings and texts.
`services.stores` writes both.
"""

from django.db import models

from voiceassist.foundation.models.owned import OrganizationOwned
from voiceassist.knowledge.models.collection import KnowledgeCollection
from voiceassist.knowledge.models.document import KnowledgeDocument


class KnowledgeChunk(OrganizationOwned):
    """Some 200 words under one heading."""

    collection = models.ForeignKey(KnowledgeCollection, on_delete=models.CASCADE, related_name="+")
    document = models.ForeignKey(KnowledgeDocument, on_delete=models.CASCADE, related_name="chunks")
    position = models.PositiveIntegerField()
    heading = models.CharField(
        max_length=400, blank=True, help_text="The headings above it, from the outermost."
    )
    text = models.TextField()

    class Meta(OrganizationOwned.Meta):
        verbose_name = "part"
        ordering = ["document", "position"]
        constraints = [
            models.UniqueConstraint(fields=["document", "position"], name="one_chunk_in_a_place")
        ]

    def __str__(self) -> str:
        return f"{self.heading or self.document_id} ({self.position})"
