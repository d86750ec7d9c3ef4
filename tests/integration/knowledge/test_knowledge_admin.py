"""The knowledge base in the admin: pasted, uploaded, edited, tried."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tests.factories.knowledge import make_collection, make_document
from tests.factories.organizations import make_member, make_organization
from voiceassist.knowledge.models import KnowledgeCollection, KnowledgeDocument
from voiceassist.knowledge.services import indexing

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
ADD = "admin:knowledge_knowledgedocument_add"
CHANGE = "admin:knowledge_knowledgedocument_change"


@pytest.fixture
def shop():
    return make_organization("Juniper Cycles")


@pytest.fixture
def collection(shop):
    return make_collection(shop, "Help pages")


@pytest.fixture
def builder(shop):
    client = Client()
    client.force_login(make_member(shop, "builder"), backend=BACKEND)
    return client


def given(collection, **changed):
    return {"collection": collection.pk, "title": "", "category": "", "text": "", "url": "",
            "kind": "", **changed}  # fmt: skip


def test_a_collection_is_made_with_a_short_name_of_its_name(shop, builder):
    data = {"name": "Help pages", "slug": "", "description": "", "language": "en",
            "is_active": "on"}  # fmt: skip
    answer = builder.post(reverse("admin:knowledge_knowledgecollection_add"), data)
    assert answer.status_code == 302
    assert KnowledgeCollection.objects.of(shop).get().slug == "help-pages"
    again = builder.post(reverse("admin:knowledge_knowledgecollection_add"), data)
    assert "choose another name" in again.content.decode()


def test_a_text_is_pasted_and_shown_in_its_parts(shop, collection, builder):
    data = given(collection, title="Bells", text="# Bells\r\n\r\nWe sell <b>.", kind="markdown")
    assert builder.post(reverse(ADD), data).status_code == 302
    document = KnowledgeDocument.objects.of(shop).get()
    indexing.read(document.pk)
    page = builder.get(reverse(CHANGE, args=[document.pk])).content.decode()
    assert "We sell &lt;b&gt;." not in page.partition("va-code")[2]  # the mark was taken off
    assert "# Bells" in page  # to be edited
    listed = builder.get(
        reverse("admin:knowledge_knowledgecollection_change", args=[collection.pk])
    )
    assert "· 1 part<" in listed.content.decode()


def test_a_file_is_uploaded_and_a_refused_one_explained(shop, collection, builder):
    file = SimpleUploadedFile("help.txt", b"We sell bells.")
    assert builder.post(reverse(ADD), given(collection, file=file)).status_code == 302
    document = KnowledgeDocument.objects.of(shop).get()
    assert (document.title, bytes(document.source.data)) == ("help", b"We sell bells.")
    for wrong, words in (
        ({"file": SimpleUploadedFile("a.exe", b"MZ")}, "Upload a file that ends with"),
        ({}, "Give one of these"),
        ({"url": "http://127.0.0.1/"}, "127.0.0.1"),
    ):
        answer = builder.post(reverse(ADD), given(collection, **wrong))
        assert words in answer.content.decode()


def test_editing_changes_only_what_was_edited(shop, collection, builder):
    document = make_document(collection, "We sell bells.\nAnd more.", title="Shop", kind="text")
    link = reverse(CHANGE, args=[document.pk])
    kept = {"title": "Shop", "category": "", "text": "We sell bells.\r\nAnd more.", "url": "",
            "kind": "text"}  # fmt: skip
    builder.post(link, {**kept, "category": "shop"})
    document.refresh_from_db()
    assert (document.status, document.category) == ("ready", "shop")
    builder.post(link, {**kept, "text": "We sell lamps."})
    document.refresh_from_db()
    assert document.status == "pending"
    indexing.read(document.pk)
    builder.post(
        link, {**kept, "text": "We sell lamps.", "knowledge_knowledgedocument_read_again": "1"}
    )
    document.refresh_from_db()
    assert document.status == "pending"


def test_a_collection_of_many_documents_lists_some_and_leads_to_all(shop, collection, builder):
    link = reverse("admin:knowledge_knowledgecollection_change", args=[collection.pk])
    KnowledgeDocument.unscoped.bulk_create(
        KnowledgeDocument(organization=shop, collection=collection, title=f"Page {n:04}")
        for n in range(1_200)
    )
    page = builder.get(link).content.decode()
    assert "Page 0099<" in page and "Page 0100<" not in page
    every = f"{reverse('admin:knowledge_knowledgedocument_changelist')}?collection__id__exact="
    assert f'href="{every}{collection.pk}">All 1,200 documents</a>' in page


def test_a_search_is_tried_on_the_collection(shop, collection, builder):
    make_document(collection, "# Bells\n\nWe sell bells.", title="Shop")
    make_document(make_collection(shop, "Other"), "Other bells.", title="Elsewhere")
    link = reverse("admin:knowledge_knowledgecollection_try_search", args=[collection.pk])
    assert "Found" not in builder.get(link).content.decode()
    page = builder.get(link, {"q": "do you sell bells?"}).content.decode()
    assert "We sell bells." in page
    assert "Other bells." not in page
    assert "Nothing was found" in builder.get(link, {"q": "submarine"}).content.decode()


def test_another_organizations_collection_can_be_neither_searched_nor_chosen(builder):
    foreign = make_collection(make_organization("Harbour Books"), "Theirs")
    link = reverse("admin:knowledge_knowledgecollection_try_search", args=[foreign.pk])
    assert builder.get(link, {"q": "a"}).status_code == 404
    answer = builder.post(reverse(ADD), given(foreign, text="x"))
    assert "not one of the available choices" in answer.content.decode()
