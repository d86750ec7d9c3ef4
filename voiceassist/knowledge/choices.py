"""Closed lists of the knowledge base; imports only Django."""

from django.db import models


class TextLanguage(models.TextChoices):
    """In which language a collection is written: decides which forms of a word are one word."""

    ENGLISH = "en", "English"
    SPANISH = "es", "Spanish"
    OTHER = "other", "Another one: words are found only as they are written"


class DocumentKind(models.TextChoices):
    """Where a document's text comes from, and how it is read."""

    TEXT = "text", "Text"
    MARKDOWN = "markdown", "Markdown"
    HTML = "html", "HTML"
    PDF = "pdf", "PDF"
    URL = "url", "Web page"


class DocumentStatus(models.TextChoices):
    """How far a document has come."""

    PENDING = "pending", "Being read"
    READY = "ready", "Ready"
    FAILED = "failed", "Failed"
