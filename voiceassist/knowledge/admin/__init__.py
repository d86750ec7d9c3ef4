"""The knowledge base in the admin; imports services and models."""

from voiceassist.knowledge.admin.collection import CollectionAdmin
from voiceassist.knowledge.admin.document import DocumentAdmin

__all__ = ["CollectionAdmin", "DocumentAdmin"]
