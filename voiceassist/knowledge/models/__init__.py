"""The rows of this room; imports only foundation."""

from voiceassist.knowledge.models.chunk import KnowledgeChunk
from voiceassist.knowledge.models.collection import KnowledgeCollection
from voiceassist.knowledge.models.document import DocumentSource, KnowledgeDocument
from voiceassist.knowledge.models.vector import ChunkVector

__all__ = [
    "ChunkVector", "DocumentSource", "KnowledgeChunk", "KnowledgeCollection", "KnowledgeDocument",
]  # fmt: skip
