"""Reading documents in the background: fetched, cut, kept; imports the models and the stores.

A document that a killed worker held is found by its row: `due_at` says when it is handed on again.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from voiceassist.foundation import outbound
from voiceassist.foundation.jobs import enqueue
from voiceassist.knowledge.choices import DocumentKind, DocumentStatus
from voiceassist.knowledge.models import DocumentSource, KnowledgeChunk, KnowledgeDocument
from voiceassist.knowledge.reading import process
from voiceassist.knowledge.reading.process import File, Format
from voiceassist.knowledge.reading.types import Unreadable
from voiceassist.knowledge.services import meaning
from voiceassist.knowledge.services.documents import (
    FILE_MAX_BYTES,
    READ_JOB,
    address_as_title,
    keep_source,
)
from voiceassist.knowledge.services.stores import Entry, store
from voiceassist.organizations.models import Organization

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=120)
ATTEMPTS_MAX = 3
FETCH_SECONDS = 30.0
_OVERDUE = timedelta(seconds=20)
_SWEPT = 200
_FORMATS: dict[str, Format] = {
    DocumentKind.TEXT: "plain", DocumentKind.MARKDOWN: "markdown", DocumentKind.HTML: "html",
    DocumentKind.PDF: "pdf",
}  # fmt: skip
_TYPES: dict[str, Format] = {
    "text/html": "html", "application/xhtml+xml": "html", "application/pdf": "pdf",
    "text/markdown": "markdown", "text/x-markdown": "markdown", "text/plain": "plain",
}  # fmt: skip


@dataclass(frozen=True)
class _Source:
    data: bytes
    form: Format


def read(document_id: int) -> None:
    """Read a document that waits for it; whatever goes wrong ends as its error."""
    document = _claimed(document_id)
    if document is None:
        return
    try:
        if document.attempts > ATTEMPTS_MAX:
            raise Unreadable(
                f"Reading it was begun {ATTEMPTS_MAX} times and never came to an end. Save it "
                "again, or split it into several."
            )
        source = _source(document)
        file = process.read(source.data, source.form)
    except Unreadable as error:
        _fail(document, str(error))
    except outbound.OutboundError as error:
        _fail(document, f"The page could not be fetched. {error.public_message}")
    else:
        _keep(document, file)


def sweep() -> None:
    """Hand over again what waits and nobody works on."""
    overdue = timezone.now() - _OVERDUE
    rows = KnowledgeDocument.unscoped.filter(status=DocumentStatus.PENDING, due_at__lt=overdue)
    for document_id in rows.values_list("pk", flat=True)[:_SWEPT]:
        enqueue(READ_JOB, document_id)


def _claimed(document_id: int) -> KnowledgeDocument | None:
    now = timezone.now()
    waiting = KnowledgeDocument.unscoped.filter(
        pk=document_id, status=DocumentStatus.PENDING, due_at__lte=now
    )
    if not waiting.update(due_at=now + LEASE, attempts=F("attempts") + 1):
        return None
    rows = KnowledgeDocument.unscoped.select_related("collection")
    return rows.filter(pk=document_id).first()


def _source(document: KnowledgeDocument) -> _Source:
    kept = DocumentSource.objects.of(document.organization_id).filter(document=document).first()
    if kept is not None:
        form = _FORMATS.get(document.kind) or _form_of(kept.content_type, document.url)
        return _Source(bytes(kept.data), form)
    if document.kind != DocumentKind.URL:
        raise Unreadable("What it was read from is gone. Upload it again.")
    return _fetched(document)


def _fetched(document: KnowledgeDocument) -> _Source:
    hosts = Organization.objects.filter(pk=document.organization_id)
    allow, deny = hosts.values_list("outbound_allow", "outbound_deny").get()
    answer = outbound.request(
        "GET",
        document.url,
        headers={"Accept": "text/html, application/pdf, text/markdown, text/plain"},
        timeout=FETCH_SECONDS,
        max_bytes=FILE_MAX_BYTES,
        redirects=outbound.MAX_REDIRECTS,
        rules=outbound.Rules(frozenset(allow), frozenset(deny)),
    )
    if answer.status != 200:
        raise Unreadable(
            f"The page answered {answer.status} instead of 200. Open the address in a browser "
            "that is not signed in, and correct it."
        )
    content_type = answer.headers.get("content-type", "")
    form = _form_of(content_type, document.url)
    with transaction.atomic():
        if _still_ours(document):  # else it would be read in the place of what was ordered since
            DocumentSource.objects.of(document.organization_id).filter(document=document).delete()
            keep_source(document, answer.body, content_type)
    return _Source(answer.body, form)


def _form_of(content_type: str, url: str) -> Format:
    named = content_type.partition(";")[0].strip().lower() or "text/html"
    if named not in _TYPES:
        raise Unreadable(
            f"The page is {named[:60]}, which cannot be read. Name one of HTML, PDF, Markdown or "
            "plain text."
        )
    written = named == "text/plain" and url.lower().endswith((".md", ".markdown"))
    return "markdown" if written else _TYPES[named]


def _keep(document: KnowledgeDocument, file: File) -> None:
    """Put the new parts in the place of the old ones, where nobody ordered another reading."""
    with transaction.atomic():
        if not _still_ours(document):
            return
        if document.kind == DocumentKind.URL and document.title == address_as_title(document.url):
            document.title = file.title or document.title
        own = KnowledgeChunk.objects.of(document.organization_id).filter(document=document)
        meaning.hold(own)
        own.delete()
        rows = KnowledgeChunk.unscoped.bulk_create(
            [
                KnowledgeChunk(
                    organization_id=document.organization_id,
                    collection_id=document.collection_id,
                    document=document, position=position, heading=part.heading, text=part.text,
                )
                for position, part in enumerate(file.parts, 1)
            ],
            batch_size=500,
        )  # fmt: skip
        entries = [Entry(row.pk, f"{document.title} {row.heading}", row.text) for row in rows]
        store().write(entries, document.collection.language)
        document.status, document.error = DocumentStatus.READY, ""
        document.chunk_count = len(rows)
        document.due_at, document.read_at = None, timezone.now()
        document.save(update_fields=[
            "title", "status", "error", "chunk_count", "due_at", "read_at",
            "updated_at",
        ])  # fmt: skip
        if settings.OPENAI_EMBEDDING_MODEL:
            enqueue(meaning.EMBED_JOB)


def _fail(document: KnowledgeDocument, error: str) -> None:
    """Write down why; parts of an earlier reading stay."""
    log.info("document %d cannot be read: %s", document.pk, error)
    with transaction.atomic():
        if _still_ours(document):
            KnowledgeDocument.unscoped.filter(pk=document.pk).update(
                status=DocumentStatus.FAILED, error=error[:400], due_at=None
            )


def _still_ours(document: KnowledgeDocument) -> bool:
    rows = KnowledgeDocument.unscoped.select_for_update().filter(
        pk=document.pk, revision=document.revision, status=DocumentStatus.PENDING
    )
    return rows.exists()
