"""Documents from being given to being found: read, replaced, failed, held by a killed worker."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories.knowledge import make_collection, make_document
from tests.factories.organizations import make_organization
from voiceassist.foundation.errors import InvalidInput
from voiceassist.knowledge.models import DocumentSource, KnowledgeChunk, KnowledgeDocument
from voiceassist.knowledge.services import collections, documents, indexing
from voiceassist.knowledge.services.documents import Content
from voiceassist.knowledge.services.search import search
from voiceassist.organizations.services import organizations

pytestmark = [pytest.mark.embedded, pytest.mark.django_db]


@pytest.fixture
def shop():
    return make_organization("Juniper Cycles")


@pytest.fixture
def collection(shop):
    return make_collection(shop, "Help pages")


def read(document):
    indexing.read(document.pk)
    document.refresh_from_db()
    return document


def found(shop, question):
    return [hit.text for hit in search(shop.pk, question)]


@pytest.mark.parametrize(
    ("content", "field", "words"),
    [
        (Content(), "text", "Give one of these"),
        (Content(text="a", url="https://example.com"), "text", "Give one of these"),
        (Content(text="a", kind="pdf"), "kind", "Choose one of"),
        (Content(text="a\ud800"), "text", "no text"),
        (Content(file=b"", filename="a.pdf"), "file", "empty"),
        (Content(file=b"MZ", filename="a.exe"), "file", "ends with"),
        (Content(file=b"a" * 10_000_001, filename="a.txt"), "file", "10 MB"),
        (Content(url="ftp://example.com/a"), "url", "http"),
        (Content(url="http://127.0.0.1/secret"), "url", "127.0.0.1"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_its_field(collection, content, field, words):
    with pytest.raises(InvalidInput) as refused:
        documents.add(collection, content)
    assert words in refused.value.errors[field]
    assert not KnowledgeDocument.unscoped.exists()


@pytest.mark.parametrize(
    ("filename", "kind", "title"),
    [("price_list.md", "markdown", "price list"), ("C:\\docs\\Help.HTM", "html", "Help"),
     ("../../etc/passwd.txt", "text", "passwd")],
)  # fmt: skip
def test_a_files_name_tells_its_kind_and_title(collection, filename, kind, title):
    made = documents.add(collection, Content(file=b"<p>We sell bells.", filename=filename))
    assert (made.kind, made.title, "/" in made.filename) == (kind, title, False)
    assert read(made).status == "ready"


def test_a_new_text_takes_the_place_of_the_old_one(shop, collection):
    document = make_document(collection, "We sell bells.")
    documents.change(document, content=Content(text="We sell lamps."))
    assert found(shop, "bells") == ["We sell bells."]  # until the new one has been read
    read(document)
    assert (found(shop, "bells"), found(shop, "lamps")) == ([], ["We sell lamps."])


def test_a_title_is_found_and_changes_with_it(shop, collection):
    document = make_document(collection, "From nine to five.", title="Opening hours")
    assert found(shop, "opening") == ["From nine to five."]
    read(documents.change(document, title="Telephone"))
    assert (found(shop, "opening"), found(shop, "telephone")) == ([], ["From nine to five."])


def test_a_category_changes_without_reading_again(shop, collection):
    document = make_document(collection, "We sell bells.")
    documents.change(document, category="  parts ")
    assert (document.status, document.category) == ("ready", "parts")


def test_a_failed_document_says_why_and_keeps_what_was_found(shop, collection):
    document = make_document(collection, "We sell bells.")
    documents.change(document, content=Content(file=b"broken", filename="new.pdf"))
    read(document)
    assert (document.status, document.due_at) == ("failed", None)
    assert "damaged" in document.error
    assert found(shop, "bells") == ["We sell bells."]


def test_another_language_has_everything_read_anew(collection):
    document = make_document(collection, "Las devoluciones son gratuitas.")
    collection.language = "es"
    collections.save(collection)
    document.refresh_from_db()
    assert document.status == "pending"
    assert read(document).status == "ready"


def test_a_page_is_fetched_read_and_named(shop, collection, pages):
    page = b"<title>Our hours</title><h1>Week</h1><p>Open on Monday."
    pages.answers["/hours"] = (200, {"Content-Type": "text/html; charset=utf-8"}, page)
    document = read(documents.add(collection, Content(url=pages.url("/hours"))))
    assert (document.status, document.title, document.error) == ("ready", "Our hours", "")
    (hit,) = search(shop.pk, "monday")
    assert (hit.source, hit.heading) == (pages.url("/hours"), "Week")
    pages.answers["/hours"] = (200, {"Content-Type": "text/plain"}, b"Open on Tuesday.")
    documents.change(document, title="Hours")
    assert read(document).status == "ready"
    assert pages.asked == ["/hours"]  # a new title needs no second look at the page
    documents.fetch_again(document)
    assert read(document).title == "Hours"
    assert found(shop, "tuesday") == ["Open on Tuesday."]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((404, {}, b""), "answered 404"),
        ((200, {"Content-Type": "image/png"}, b"x"), "image/png"),
        ((200, {"Content-Type": "text/html"}, b"x" * 10_000_001), "could not be fetched"),
        ((302, {"Location": "http://169.254.169.254/latest"}, b""), "could not be fetched"),
        ((200, {"Content-Type": "application/pdf"}, b"x"), "damaged"),
    ],
)
def test_a_page_that_cannot_be_read_says_why(collection, pages, answer, words):
    pages.answers["/a"] = answer
    document = read(documents.add(collection, Content(url=pages.url("/a"))))
    assert document.status == "failed"
    assert words in document.error


def test_a_page_on_a_host_that_the_organization_denies_is_not_fetched(shop, collection, pages):
    document = documents.add(collection, Content(url=pages.url("/a")))
    shop.outbound_deny = ["127.0.0.1"]
    organizations.save(shop)
    assert "denies" in read(document).error
    assert pages.asked == []


def test_a_document_is_read_once_for_each_order(collection):
    document = make_document(collection, "We sell bells.")
    read_at = document.read_at
    assert read(document).read_at == read_at


def test_what_a_killed_worker_held_is_handed_on(collection, monkeypatch):
    handed = []
    document = documents.add(collection, Content(text="We sell bells."))
    assert indexing._claimed(document.pk) is not None  # and then its worker is gone
    monkeypatch.setattr(indexing, "enqueue", lambda name, *args: handed.append(args))
    indexing.sweep()
    assert (handed, read(document).status) == ([], "pending")
    long_ago = timezone.now() - timedelta(minutes=5)
    KnowledgeDocument.unscoped.filter(pk=document.pk).update(due_at=long_ago)
    indexing.sweep()
    assert handed == [(document.pk,)]
    assert read(document).status == "ready"


def test_a_document_that_takes_its_workers_with_it_is_given_up(collection):
    document = documents.add(collection, Content(text="We sell bells."))
    for _ in range(indexing.ATTEMPTS_MAX):
        assert indexing._claimed(document.pk) is not None
        KnowledgeDocument.unscoped.filter(pk=document.pk).update(due_at=timezone.now())
    assert "never came to an end" in read(document).error


def test_what_was_read_of_an_old_order_is_not_kept(shop, collection, monkeypatch):
    document = documents.add(collection, Content(text="We sell bells."))
    real = indexing.process.read

    def slow(data, form):
        documents.change(document, content=Content(text="We sell lamps."))
        return real(data, form)

    monkeypatch.setattr(indexing.process, "read", slow)
    indexing.read(document.pk)
    assert not KnowledgeChunk.objects.of(shop).exists()
    monkeypatch.setattr(indexing.process, "read", real)
    assert read(document).status == "ready"
    assert found(shop, "lamps") == ["We sell lamps."]


def test_a_page_that_was_fetched_for_an_old_order_is_not_read_for_the_new_one(
    shop, collection, pages, monkeypatch
):
    pages.answers["/a"] = (200, {"Content-Type": "text/html"}, b"<p>We sell bells.")
    document = documents.add(collection, Content(url=pages.url("/a")))
    fetch = indexing.outbound.request

    def slowly(*args, **more):
        answer = fetch(*args, **more)
        documents.change(document, content=Content(text="We sell lamps."))
        return answer

    monkeypatch.setattr(indexing.outbound, "request", slowly)
    indexing.read(document.pk)
    assert read(document).status == "ready"
    assert (found(shop, "bells"), found(shop, "lamps")) == ([], ["We sell lamps."])


def test_who_changes_a_document_leaves_what_another_one_has_just_changed(collection, pages):
    document = documents.add(collection, Content(url=pages.url("/a")), title="Shop")
    seen = KnowledgeDocument.unscoped.get(pk=document.pk)
    documents.change(document, content=Content(file=b"<p>We sell lamps.", filename="new.html"))
    documents.change(seen, category="shop")
    document.refresh_from_db()
    assert (document.kind, document.filename, document.category) == ("html", "new.html", "shop")
    seen.kind = "url"
    documents.fetch_again(seen)
    assert read(document).status == "ready" and pages.asked == []


def test_a_source_that_is_gone_is_said(collection):
    document = documents.add(collection, Content(text="We sell bells."))
    DocumentSource.unscoped.all().delete()
    assert "Upload it again" in read(document).error


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"name": " "}, "name"), ({"name": "a\0"}, "name"), ({"slug": "Not a slug"}, "slug"),
     ({"slug": "help-pages"}, "slug"), ({"language": "tlh"}, "language"),
     ({"description": "x" * 301}, "description")],
)  # fmt: skip
def test_a_collection_that_cannot_be_saved_says_why(shop, collection, changed, field):
    values = {"name": "Another", "slug": "another", **changed}
    row = type(collection)(organization=shop, **values)
    with pytest.raises(InvalidInput) as refused:
        collections.save(row)
    assert field in refused.value.errors
