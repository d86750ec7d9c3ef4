"""Embeddings beside the words, from a model over real sockets: on, off, changed, out of reach."""

import asyncio
import logging
import threading

import pytest

from tests.factories.knowledge import make_collection, make_document
from tests.factories.organizations import make_organization
from tests.services.ports import free_port
from voiceassist.demo.stand_ins.server import StandInServer
from voiceassist.knowledge.models import ChunkVector
from voiceassist.knowledge.services import indexing, meaning
from voiceassist.knowledge.services.search import search

pytestmark = [pytest.mark.embedded, pytest.mark.django_db]

LONG = "We sell bells, " + ", ".join(f"thing{number}" for number in range(80))
SHORT = "We sell bells."


@pytest.fixture(scope="module")
def stand_ins():
    """The model's stand-in, on a loop in a thread."""
    loop, server = asyncio.new_event_loop(), StandInServer()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(server.start(), loop).result(60)
    yield server
    asyncio.run_coroutine_threadsafe(server.stop(), loop).result(60)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(60)
    loop.close()


@pytest.fixture
def on(stand_ins, settings, monkeypatch):
    """Embeddings by the stand-in, which a search waits for however slow this machine is."""
    monkeypatch.setattr(meaning, "_SEARCH_SECONDS", 60.0)
    settings.OPENAI_BASE_URL = f"{stand_ins.url}/v1"
    settings.OPENAI_EMBEDDING_MODEL = "text-embedding-3-small"
    return settings


@pytest.fixture
def shop():
    organization = make_organization("Juniper Cycles")
    collection = make_collection(organization)
    make_document(collection, LONG, title="Long")
    make_document(collection, SHORT, title="Short")
    return organization


def titles(shop, question="Bells"):
    return [hit.title for hit in search(shop.pk, question)]


def test_the_nearer_of_two_parts_comes_first(shop, on):
    assert titles(shop) == ["Long", "Short"]  # by words they are equal
    meaning.embed_some()
    assert titles(shop) == ["Short", "Long"]


def test_nothing_is_asked_where_no_model_is_named(shop, settings):
    settings.OPENAI_BASE_URL = f"http://127.0.0.1:{free_port()}/v1"
    meaning.embed_some()
    assert titles(shop) == ["Long", "Short"]
    assert not ChunkVector.unscoped.exists()


def test_a_part_that_no_word_finds_is_found_where_it_is_near(on):
    shop = make_organization()
    make_document(make_collection(shop, language="other"), "Gearbox", title="Near")
    assert titles(shop, "gearings") == []
    meaning.embed_some()
    assert titles(shop, "gearb") == ["Near"]


def test_another_organizations_near_parts_are_not_found(shop, on):
    meaning.embed_some()
    assert titles(make_organization("Harbour Books"), "We sell bells.") == []


def test_vectors_are_ordered_after_reading_until_all_parts_have_one(shop, on, monkeypatch):
    ordered = []
    for module in (indexing, meaning):
        monkeypatch.setattr(module, "enqueue", ordered.append)
    monkeypatch.setattr(meaning.embeddings, "MOST_TEXTS", 2)
    make_document(make_collection(shop), "We sell lamps.", title="Lamps")
    meaning.look_after()
    assert ordered == [meaning.EMBED_JOB] * 2
    meaning.embed_some()
    assert (len(ordered), ChunkVector.unscoped.count()) == (3, 2)
    meaning.embed_some()
    meaning.look_after()
    assert (len(ordered), ChunkVector.unscoped.count()) == (3, 3)


def test_another_model_makes_all_vectors_anew(shop, on):
    meaning.embed_some()
    on.OPENAI_EMBEDDING_MODEL = "text-embedding-3-large"
    meaning.embed_some()
    named = ChunkVector.unscoped.values_list("model", flat=True)
    assert list(named) == ["text-embedding-3-large"] * 2


def test_a_part_that_is_read_again_gets_another_vector(shop, on):
    meaning.embed_some()
    make_document(make_collection(shop), "We sell lamps.", title="Lamps")
    assert ChunkVector.unscoped.count() == 2
    meaning.embed_some()
    assert ChunkVector.unscoped.count() == 3


@pytest.mark.parametrize(
    ("changed", "named"),
    [({"OPENAI_BASE_URL": "http://127.0.0.1:1/v1"}, "OPENAI_BASE_URL"),
     ({"OPENAI_EMBEDDING_MODEL": "no-such-model"}, "OPENAI_EMBEDDING_MODEL"),
     ({"OPENAI_API_KEY": "invalid"}, "OPENAI_API_KEY")],
)  # fmt: skip
def test_words_alone_decide_while_the_model_is_not_to_be_had(shop, on, caplog, changed, named):
    meaning.embed_some()
    for name, value in changed.items():
        setattr(on, name, value)
    make_document(make_collection(shop), "We sell lamps.", title="Lamps")
    with caplog.at_level(logging.WARNING):
        assert titles(shop, "Lamps") == ["Lamps"]
        meaning.embed_some()
    assert caplog.text.count(named) == 2
