"""A run's row as its steps read it: what Django reads, with one short statement."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories.pages import make_call
from tests.factories.tools import make_tool, origin
from tools_library.approvals import reviews
from tools_library.approvals.errors import NotReviewed
from tools_library.models import Tool, ToolExecution, ToolReview, ToolVersion
from tools_library.services import execution, queues, rows
from voiceassist.foundation.prepared import PreparedQuery
from voiceassist.organizations.models import Organization

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.embedded]
ARGUMENTS = {"order_id": "7", "late": None, "days": [1, 2.5, {"ünï": "100 %s %%"}]}


@pytest.fixture(autouse=True)
def nothing_runs_by_itself(monkeypatch):
    monkeypatch.setattr(queues, "enqueue", lambda *args, **queue: None)


@pytest.fixture
def run(organization):
    source = origin(organization, trigger="call", call_id=make_call(organization).pk)
    return execution.request(make_tool(organization), ARGUMENTS, source, at_ms=1234)


def _values(row):
    return {field.name: field.value_from_object(row) for field in row._meta.concrete_fields}


def test_a_new_run_is_stored_as_it_was_made(run):
    stored = ToolExecution.unscoped.get(execution_id=run.execution_id)
    assert run.pk == stored.pk and not run._state.adding
    assert _values(run) == _values(stored)
    assert stored.input_parameters == ARGUMENTS and stored.created_at <= timezone.now()


def test_it_is_the_row_that_django_reads_with_its_relations(run):
    read, known = rows.one(str(run.execution_id)), ToolExecution.unscoped.get(pk=run.pk)
    assert _values(read) == _values(known)
    for name in ("tool", "definition", "organization"):
        assert _values(getattr(read, name)) == _values(getattr(known, name))


def test_once_a_version_is_known_everything_is_one_statement(run):
    rows.one(run.execution_id)
    with CaptureQueriesContext(connection) as queries:
        read = rows.one(run.execution_id)
        assert read.definition.configuration and read.tool.display_name and read.tool.is_active
        assert (read.organization.outbound_allow, read.organization.outbound_deny) == ([], [])
    assert len(queries) == 1


def test_a_run_that_is_not_there_is_none():
    assert rows.one(uuid.uuid4()) is None


def test_what_changes_is_read_anew(run):
    rows.one(run.execution_id)
    Tool.unscoped.filter(pk=run.tool_id).update(is_active=False, display_name="Orders")
    Organization.objects.filter(pk=run.organization_id).update(outbound_deny=["example.com"])
    read = rows.one(run.execution_id)
    assert (read.tool.is_active, read.tool.display_name) == (False, "Orders")
    assert read.organization.outbound_deny == ["example.com"]


def test_a_removed_tool_is_none(run):
    rows.one(run.execution_id)
    Tool.unscoped.get(pk=run.tool_id).delete()
    read = rows.one(run.execution_id)
    assert read.tool is None and read.definition is None


def test_another_version_of_the_same_number_is_not_taken_for_the_known_one(run):
    """As after a backup was restored while this process went on."""
    assert rows.one(run.execution_id).definition.version == "1.0.0"
    ToolVersion.unscoped.filter(pk=run.definition_id).update(
        version="1.0.9", created_at=timezone.now()
    )
    assert rows.one(run.execution_id).definition.version == "1.0.9"


def test_a_review_counts_from_the_moment_of_its_decision(run):
    version = rows.one(run.execution_id).definition
    reviews.check(version, {})
    ToolReview.unscoped.filter(version=version).update(status="rejected")
    with pytest.raises(NotReviewed, match="was rejected"):
        reviews.check(version, {})


def test_a_prepared_query_takes_its_values_where_they_belong(organization):
    tools = [make_tool(organization, name=f"tool_{number}") for number in range(3)]
    by_name = PreparedQuery(
        Tool,
        ["organization", "name"],
        lambda organization, name: (
            Tool.objects.of(organization)
            .filter(name=name, is_active=True)
            .values_list("id", "configuration")
        ),
    )
    for tool in tools:
        assert by_name.first(organization.pk, tool.name) == [tool.pk, tool.configuration]
    assert by_name.first(organization.pk, "tool_%s'") is None
    assert by_name.first(organization.pk + 1, "tool_1") is None
