"""A document of a collection, and the bytes that it was read from."""

from django.db import models

from voiceassist.foundation.models.owned import OrganizationOwned
from voiceassist.knowledge.choices import DocumentKind, DocumentStatus
from voiceassist.knowledge.models.collection import KnowledgeCollection


class KnowledgeDocument(OrganizationOwned):
    """One text, file or page. Its parts are found once it is `ready`, and stay until replaced."""

    collection = models.ForeignKey(
        KnowledgeCollection, on_delete=models.CASCADE, related_name="documents"
    )
    title = models.CharField(max_length=200, help_text="Named as the source of what is found.")
    kind = models.CharField(max_length=10, choices=DocumentKind.choices)
    category = models.CharField(
        max_length=60, blank=True, help_text="Such as returns: a tool may look there only."
    )
    url = models.CharField("address", max_length=2_000, blank=True)
    filename = models.CharField(max_length=200, blank=True, editable=False)
    status = models.CharField(
        max_length=10, choices=DocumentStatus.choices, default=DocumentStatus.PENDING
    )
    error = models.CharField(
        max_length=400, blank=True, help_text="Why it could not be read, and what to do."
    )
    checksum = models.CharField(
        max_length=64, blank=True, editable=False, help_text="SHA-256 of what was read last."
    )
    chunk_count = models.PositiveIntegerField("parts", default=0, editable=False)
    revision = models.PositiveIntegerField(
        default=1, editable=False, help_text="Rises with each order to read it."
    )
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    due_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When it is handed to a worker again."
    )
    read_at = models.DateTimeField("last read", null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(OrganizationOwned.Meta):
        verbose_name = "document"
        ordering = ["collection", "title", "id"]
        indexes = [models.Index(fields=["status", "due_at"], name="knowledge_due")]

    def __str__(self) -> str:
        return self.title


class DocumentSource(OrganizationOwned):
    """The bytes of a document, apart from it, so that no list loads them."""

    document = models.OneToOneField(
        KnowledgeDocument, on_delete=models.CASCADE, related_name="source"
    )
    data = models.BinaryField()
    content_type = models.CharField(max_length=100, blank=True)

    def __str__(self) -> str:
        return f"source of {self.document_id}"
