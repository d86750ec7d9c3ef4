"""REST of the knowledge base: who may, what comes back, what is refused and why."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.factories.knowledge import make_collection, make_document
from tests.factories.organizations import make_key, make_organization
from voiceassist.knowledge.models import KnowledgeCollection, KnowledgeDocument
from voiceassist.knowledge.services import collections, indexing

pytestmark = pytest.mark.django_db
ROOT = "/api/organization/knowledge"


@pytest.fixture
def shop():
    return make_organization("Juniper Cycles")


@pytest.fixture
def collection(shop):
    return make_collection(shop, "Help pages")


def call(organization, method, path="", body=None, expect=200, role="builder", **options):
    headers = {"Authorization": f"Bearer {make_key(organization, role)[1]}"}
    if isinstance(body, dict) and not options:
        options = {"content_type": "application/json"}
        body = json.dumps(body)
    answer = getattr(Client(), method)(f"{ROOT}{path}", body, headers=headers, **options)
    assert answer.status_code == expect, answer.content
    return answer.json() if answer.content else None


def fields(problem):
    return {each["field"] for each in problem["errors"]}


def test_a_collection_is_made_changed_and_deleted(shop):
    made = call(shop, "post", body={"name": "Help pages", "language": "es"}, expect=201)
    assert (made["slug"], made["language"], made["documents"]) == ("help-pages", "es", 0)
    path = f"/{made['id']}"
    assert call(shop, "patch", path, {"is_active": False})["is_active"] is False
    replaced = call(shop, "put", path, {"name": "Help"})
    assert (replaced["is_active"], replaced["language"], replaced["slug"]) == (
        True, "en", "help-pages",
    )  # fmt: skip
    assert [each["name"] for each in call(shop, "get", "?search=hel")["results"]] == ["Help"]
    call(shop, "delete", path, expect=204)
    assert not KnowledgeCollection.unscoped.exists()


def test_what_cannot_be_saved_names_its_field(shop, collection):
    assert fields(call(shop, "post", body={"name": "Help pages"}, expect=400)) == {"slug"}
    assert fields(call(shop, "post", body={"name": ""}, expect=400)) == {"name"}
    assert fields(call(shop, "post", body={"name": "x", "language": "tlh"}, expect=400)) == {
        "language"
    }


def test_a_text_becomes_a_document_its_parts_and_a_hit(shop, collection):
    path = f"/{collection.pk}/documents"
    given = {"title": "Help", "kind": "markdown", "text": "# Bells\n\nWe sell bells."}
    made = call(shop, "post", path, given, expect=201)
    assert (made["status"], made["kind"], made["title"]) == ("pending", "markdown", "Help")
    indexing.read(made["id"])
    shown = call(shop, "get", f"{path}/{made['id']}")
    assert (shown["status"], shown["chunk_count"]) == ("ready", 1)
    (part,) = call(shop, "get", f"{path}/{made['id']}/parts")["results"]
    assert (part["heading"], part["text"]) == ("Bells", "We sell bells.")
    (hit,) = call(shop, "post", "/search", {"query": "bells"}, role="viewer")["results"]
    assert (hit["title"], hit["text"]) == ("Help", "We sell bells.")
    assert call(shop, "get", path + "?status=ready&kind=markdown")["results"][0]["id"] == made["id"]


def test_a_file_is_uploaded(shop, collection):
    file = SimpleUploadedFile("bells.html", b"<h1>Bells</h1><p>We sell bells.")
    path = f"/{collection.pk}/documents"
    made = call(shop, "post", path, {"file": file, "category": "shop"}, 201, format="multipart")
    assert (made["kind"], made["title"], made["category"]) == ("html", "bells", "shop")
    indexing.read(made["id"])
    assert KnowledgeDocument.objects.of(shop).get().status == "ready"


def test_a_document_is_changed_replaced_read_again_and_deleted(shop, collection):
    document = make_document(collection, "We sell bells.", category="shop")
    path = f"/{collection.pk}/documents/{document.pk}"
    assert call(shop, "patch", path, {"category": "x"})["status"] == "ready"
    assert call(shop, "patch", path, {"text": "We sell lamps."})["status"] == "pending"
    indexing.read(document.pk)
    assert call(shop, "post", f"{path}/read", expect=202)["status"] == "pending"
    replaced = call(shop, "put", path, {"text": "Nothing."})
    assert (replaced["category"], replaced["title"]) == ("", "A page")
    assert fields(call(shop, "put", path, {"title": "x"}, expect=400)) == {"text"}
    call(shop, "delete", path, expect=204)
    call(shop, "get", path, expect=404)


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "text"), ({"text": "a", "kind": "pdf"}, "kind"), ({"url": "file:///a"}, "url"),
     ({"text": "a", "title": "x" * 201}, "title"), ({"text": "a\u0000"}, "text")],
)  # fmt: skip
def test_a_document_that_cannot_be_taken_names_its_field(shop, collection, body, field):
    problem = call(shop, "post", f"/{collection.pk}/documents", body, expect=400)
    assert fields(problem) == {field}


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "query"), ({"query": ""}, "query"), ({"query": "a", "limit": 0}, "limit")],
)
def test_a_search_for_nothing_is_refused(shop, body, field):
    assert fields(call(shop, "post", "/search", body, expect=400)) == {field}


def test_viewers_read_and_builders_write(shop, collection):
    listed = call(shop, "get", role="viewer")["results"]
    assert [each["id"] for each in listed] == [collection.pk]
    assert call(shop, "get", f"/{collection.pk}/documents", role="viewer")["results"] == []
    for role in ("viewer", "operator"):
        call(shop, "post", "", {"name": "x"}, expect=403, role=role)
        call(shop, "patch", f"/{collection.pk}", {"name": "x"}, expect=403, role=role)
        call(shop, "post", f"/{collection.pk}/documents", {"text": "x"}, expect=403, role=role)
    assert call(shop, "get", role="viewer")["results"] == listed


def test_another_organizations_rows_do_not_exist(shop, collection):
    document = make_document(collection, "We sell bells.")
    other = make_organization("Harbour Books")
    own = make_collection(other, "Own")
    assert call(other, "get")["results"][0]["id"] == own.pk
    for path in (f"/{collection.pk}", f"/{collection.pk}/documents",
                 f"/{collection.pk}/documents/{document.pk}",
                 f"/{own.pk}/documents/{document.pk}",
                 f"/{collection.pk}/documents/{document.pk}/parts"):  # fmt: skip
        call(other, "get", path, expect=404)
    call(other, "delete", f"/{collection.pk}", expect=404)
    call(other, "post", f"/{own.pk}/documents/{document.pk}/read", expect=404)
    assert call(other, "post", "/search", {"query": "bells"})["results"] == []
    named = {"query": "bells", "collections": ["help-pages"]}
    assert call(other, "post", "/search", named)["results"] == []


def test_a_slug_that_was_taken_a_moment_ago_is_refused(shop, collection, monkeypatch):
    monkeypatch.setattr(collections, "_taken", lambda _: False)
    told = call(shop, "post", "", {"name": "Help pages"}, expect=400)
    assert fields(told) == {"slug"}
    assert KnowledgeCollection.unscoped.count() == 1
