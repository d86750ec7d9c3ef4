"""How a document's state is shown; imports the choices."""

from __future__ import annotations

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from voiceassist.knowledge.choices import DocumentStatus
from voiceassist.knowledge.models import KnowledgeDocument

LABELS = {
    DocumentStatus.READY.label: "success",
    DocumentStatus.FAILED.label: "danger",
    DocumentStatus.PENDING.label: "info",
}


def line(document: KnowledgeDocument) -> SafeString:
    """Return a document as one line with a link: its state, and why it failed."""
    link = reverse("admin:knowledge_knowledgedocument_change", args=[document.pk])
    said = document.get_status_display()
    if document.status == DocumentStatus.READY:
        said = f"{document.chunk_count} part{'' if document.chunk_count == 1 else 's'}"
    elif document.error:
        said = f"{said}: {document.error}"
    return format_html('<a class="va-link" href="{}">{}</a> · {}', link, document.title, said)
