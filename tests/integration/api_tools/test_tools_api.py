"""REST of tools: made, read, replaced, changed, archived; refused by field; listed in pages."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories.tools import PARAMETERS, endpoint_configuration, make_tool, tool_values
from tools_library.models import Tool, ToolExecution, ToolReview, ToolVersion

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
TOOLS = "/api/organization/tools"

COLUMNS = {
    "id", "organization_id", "user_id", "name", "display_name", "description", "tool_type",
    "configuration", "function_definition", "is_active", "require_confirmation",
    "allowed_contexts", "timeout_seconds", "retry_attempts", "execution_count",
    "last_executed_at", "version", "is_public", "is_template", "created_at", "updated_at",
    "side_effect", "behaviour", "effective",
}  # fmt: skip


def ran(tool, **more):
    values = {
        "tool_name": tool.name, "status": "success", "trigger_context": "api",
        "side_effect": "read", "uncounted": True, **more,
    }  # fmt: skip
    return ToolExecution.unscoped.create(organization_id=tool.organization_id, tool=tool, **values)


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_tool_is_made_read_replaced_changed_and_archived(api, organization, slash):
    made = api("POST", TOOLS + slash, 201, tool_values(behaviour={"runs_per_call": 3}))
    assert set(made) == COLUMNS | {"versions"}
    assert (made["version"], made["execution_count"]) == ("1.0.0", 0)
    assert made["effective"] == {"timeout_seconds": 10.0, "retry_attempts": 2}
    assert made["function_definition"]["function"]["parameters"] == PARAMETERS
    one = f"{TOOLS}/{made['id']}{slash}"
    assert api("GET", one) == made

    changed = api("PATCH", one, 200, {"timeout_seconds": 4})
    assert changed["effective"]["timeout_seconds"] == 4
    assert [each["version"] for each in changed["versions"]] == ["1.0.1", "1.0.0"]
    assert api("PATCH", one, 200, {"display_name": "Orders"})["version"] == "1.0.1"
    assert changed["behaviour"] == {"runs_per_call": 3}

    replaced = api("PUT", one, 200, tool_values(side_effect="write"))
    assert (replaced["timeout_seconds"], replaced["behaviour"]) == (None, {})
    assert replaced["display_name"] == "Look up an order"
    assert replaced["effective"] == {"timeout_seconds": 30.0, "retry_attempts": 0}

    assert api("DELETE", one, 204) is None
    api("GET", one, 404)
    assert api("GET", TOOLS)["results"] == []
    assert Tool.unscoped.get().archived_at is not None
    again = api("POST", TOOLS, 201, tool_values())
    assert again["name"] == "lookup_order", "the name is free again"


def test_a_tool_goes_back_as_it_was_read(api):
    made = api("POST", TOOLS, 201, tool_values())
    put = api("PUT", f"{TOOLS}/{made['id']}", 200, made)
    changes = {name for name in made if made[name] != put[name]}
    assert changes <= {"updated_at"}


def test_a_name_changes_alone(api):
    made = api("POST", TOOLS, 201, tool_values())
    renamed = api("PATCH", f"{TOOLS}/{made['id']}", 200, {"name": "find_order"})
    assert renamed["function_definition"]["function"]["name"] == "find_order"
    assert renamed["function_definition"]["function"]["parameters"] == PARAMETERS


def test_a_builders_tool_waits_for_a_review_and_an_admins_does_not(api, api_as):
    api("POST", TOOLS, 201, tool_values())
    api_as("admin")("POST", TOOLS, 201, tool_values(name="find_order"))
    states = ToolReview.unscoped.order_by("id").values_list("status", flat=True)
    assert list(states) == ["pending", "approved"]


@pytest.mark.parametrize(
    ("values", "field", "part"),
    [
        ({"configuration": endpoint_configuration("ftp://x")}, "configuration.url", "https"),
        ({"configuration": {"type": "endpoint"}}, "configuration.url", "needed"),
        ({"configuration": [1]}, "configuration", "JSON object"),
        ({"configuration": {"type": "endpoint", "urll": "x"}}, "configuration.urll", "spelling"),
        (
            {"configuration": endpoint_configuration("https://a.example.com/${nobody}")},
            "configuration.url",
            "nobody",
        ),
        ({"name": "two words"}, "name", "letters"),
        ({"name": ""}, "name", "letters"),
        ({"name": None}, "name", "null"),
        ({"tool_type": "magic"}, "tool_type", "magic"),
        ({"tool_type": "steps"}, "tool_type", "cannot run"),
        ({"timeout_seconds": 0}, "timeout_seconds", "1"),
        ({"timeout_seconds": 901}, "timeout_seconds", "900"),
        ({"timeout_seconds": 10**30}, "timeout_seconds", "86400"),
        ({"retry_attempts": "many"}, "retry_attempts", "integer"),
        ({"is_active": "banana"}, "is_active", "boolean"),
        ({"allowed_contexts": ["moon"]}, "allowed_contexts.0", "moon"),
        ({"behaviour": {"runs_per_call": 0}}, "behaviour.runs_per_call", "1"),
        ({"behaviour": [1]}, "behaviour", ""),
        ({"function_definition": [1]}, "function_definition", "JSON object"),
        ({"function_definition": {"type": "object", "properties": 5}}, "", ""),
        ({"discription": "x"}, "discription", "spelling"),
        ({"description": "x" * 4_001}, "description", "4,000"),
    ],
)  # fmt: skip
def test_a_bad_tool_names_the_field(api, values, field, part):
    errors = api.wrong("POST", TOOLS, tool_values(**values))
    if field:
        assert part in errors[field], errors
    assert Tool.unscoped.count() == 0


@pytest.mark.parametrize(
    "raw",
    [
        "", "[]", "null", "5", '"text"', "{", '{"name": NaN}', "[" * 100_000, '{"a":' * 5_000,
        '{"name": "a\\u0000b"}', '{"description": "\\ud800"}', '{"\\u0000": 1}',
        '{"configuration": ' + '{"a":' * 70 + "1" + "}" * 70 + "}", '{"timeout_seconds": 1e999}',
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_hostile_bodies_are_refused(api, organization, raw, method):
    path = TOOLS if method == "POST" else f"{TOOLS}/{make_tool(organization).pk}"
    nothing_changes = (method, raw) == ("PATCH", "")
    api(method, path, 200 if nothing_changes else 400, raw=raw)
    assert ToolVersion.unscoped.count() == (0 if method == "POST" else 1)


def test_a_taken_name_is_said(api, organization):
    make_tool(organization)
    assert "Another tool" in api.wrong("POST", TOOLS, tool_values())["name"]


def test_tools_are_found_and_ordered(api, organization):
    make_tool(organization, name="a_tool", display_name="Zebra", is_template=True)
    make_tool(organization, name="b_tool", display_name="Apple", is_active=False)
    make_tool(organization, name="c_tool", display_name="Mango 100%", is_public=True)

    def names(query):
        return [each["name"][0] for each in api("GET", f"{TOOLS}?{query}")["results"]]

    assert names("") == ["a", "b", "c"]
    assert names("ordering=-name") == ["c", "b", "a"]
    assert names("ordering=display_name") == ["b", "c", "a"]
    assert names("ordering=-created_at") == ["c", "b", "a"]
    assert names("is_active=false") == ["b"]
    assert names("is_public=true&tool_type=endpoint") == ["c"]
    assert names("is_template=true") == ["a"]
    assert names("tool_type=lambda") == []
    assert names("search=mango") == ["c"]
    assert names("search=%25") == ["c"]
    assert names("search=where+TOOL+b_") == ["b"]
    assert "name" in api.wrong("GET", f"{TOOLS}?ordering=configuration", None)["ordering"]
    assert api.wrong("GET", f"{TOOLS}?tool_type=magic", None).keys() == {"tool_type"}
    assert api.wrong("GET", f"{TOOLS}?search=%00", None).keys() == {"search"}


@pytest.mark.parametrize("order", ["name", "-name", "display_name", "-created_at", "id"])
def test_pages_hold_every_tool_once(api, organization, order):
    for number in range(7):
        make_tool(organization, name=f"tool_{number}", display_name="Same")
    path, seen = f"{TOOLS}?page_size=3&ordering={order}", []
    while path:
        page = api("GET", path)
        seen += [each["name"] for each in page["results"]]
        path = page["next"] and page["next"].removeprefix("http://testserver")
    assert sorted(seen) == sorted({f"tool_{number}" for number in range(7)}) and len(seen) == 7


@pytest.mark.parametrize("position", ["p=banana", "p=%00", "p=" + "9" * 40, "o=5&p=x", "", "zzz"])
@pytest.mark.parametrize("order", ["id", "name", "created_at"])
def test_a_made_up_cursor_is_no_server_error(api, organization, position, order):
    from base64 import b64encode

    make_tool(organization)
    cursor = b64encode(position.encode()).decode()
    response = api.client.get(TOOLS, {"ordering": order, "cursor": cursor}, headers=api.headers)
    assert response.status_code in (200, 404), response.content


def test_counts_are_exact_and_queries_few(api, organization):
    tool = make_tool(organization)
    ran(tool)
    ran(tool, status="error")
    ran(tool, status="queued", uncounted=False)
    assert api("GET", TOOLS)["results"][0]["execution_count"] == 2
    assert api("GET", f"{TOOLS}/{tool.pk}")["execution_count"] == 2

    def queries():
        with CaptureQueriesContext(
            connection,
        ) as seen:
            api("GET", f"{TOOLS}?page_size=200")
        return len(seen)

    first = queries()
    Tool.unscoped.bulk_create(
        Tool(
            organization=organization, name=f"t{n}", display_name="T", tool_type="endpoint",
            configuration=endpoint_configuration(),
        )
        for n in range(1000)
    )  # fmt: skip
    assert queries() == first
    assert len(api("GET", f"{TOOLS}?page_size=200")["results"]) == 200


@pytest.mark.parametrize(
    ("role", "read", "write"), [("viewer", 200, 403), ("operator", 200, 403), ("builder", 200, 201)]
)
def test_roles(api_as, role, read, write):
    api = api_as(role)
    assert api("GET", TOOLS, read)["results"] == []
    api("POST", TOOLS, write, tool_values())
    assert Tool.unscoped.exists() is (write == 201)


def test_nobody_reads_without_a_key(client):
    assert client.get(TOOLS).status_code == 401


def test_another_organizations_tools_are_not_there(api, api_as, organization, other):
    tool = make_tool(organization, is_public=True)
    stranger = api_as("owner", other)
    assert stranger("GET", TOOLS)["results"] == []
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        stranger(method, f"{TOOLS}/{tool.pk}", 404, {})
    stranger("GET", f"{TOOLS}/{tool.pk}/logs", 404)
    api("GET", f"{TOOLS}/{10**18 - 1}", 404)


def test_logs_of_tools_and_assistants(api, organization, assistant):
    from tests.factories.assistants import make_assistant

    tool, elsewhere = make_tool(organization), make_tool(organization, name="other")
    first = ran(tool, assistant=assistant, input_parameters={"order_id": "7"}, message="Found.")
    second = ran(tool, assistant=make_assistant(organization), status="timeout")
    third = ran(elsewhere, assistant=assistant)
    logs = api("GET", f"{TOOLS}/{tool.pk}/logs/")["results"]
    assert [each["execution_id"] for each in logs] == [
        str(second.execution_id), str(first.execution_id),
    ]  # fmt: skip
    assert set(logs[0]) >= {
        "id", "tool_id", "assistant_id", "call_id", "execution_id", "input_parameters",
        "output_result", "status", "started_at", "completed_at", "duration_ms", "error_message",
        "error_code", "retry_count", "trigger_context", "user_id", "tool_name", "tool_version",
    }  # fmt: skip
    only = api("GET", f"{TOOLS}/{tool.pk}/logs?status=timeout")["results"]
    assert [each["id"] for each in only] == [second.pk]
    of_assistant = api("GET", f"/api/assistants/{assistant.pk}/tool-executions")["results"]
    assert [each["id"] for each in of_assistant] == [third.pk, first.pk]
    api("DELETE", f"{TOOLS}/{tool.pk}", 204)
    assert len(api("GET", f"{TOOLS}/{tool.pk}/logs")["results"]) == 2, "logs stay"


def test_logs_take_as_many_queries_for_many_rows(api, organization):
    tool = make_tool(organization)
    ran(tool)

    def queries():
        with CaptureQueriesContext(connection) as seen:
            api("GET", f"{TOOLS}/{tool.pk}/logs?page_size=200")
        return len(seen)

    queries()  # notes that the key was used
    first = queries()
    for _ in range(30):
        ran(tool)
    assert queries() == first


def test_unsafe_methods_are_never_redirected(api, organization, assistant):
    tool = make_tool(organization, is_template=True)
    assign = f"/api/assistants/{assistant.pk}/tools/{tool.pk}/assign"
    for path in (TOOLS, f"{TOOLS}/test", f"{TOOLS}/from-template/{tool.pk}", assign):
        for slash in ("", "/"):
            response = api.client.post(path + slash, "{}", "application/json", headers=api.headers)
            assert response.status_code in (200, 201, 400), path
