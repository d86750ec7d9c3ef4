"""REST routes of the knowledge base, with and without a trailing slash."""

from django.urls import re_path

from voiceassist.knowledge.api import collections, documents

KNOWLEDGE = r"^organization/knowledge"
COLLECTION = rf"{KNOWLEDGE}/(?P<collection_id>\d{{1,18}})"
DOCUMENT = rf"{COLLECTION}/documents/(?P<document_id>\d{{1,18}})"

urlpatterns = [
    re_path(rf"{KNOWLEDGE}/?$", collections.Collections.as_view(), name="api-knowledge"),
    re_path(rf"{KNOWLEDGE}/search/?$", collections.Search.as_view(), name="api-knowledge-search"),
    re_path(
        rf"{COLLECTION}/?$", collections.OneCollection.as_view(), name="api-knowledge-collection"
    ),
    re_path(
        rf"{COLLECTION}/documents/?$", documents.Documents.as_view(), name="api-knowledge-documents"
    ),
    re_path(rf"{DOCUMENT}/?$", documents.OneDocument.as_view(), name="api-knowledge-document"),
    re_path(rf"{DOCUMENT}/parts/?$", documents.Parts.as_view(), name="api-knowledge-parts"),
    re_path(rf"{DOCUMENT}/read/?$", documents.ReadAgain.as_view(), name="api-knowledge-read"),
]
