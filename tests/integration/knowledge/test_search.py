"""What a search finds, and what it must not: tenants, categories, languages, odd questions."""

import pytest

from tests.factories.knowledge import make_collection, make_document
from tests.factories.organizations import make_organization
from voiceassist.knowledge.models import KnowledgeChunk
from voiceassist.knowledge.services import collections, documents
from voiceassist.knowledge.services.search import categories, search

pytestmark = [pytest.mark.embedded, pytest.mark.django_db]


@pytest.fixture
def shop():
    return make_organization("Juniper Cycles")


def titles(organization, question, **where):
    return [hit.title for hit in search(organization.pk, question, **where)]


def test_a_hit_names_its_source_and_heading(shop):
    collection = make_collection(shop)
    make_document(collection, "# Returns\n\n## Period\n\nThirty days.", title="Help")
    (hit,) = search(shop.pk, "Within which period may I return it?")
    assert (hit.title, hit.source, hit.heading, hit.text) == (
        "Help", "Help", "Returns › Period", "Thirty days.",
    )  # fmt: skip


def test_another_organizations_texts_are_never_found(shop):
    other = make_organization("Harbour Books")
    make_document(make_collection(other), "The secret discount is forty percent.", title="Theirs")
    make_document(make_collection(shop), "The discount is ten percent.", title="Ours")
    assert titles(shop, "secret discount of forty percent") == ["Ours"]
    foreign = other.pk
    assert titles(other, "discount", collections=["help-1"]) in ([], ["Theirs"])
    assert all(hit.title == "Theirs" for hit in search(foreign, "discount"))


def test_a_collection_that_is_switched_off_is_not_searched(shop):
    collection = make_collection(shop)
    make_document(collection, "We open at nine.", title="Hours")
    assert titles(shop, "When do you open?") == ["Hours"]
    collection.is_active = False
    collections.save(collection)
    assert titles(shop, "When do you open?") == []


def test_a_category_is_that_of_documents_or_a_collection(shop):
    first, second = make_collection(shop, "Help pages"), make_collection(shop, "Price list")
    make_document(first, "A tyre costs 20.", title="Tyres", category="Parts")
    make_document(first, "A wash costs 9.", title="Wash", category="service")
    make_document(second, "A bell costs 5.", title="Bells")
    assert titles(shop, "What does it cost?", category="parts") == ["Tyres"]
    assert titles(shop, "What does it cost?", category="price-list") == ["Bells"]
    assert titles(shop, "What does it cost?", category="Price list") == ["Bells"]
    assert titles(shop, "What does it cost?", category="other") == []
    assert sorted(titles(shop, "cost", collections=["help-pages"])) == ["Tyres", "Wash"]
    assert categories(shop.pk) == ["Parts", "help-pages", "price-list", "service"]


def test_other_forms_and_other_words_for_the_same_are_found(shop):
    collection = make_collection(shop)
    make_document(collection, "Deliveries arrive within two days.", title="Shipping")
    make_document(collection, "The café sells cake.", title="Cafe")
    assert titles(shop, "how quickly is it delivered") == ["Shipping"]
    assert titles(shop, "will my parcel be sent today") == ["Shipping"]
    assert titles(shop, "do you have a cafe?") == ["Cafe"]
    assert titles(shop, "delivry") == ["Shipping"]


def test_spanish_texts_are_found_by_spanish_questions(shop):
    collection = make_collection(shop, language="es")
    make_document(collection, "Las devoluciones son gratuitas durante treinta días.", title="Dev")
    make_document(collection, "La tienda abre de lunes a sábado.", title="Horario")
    assert titles(shop, "¿Puedo devolver los zapatos?") == ["Dev"]
    assert titles(shop, "¿Abrís los lunes?")[0] == "Horario"


def test_a_language_of_its_own_is_found_as_written(shop):
    make_document(make_collection(shop, language="other"), "Магазин открыт в среду.", title="RU")
    assert titles(shop, "открыт в среду?") == ["RU"]


def test_collections_of_several_languages_are_searched_together(shop):
    make_document(make_collection(shop), "The workshop is closed on Monday.", title="en")
    make_document(make_collection(shop, language="es"), "El taller cierra el lunes.", title="es")
    assert titles(shop, "workshop monday") == ["en"]
    assert titles(shop, "taller lunes") == ["es"]


@pytest.mark.parametrize(
    "question",
    ["", "   ", "?!", "\"", "' OR 1=1 --", "a AND (b", "NEAR(", "body:", "%s", "*", "тест", "🚲",
     "x" * 5_000, "brake " * 2_000, "\\", "a:b & !c | <->", "{", "heading : x", "-5"],
)  # fmt: skip
def test_no_question_breaks_the_search(shop, question):
    make_document(make_collection(shop), "About something else altogether.")
    assert search(shop.pk, question) == []


def test_deleted_documents_are_forgotten(shop):
    collection = make_collection(shop)
    document = make_document(collection, "We sell bells.")
    documents.delete(document)
    assert titles(shop, "bells") == []
    make_document(collection, "We sell bells.", title="Again")
    assert titles(shop, "bells") == ["Again"]
    collections.delete(collection)
    assert (titles(shop, "bells"), KnowledgeChunk.unscoped.count()) == ([], 0)


def test_the_limit_is_kept(shop):
    collection = make_collection(shop)
    for number in range(22):
        make_document(collection, "We sell bells.", title=f"Page {number}")
    assert len(search(shop.pk, "bells")) == 3
    assert len(search(shop.pk, "bells", limit=100)) == 20
