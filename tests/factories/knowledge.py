"""Makes collections and documents for tests, through the services, and reads them at once."""

import json
from itertools import count
from pathlib import Path

from voiceassist.knowledge.models import KnowledgeCollection, KnowledgeDocument
from voiceassist.knowledge.services import collections, documents, indexing
from voiceassist.organizations.models import Organization

DATA = Path(__file__).parents[1] / "data" / "knowledge"
_NUMBERS = count(1)


def make_collection(
    organization: Organization, name: str = "", *, language: str = "en"
) -> KnowledgeCollection:
    """Make a collection with a slug of its own."""
    row = KnowledgeCollection(organization=organization, name=name or f"Help {next(_NUMBERS)}")
    row.language = language
    return collections.save(row)


def make_document(
    collection: KnowledgeCollection, text: str, *, title: str = "A page", kind: str = "markdown",
    category: str = "",
) -> KnowledgeDocument:  # fmt: skip
    """Make a document of a text and read it."""
    content = documents.Content(kind=kind, text=text)
    document = documents.add(collection, content, title=title, category=category)
    indexing.read(document.pk)
    document.refresh_from_db()
    return document


def make_help_texts(collection: KnowledgeCollection) -> None:
    """Make a document of each text of the bicycle shop."""
    for path in sorted((DATA / "texts").glob("*.md")):
        make_document(collection, path.read_text(), title=path.stem.replace("-", " ").capitalize())


def questions() -> list[tuple[str, str]]:
    """Return the questions of callers, each with the heading of the text that answers it."""
    return [tuple(each) for each in json.loads((DATA / "questions.json").read_text())]
