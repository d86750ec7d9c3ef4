"""The page that tries a search: what assistants would be told; imports the search service."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.widgets import UnfoldAdminTextInputWidget

from voiceassist.knowledge.models import KnowledgeCollection
from voiceassist.knowledge.services.search import QUERY_MAX, search

TEMPLATE = "admin/knowledge/search.html"
_LIMIT = 5


class SearchForm(forms.Form):
    """A question, as a caller would ask it."""

    q = forms.CharField(
        label="Question",
        max_length=QUERY_MAX,
        help_text="As a caller would ask it.",
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )
    category = forms.CharField(
        required=False,
        max_length=60,
        help_text="Empty: the whole collection.",
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )


def page(
    request: HttpRequest, collection: KnowledgeCollection, site: dict[str, Any]
) -> HttpResponse:
    """Show the form and, once something was asked, what is found.

    Args:
        site: context of every admin page.
    """
    asked = "q" in request.GET
    form = SearchForm(request.GET if asked else None)
    hits = None
    if asked and form.is_valid():
        hits = search(
            collection.organization_id,
            form.cleaned_data["q"],
            category=form.cleaned_data["category"],
            collections=[collection.slug],
            limit=_LIMIT,
        )
    shown = {
        **site, "title": f"Search {collection}", "collection": collection, "form": form,
        "hits": hits, "opts": KnowledgeCollection._meta, "original": collection,
    }  # fmt: skip
    return TemplateResponse(request, TEMPLATE, shown)
