"""A save that waits for its review takes no tool away: the last approved version stays in use."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories.assistants import make_assistant
from tests.factories.organizations import make_member
from tests.factories.tools import assign, endpoint_configuration, make_tool, origin, tool_values
from tools_library.approvals import reviews
from tools_library.models import ToolReview
from tools_library.services import catalog, execution
from tools_library.services.tools import save_tool

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.embedded,
    pytest.mark.usefixtures("handed_over", "replies"),
]

NEW = {"configuration": endpoint_configuration("https://b.example.com/orders")}


@pytest.fixture
def builder(organization):
    return make_member(organization, "builder")


@pytest.fixture
def admin(organization):
    return make_member(organization, "admin")


@pytest.fixture
def assistant(organization):
    return make_assistant(organization)


def in_use(assistant):
    (entry,) = catalog.for_assistant(assistant, trigger="api")
    return entry.version


def run(assistant):
    (entry,) = catalog.for_assistant(assistant, trigger="api")
    source = origin(assistant.organization, assistant_id=assistant.pk)
    return execution.request(entry, {"order_id": "7"}, source)


def change(tool, by, **values):
    return save_tool(tool.organization, values or NEW, by=by, tool=tool)


def decide(decision, by, **which):
    found = ToolReview.unscoped.filter(status="pending", **which)
    reviews.decide_all(found, decision, by=by)


def test_the_last_approved_version_runs_until_the_new_one_is_approved(
    organization, assistant, builder, admin
):
    tool = make_tool(organization)
    assign(assistant, tool)
    change(tool, builder)
    row = run(assistant)
    assert (row.status, row.tool_version) == ("queued", "1.0.0")
    assert row.definition.configuration["url"] == endpoint_configuration()["url"]
    decide("approve", admin)
    row = run(assistant)
    assert (row.status, row.tool_version) == ("queued", "1.0.1")


def test_a_rejected_version_leaves_the_one_before_in_use(organization, assistant, builder, admin):
    tool = make_tool(organization)
    assign(assistant, tool)
    change(tool, builder)
    decide("reject", admin)
    assert run(assistant).tool_version == "1.0.0"
    change(tool, builder, timeout_seconds=7)
    assert (run(assistant).status, in_use(assistant)) == ("queued", "1.0.0")
    reviews.decide(ToolReview.unscoped.get(version__version="1.0.0"), "reject", by=admin)
    row = run(assistant)
    assert (row.error_code, row.tool_version) == ("not_reviewed", "1.0.2"), "none is approved"


def test_the_newest_of_several_approved_ones_is_used(organization, assistant, builder, admin):
    tool = make_tool(organization)
    assign(assistant, tool)
    for seconds in (4, 5, 6):
        change(tool, admin, timeout_seconds=seconds)
    change(tool, builder)
    change(tool, builder, timeout_seconds=8)
    assert in_use(assistant) == "1.0.3"
    decide("approve", admin, version__version="1.0.4")
    assert in_use(assistant) == "1.0.4"


def test_what_nobody_ever_approved_is_listed_and_says_that_it_waits(
    organization, assistant, builder
):
    tool = save_tool(organization, tool_values(), by=builder)
    assign(assistant, tool)
    row = run(assistant)
    assert (row.error_code, row.tool_version) == ("not_reviewed", "1.0.0")


def test_an_own_configuration_counts_where_it_was_approved_with_a_version(
    organization, assistant, builder, admin
):
    tool = make_tool(organization)
    other = make_assistant(organization, slug="other")
    assign(assistant, tool, by=admin, custom_configuration={"timeout": 3})
    assign(other, tool)
    change(tool, builder)
    assert (in_use(assistant), in_use(other)) == ("1.0.0", "1.0.0")
    decide("approve", admin, configuration=tool.configuration)
    assert (in_use(assistant), in_use(other)) == ("1.0.0", "1.0.1")
    assert (run(assistant).status, run(other).status) == ("queued", "queued")
    assign(assistant, tool, by=builder, custom_configuration={"timeout": 4})
    assert run(assistant).error_code == "not_reviewed", "no version was approved like this"


def test_a_pinned_version_is_used_whatever_its_review(organization, assistant, builder):
    tool = make_tool(organization)
    change(tool, builder)
    assign(assistant, tool, pinned_version="1.0.1")
    assert run(assistant).error_code == "not_reviewed"


def test_where_nothing_is_reviewed_the_newest_is_used(organization, assistant, builder, admin):
    tool = make_tool(organization)
    assign(assistant, tool)
    change(tool, builder)
    organization.tool_review = "off"
    organization.save()
    assert run(assistant).tool_version == "1.0.1"
    reviews.decide(ToolReview.unscoped.get(version__version="1.0.1"), "reject", by=admin)
    assert run(assistant).tool_version == "1.0.0"


def test_a_test_of_the_tool_runs_what_was_saved_last(organization, builder):
    tool = make_tool(organization)
    change(tool, builder)
    assert catalog.for_tool(tool).version == "1.0.1"


@pytest.mark.parametrize("count", [1, 12])
def test_what_waits_costs_two_queries_more(organization, assistant, builder, count):
    for number in range(count):
        tool = make_tool(organization, name=f"tool_{number}")
        assign(assistant, tool)
        change(tool, builder)
    with CaptureQueriesContext(connection) as queries:
        listed = catalog.for_assistant(assistant, trigger="api")
    assert [entry.version for entry in listed] == ["1.0.0"] * count
    assert len([each for each in queries if "SAVEPOINT" not in each["sql"]]) == 5
