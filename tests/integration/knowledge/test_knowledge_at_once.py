"""Documents that are read, given vectors and deleted at the same moment, by several workers."""

from array import array
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from tests.factories.knowledge import make_collection, make_document
from tests.factories.organizations import make_organization
from tests.services.locks import somebody_waits
from tests.services.ports import wait_for
from voiceassist.knowledge.models import ChunkVector, KnowledgeChunk, KnowledgeDocument
from voiceassist.knowledge.services import collections, documents, indexing, meaning

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def other():
    """Another worker: `other(work, …)` begins; it has ended, or waits for this one."""
    with ThreadPoolExecutor(1) as pool:

        def closing(work, *given):
            try:
                return work(*given)
            finally:
                connection.close()

        def begin(work, *given):
            doing = pool.submit(closing, work, *given)
            wait_for(lambda: doing.done() or somebody_waits(), seconds=90, what="the other one")
            return doing

        yield begin


@pytest.fixture
def vectors(settings, monkeypatch):
    """A model that gives every text the same vector."""
    settings.OPENAI_EMBEDDING_MODEL = "a-model"
    monkeypatch.setattr(indexing, "enqueue", lambda *job: None)
    monkeypatch.setattr(
        meaning.embeddings, "embed", lambda texts, **how: [array("f", [1.0])] * len(texts)
    )


@pytest.fixture
def document():
    """A document that waits to be read anew."""
    made = make_document(make_collection(make_organization()), "We sell bells.")
    documents.order(made)
    return made


@pytest.mark.parametrize("whole", [False, True])
def test_a_document_is_deleted_while_it_is_read(document, other, monkeypatch, whole):
    store, deletions = indexing.store, []

    def stored_meanwhile():
        work = (collections.delete, document.collection) if whole else (documents.delete, document)
        deletions.append(other(*work))
        return store()

    monkeypatch.setattr(indexing, "store", stored_meanwhile)
    indexing.read(document.pk)
    assert deletions[0].result(90) is None
    assert not KnowledgeDocument.unscoped.exists() and not KnowledgeChunk.unscoped.exists()


def test_parts_get_vectors_while_their_document_is_read_anew(document, other, vectors, monkeypatch):
    ours, makers = indexing._still_ours, []

    def ours_meanwhile(row):
        answer = ours(row)
        makers.append(other(meaning.embed_some))
        return answer

    monkeypatch.setattr(indexing, "_still_ours", ours_meanwhile)
    indexing.read(document.pk)
    assert makers[0].result(90) is None
    assert KnowledgeDocument.unscoped.get().status == "ready"
    assert ChunkVector.unscoped.count() <= KnowledgeChunk.unscoped.count() == 1


def test_a_document_is_read_anew_while_its_parts_get_vectors(document, other, vectors, monkeypatch):
    hold, readers = meaning.hold, []

    def hold_meanwhile(chunks):
        held = hold(chunks)
        if not readers:
            readers.append(None)
            readers.append(other(indexing.read, document.pk))
        return held

    monkeypatch.setattr(meaning, "hold", hold_meanwhile)
    meaning.embed_some()
    assert readers[1].result(90) is None
    assert KnowledgeDocument.unscoped.get().status == "ready"
    assert KnowledgeChunk.unscoped.count() == 1
