"""Adding, changing and removing documents; they are read in the background. Imports models."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import PurePath
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from voiceassist.foundation.errors import InvalidInput
from voiceassist.foundation.jobs import enqueue
from voiceassist.foundation.outbound import OutboundRefused, check_spelling
from voiceassist.knowledge.choices import DocumentKind, DocumentStatus
from voiceassist.knowledge.models import (
    DocumentSource,
    KnowledgeChunk,
    KnowledgeCollection,
    KnowledgeDocument,
)
from voiceassist.knowledge.services import meaning

READ_JOB = "knowledge.read"
FILE_MAX_BYTES = 10_000_000
TITLE_MAX, CATEGORY_MAX, URL_MAX = 200, 60, 2_000
_ENDINGS = {
    ".txt": DocumentKind.TEXT, ".text": DocumentKind.TEXT, ".md": DocumentKind.MARKDOWN,
    ".markdown": DocumentKind.MARKDOWN, ".html": DocumentKind.HTML, ".htm": DocumentKind.HTML,
    ".pdf": DocumentKind.PDF,
}  # fmt: skip
_WRITTEN = frozenset({DocumentKind.TEXT, DocumentKind.MARKDOWN, DocumentKind.HTML})
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True)
class Content:
    """What a document is read from: a text, a file, or a page's address.

    `kind` may be left out for a file whose name tells it, and for an address.
    """

    kind: str = ""
    text: str = ""
    file: bytes | None = None
    filename: str = ""
    url: str = ""


@transaction.atomic
def add(
    collection: KnowledgeCollection, content: Content, *, title: str = "", category: str = ""
) -> KnowledgeDocument:
    """Store a document and order it to be read.

    Raises:
        InvalidInput: names each field that must change.
    """
    document = KnowledgeDocument(
        organization_id=collection.organization_id,
        collection=collection,
        title=_line(title),
        category=_line(category),
    )
    errors = _take(document, content)
    document.title = document.title or _named(document)
    if errors := errors | _faults(document):
        raise InvalidInput(errors)
    document.save()
    _keep(document, content)
    order(document)
    return document


@transaction.atomic
def change(
    document: KnowledgeDocument,
    *,
    title: str | None = None,
    category: str | None = None,
    content: Content | None = None,
) -> KnowledgeDocument:
    """Change what is given; another title or content is read anew.

    Raises:
        InvalidInput: names each field that must change.
    """
    locked = KnowledgeDocument.unscoped.select_for_update()
    before = locked.values("title", "category").get(pk=document.pk)
    document.title = before["title"] if title is None else _line(title)
    document.category = before["category"] if category is None else _line(category)
    errors = _take(document, content) if content is not None else {}
    if not document.title:
        errors["title"] = "Give the document a title: it is named as the source."
    if errors := errors | _faults(document):
        raise InvalidInput(errors)
    changed = ["title", "category", "updated_at"]
    if content is not None:
        changed += ["kind", "url", "filename"]  # else somebody may have changed them meanwhile
    document.save(update_fields=changed)
    if content is not None:
        _keep(document, content)
    if content is not None or document.title != before["title"]:
        order(document)
    return document


@transaction.atomic
def fetch_again(document: KnowledgeDocument) -> None:
    """Read a document once more; a page is fetched anew. What is found stays until that is done."""
    order(document)
    pages = DocumentSource.objects.of(document.organization_id).filter(
        document=document, document__kind=DocumentKind.URL
    )
    pages.delete()


@transaction.atomic
def delete(document: KnowledgeDocument) -> None:
    """Forget a document; nothing of it is found any more."""
    hold(KnowledgeDocument.unscoped.filter(pk=document.pk))
    document.delete()


def hold(documents: QuerySet[KnowledgeDocument]) -> None:
    """Lock documents and their parts until the transaction ends; whoever deletes them does so.

    Else parts of one that is being read would be stored after those there are were deleted.
    """
    rows = documents.order_by("pk").select_for_update(of=("self",))
    found = list(rows.values_list("pk", flat=True))
    meaning.hold(KnowledgeChunk.unscoped.filter(document__in=found))


def order(document: KnowledgeDocument) -> None:
    """Have a document read in the background, whatever it was before."""
    KnowledgeDocument.unscoped.filter(pk=document.pk).update(
        status=DocumentStatus.PENDING, error="", attempts=0, due_at=timezone.now(),
        revision=F("revision") + 1,
    )  # fmt: skip
    document.status, document.error = DocumentStatus.PENDING, ""
    enqueue(READ_JOB, document.pk)


def storable(text: str) -> bool:
    """Return whether a database takes the text."""
    return not _UNSTORABLE.search(text)


def _take(document: KnowledgeDocument, content: Content) -> dict[str, str]:
    """Put the content's kind and name on the document; return what is wrong with it."""
    document.url = content.url.strip()
    document.filename = PurePath(content.filename.replace("\\", "/")).name[-200:]
    given = [bool(content.text.strip()), content.file is not None, bool(document.url)]
    if sum(given) != 1:
        return {"text": "Give one of these: a text, a file, or the address of a page."}
    if document.url:
        document.kind = DocumentKind.URL
        return _fault_of_url(document.url)
    if content.file is not None:
        document.kind = content.kind or _ENDINGS.get(_ending(document.filename), "")
        return _fault_of_file(document.kind, content.file)
    document.kind = content.kind or DocumentKind.TEXT
    if document.kind not in _WRITTEN:
        return {"kind": f"Choose one of {', '.join(sorted(_WRITTEN))} for a text."}
    if len(content.text.encode("utf-8", "replace")) > FILE_MAX_BYTES:
        return {"text": too_large()}
    return {} if storable(content.text) else {"text": "Remove the characters that are no text."}


