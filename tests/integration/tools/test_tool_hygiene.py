"""Whatever a model sends and whichever tool it names: one row, one sentence, never an error."""

import json
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as given_settings
from hypothesis import strategies as st

from tests.factories.tools import make_tool, origin
from tools_library.models import Tool, ToolExecution
from tools_library.services import catalog, execution, queues
from tools_library.services.tools import archive_tool, save_tool
from voiceassist.organizations.models import Organization

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=200)  # surrogates and NUL too
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=20,
)


@pytest.fixture(autouse=True)
def nothing_runs_by_itself(monkeypatch):
    monkeypatch.setattr(queues, "enqueue", lambda *args, **queue: None)


@pytest.fixture
def shop(organization):
    """Tools in every state that keeps them from running, and one that may."""
    names = SimpleNamespace(organization=organization)
    names.ready = make_tool(organization)
    names.archived = make_tool(organization, name="archived")
    names.archived_entry = catalog.for_tool(names.archived)
    archive_tool(names.archived)
    names.off = save_tool(
        organization, {"is_active": False}, by=None, tool=make_tool(organization, name="off")
    )
    other = Organization.objects.create(name="Foreign", slug="foreign")
    names.foreign = make_tool(other, name="foreign")
    names.foreign_entry = catalog.for_tool(names.foreign)
    names.bare = Tool.unscoped.create(organization=organization, name="bare", tool_type="endpoint")
    return names


@given_settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    which=st.sampled_from(
        ["ready", "archived", "archived_entry", "off", "foreign", "foreign_entry", "bare", ""]
    ),
    name=ANY_TEXT,
    arguments=ANY_JSON | ANY_JSON.map(lambda value: json.dumps(value)) | ANY_TEXT,
    call_id=ANY_TEXT,
    context=st.dictionaries(ANY_TEXT, ANY_JSON, max_size=3),
)
def test_every_request_is_one_row_with_one_sentence(shop, which, name, arguments, call_id, context):
    tool = getattr(shop, which) if which else name
    before = ToolExecution.unscoped.count()
    row = execution.request(
        tool,
        arguments,
        origin(shop.organization, context=context),
        tool_call_id=f"{before}{call_id}",
    )
    assert ToolExecution.unscoped.count() == before + 1
    stored = ToolExecution.unscoped.get(pk=row.pk)
    assert stored.organization_id == shop.organization.pk
    if stored.status == "queued":
        assert which == "ready"
        return
    assert stored.status == "error" and stored.message.strip()
    assert stored.output_result == {"success": False, "message": stored.message}
    if which.startswith("foreign") or not which:
        assert stored.tool_id is None and stored.definition_id is None
        assert stored.error_code in ("unknown_tool", "invalid_arguments")


@pytest.mark.parametrize(
    ("which", "code"),
    [("archived", "not_allowed"), ("archived_entry", "not_allowed"), ("off", "not_allowed"),
     ("foreign", "unknown_tool"), ("foreign_entry", "unknown_tool"), ("bare", "internal")],
)  # fmt: skip
def test_what_cannot_run_says_why(shop, which, code):
    row = execution.request(getattr(shop, which), {"order_id": "7"}, origin(shop.organization))
    assert (row.status, row.error_code) == ("error", code)
    assert execution.refuse(
        getattr(shop, which), "{", origin(shop.organization), code="cancelled", message="Later."
    ).status == "cancelled"  # fmt: skip


def cyclic():
    value = {}
    value["again"] = value
    return value


@pytest.mark.parametrize(
    "arguments",
    [cyclic(), "[" * 100_000, '{"a":' * 5_000 + "1" + "}" * 5_000, {"a": "x" * 10_000_000},
     json.dumps({"a": "x" * 10_000_000}), {"a": 10**400}],
    ids=["cyclic", "deep", "deep objects", "10 MB", "10 MB of text", "long number"],
)  # fmt: skip
def test_what_is_too_deep_or_large_is_refused_with_advice(shop, arguments):
    row = execution.request(shop.ready, arguments, origin(shop.organization))
    assert (row.status, row.error_code) == ("error", "invalid_arguments")
    assert "again" in row.message and len(row.message) < 500
    assert ToolExecution.unscoped.get(pk=row.pk).input_parameters == {}


def test_what_no_database_takes_is_cleaned(shop):
    given = '{"order_id": "a\\u0000b\\ud800", "nan": NaN, "x": Infinity}'
    row = execution.request(
        shop.ready, given, origin(shop.organization, context={"t\x00": "\ud800"})
    )
    stored = ToolExecution.unscoped.get(pk=row.pk)
    assert stored.input_parameters == {"order_id": "ab\ufffd", "nan": None, "x": None}
    assert stored.context == {"t": "\ufffd"}


def test_two_organizations_may_have_tool_calls_of_one_id(shop):
    own = execution.request(shop.ready, {"order_id": "7"}, origin(shop.organization),
                            tool_call_id="c1")  # fmt: skip
    foreign = execution.request(shop.foreign, {"order_id": "7"},
                                origin(shop.foreign.organization), tool_call_id="c1")  # fmt: skip
    assert own.pk != foreign.pk and foreign.status == "queued"
