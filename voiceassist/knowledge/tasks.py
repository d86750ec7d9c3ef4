"""This room's background jobs; each only calls its service."""

from voiceassist.foundation.jobs import every, job
from voiceassist.knowledge.services import documents, indexing, meaning


@job(documents.READ_JOB)
def read(document_id: int) -> None:
    """Read a document."""
    indexing.read(document_id)


@every(30, "knowledge.sweep")
def sweep() -> None:
    """Look after documents that nobody reads any more, and parts without vectors."""
    indexing.sweep()
    meaning.look_after()


@job(meaning.EMBED_JOB)
def embed() -> None:
    """Give vectors to parts that have none."""
    meaning.embed_some()
