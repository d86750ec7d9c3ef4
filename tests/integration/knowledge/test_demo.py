"""The demo's help pages answer what the demo's callers ask."""

import pytest

from tools_library.models import Tool
from voiceassist.demo.seed import SLUG, seed
from voiceassist.knowledge.models import KnowledgeDocument
from voiceassist.knowledge.services import indexing
from voiceassist.knowledge.services.search import search
from voiceassist.organizations.models import Organization

pytestmark = [pytest.mark.embedded, pytest.mark.django_db]


def test_callers_of_the_demo_find_what_they_ask_for():
    seed()
    shop = Organization.objects.get(slug=SLUG)
    for document in KnowledgeDocument.objects.of(shop):
        indexing.read(document.pk)
    for question, heading in (
        ("When are you open on Saturday?", "Opening hours"),
        ("What's your return policy?", "Return policy"),
        ("How much is it to fix a flat?", "Prices"),
        ("Can I park near you?", "Address and parking"),
    ):
        assert heading in {hit.heading for hit in search(shop.pk, question)}, question
    assert Tool.objects.of(shop).get(name="search_knowledge_base").side_effect == "read"
