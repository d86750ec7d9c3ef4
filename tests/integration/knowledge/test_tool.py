"""`search_knowledge_base` as an organization's tool: offered, run, told what it found."""

import pytest

from tests.factories.assistants import make_assistant
from tests.factories.knowledge import make_collection, make_document
from tests.factories.organizations import make_organization
from tests.integration.executors.runs import go
from tools_library.services import assignments, catalog
from tools_library.services.tools import save_tool

pytestmark = [pytest.mark.embedded, pytest.mark.django_db]


@pytest.fixture
def shop():
    organization = make_organization("Juniper Cycles")
    help_pages = make_collection(organization, "Help pages")
    text = "# Returns\n\nThirty days."
    make_document(help_pages, text, title="Help", category="returns")
    make_document(make_collection(organization, "Staff"), "Returns go to Ada.", title="Staff only")
    return organization


def look_up(shop, arguments, **options):
    configuration = {"type": "builtin", "builtin": "search_knowledge_base", **options}
    return go(configuration, arguments, context={"organization_id": shop.pk})


def test_it_answers_with_texts_and_their_sources(shop):
    outcome = look_up(shop, {"query": "How do returns work?", "category": "returns"})
    assert outcome.status == "success"
    assert outcome.output["data"] == {
        "results": [
            {"text": "Thirty days.", "title": "Help", "source": "Help", "heading": "Returns"}
        ]
    }


def test_it_looks_only_where_staff_lets_it(shop):
    outcome = look_up(shop, {"query": "returns"}, collections=["help-pages"])
    assert [each["title"] for each in outcome.output["data"]["results"]] == ["Help"]
    hidden = look_up(shop, {"query": "returns", "category": "staff"}, collections=["help-pages"])
    assert [each["title"] for each in hidden.output["data"]["results"]] == ["Help"]


def test_nothing_found_is_no_failure(shop):
    outcome = look_up(shop, {"query": "submarines"})
    assert (outcome.status, outcome.output["data"]) == ("success", {"results": []})
    assert "do not know" in outcome.output["message"]


def test_an_unknown_category_is_told_and_everything_searched(shop):
    outcome = look_up(shop, {"query": "returns", "category": "moon"})
    assert len(outcome.output["data"]["results"]) == 2
    assert "help-pages, returns, staff" in outcome.output["message"]


def test_it_is_saved_as_a_tool_and_offered_in_calls_and_chats(shop):
    tool = save_tool(
        shop,
        {
            "tool_type": "builtin",
            "configuration": {"type": "builtin", "builtin": "search_knowledge_base"},
        },
        by=None,
    )
    assert (tool.name, tool.side_effect) == ("search_knowledge_base", "read")
    assistant = make_assistant(shop)
    assignments.assign(assistant, tool, by=None)
    for trigger in ("call", "chat"):
        names = [each.name for each in catalog.for_assistant(assistant, trigger=trigger)]
        assert "search_knowledge_base" in names