def _keep(document: KnowledgeDocument, content: Content) -> None:
    sources = DocumentSource.objects.of(document.organization_id)
    sources.filter(document=document).delete()
    if document.kind != DocumentKind.URL:
        data = content.file if content.file is not None else content.text.encode()
        keep_source(document, data)


def keep_source(document: KnowledgeDocument, data: bytes, content_type: str = "") -> None:
    """Keep what a document is read from."""
    checksum = hashlib.sha256(data).hexdigest()
    DocumentSource(
        organization_id=document.organization_id, document=document, data=data,
        content_type=content_type[:100],
    ).save()  # fmt: skip
    KnowledgeDocument.unscoped.filter(pk=document.pk).update(checksum=checksum)


def _faults(document: KnowledgeDocument) -> dict[str, str]:
    errors = {}
    for name, most in (("title", TITLE_MAX), ("category", CATEGORY_MAX)):
        if len(getattr(document, name)) > most:
            errors[name] = f"Use at most {most} characters."
        elif not storable(getattr(document, name)):
            errors[name] = "This holds characters that cannot be stored; type it anew."
    return errors


def _fault_of_url(url: str) -> dict[str, str]:
    if len(url) > URL_MAX or not storable(url):
        return {"url": f"Write an address of at most {URL_MAX:,} characters."}
    try:
        check_spelling(url)
    except OutboundRefused as error:
        return {"url": error.public_message}
    return {}


def _fault_of_file(kind: str, data: bytes) -> dict[str, str]:
    if kind not in DocumentKind.values or kind == DocumentKind.URL:
        return {"file": "Upload a file that ends with .txt, .md, .html or .pdf."}
    if not data:
        return {"file": "The file is empty."}
    return {"file": too_large()} if len(data) > FILE_MAX_BYTES else {}


def too_large() -> str:
    """Return what to say of a file over the limit."""
    return f"It has more than {FILE_MAX_BYTES // 1_000_000} MB. Split it into several documents."


def _named(document: KnowledgeDocument) -> str:
    if document.kind == DocumentKind.URL:
        return address_as_title(document.url)
    return _line(PurePath(document.filename).stem.replace("_", " "))[:TITLE_MAX] or "Untitled"


def address_as_title(url: str) -> str:
    """Return what a page is called until it has said its title."""
    parts = urlsplit(url)
    return f"{parts.hostname or ''}{parts.path.rstrip('/')}"[:TITLE_MAX]


def _ending(filename: str) -> str:
    return PurePath(filename).suffix.lower()


def _line(text: str) -> str:
    return " ".join(text.split())
