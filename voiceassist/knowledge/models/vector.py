"""A part as a vector; imports Django.

In a table of its own: a search by words visits many parts and reads none of these.
"""

from django.db import models

from voiceassist.foundation.models.owned import OrganizationOwned
from voiceassist.knowledge.models.chunk import KnowledgeChunk


class ChunkVector(OrganizationOwned):
    """What an embedding model made of a part; another model's is no use."""

    chunk = models.OneToOneField(KnowledgeChunk, on_delete=models.CASCADE, related_name="vector_of")
    model = models.CharField(max_length=100)
    data = models.BinaryField(help_text="Numbers of four bytes, as this machine writes them.")

    def __str__(self) -> str:
        return f"{self.model} of {self.chunk_id}"
