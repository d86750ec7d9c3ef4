"""REST of an assistant's tools, and of templates and copies of them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories.assistants import make_assistant
from tests.factories.organizations import make_credential
from tests.factories.tools import assign, endpoint_configuration, make_tool
from tools_library.models import AssistantTool, Tool, ToolReview
from tools_library.services.tools import save_tool

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
TOOLS = "/api/organization/tools"
BEARER = {"type": "bearer", "token_field": "SHOP_TOKEN"}


@pytest.fixture
def path(assistant):
    return f"/api/assistants/{assistant.pk}/tools"


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_tool_is_assigned_configured_and_taken_away(api, organization, path, slash):
    tool = make_tool(organization)
    tool = save_tool(organization, {"timeout_seconds": 4}, by=None, tool=tool)
    one = f"{path}/{tool.pk}"
    made = api("POST", f"{one}/assign{slash}", 201, {})
    assert (made["enabled"], made["custom_configuration"], made["execution_order"]) == (True, {}, 0)
    assert (made["pinned_version"], made["version"], made["name"]) == (None, "1.0.1", tool.name)
    assert api("GET", path + slash)["results"] == [made]
    how = {
        "enabled": False, "custom_configuration": {"timeout": 3}, "execution_order": -2,
        "pinned_version": "1.0.0",
    }  # fmt: skip
    configured = api("PUT", f"{one}/configure{slash}", 200, how)
    assert {name: configured[name] for name in how} == how
    assert configured["version"] == "1.0.0" and configured["effective"]["timeout_seconds"] == 3
    kept = api("PUT", f"{one}/configure", 200, {"pinned_version": None})
    assert (kept["pinned_version"], kept["enabled"]) == (None, False)
    assert api("POST", f"{one}/assign", 200, {"enabled": True})["enabled"] is True
    assert api("DELETE", f"{one}/unassign{slash}", 204) is None
    api("DELETE", f"{one}/unassign", 404)
    api("PUT", f"{one}/configure", 404, {})
    assert Tool.unscoped.count() == 1


@pytest.mark.parametrize(
    ("how", "field"),
    [
        ({"enabled": "perhaps"}, "enabled"),
        ({"execution_order": 10_000}, "execution_order"),
        ({"execution_order": "x"}, "execution_order"),
        ({"pinned_version": "9.9.9"}, "pinned_version"),
        ({"pinned_version": "x" * 30}, "pinned_version"),
        ({"custom_configuration": [1]}, "custom_configuration"),
        ({"custom_configuration": {"url": "ftp://x"}}, "custom_configuration.url"),
        ({"custom_configuration": {"url": None}}, "custom_configuration.url"),
        ({"custom_configuration": {"timeout": 0}}, "custom_configuration.timeout"),
        ({"custom_configuration": {"authentication": BEARER}}, "custom_configuration."
         "authentication.token_field"),
    ],
)  # fmt: skip
def test_a_bad_assignment_names_its_field(api, organization, path, how, field):
    tool = make_tool(organization)
    assert field in api.wrong("POST", f"{path}/{tool.pk}/assign", how)
    assert AssistantTool.unscoped.count() == 0


def test_assignments_come_in_their_order_with_few_queries(api, organization, assistant, path):
    for number in range(3):
        assign(assistant, make_tool(organization, name=f"t{number}"), execution_order=-number)

    def asked():
        with CaptureQueriesContext(connection) as seen:
            names = [each["name"] for each in api("GET", f"{path}?page_size=100")["results"]]
        return names, len(seen)

    asked()  # notes that the key was used
    names, first = asked()
    assert names == ["t2", "t1", "t0"]
    for number in range(3, 30):
        assign(assistant, make_tool(organization, name=f"t{number}"))
    names, later = asked()
    assert (len(names), later) == (30, first)
    api("DELETE", f"{TOOLS}/{Tool.unscoped.get(name='t1').pk}", 204)
    assert "t1" not in asked()[0], "an archived tool is nobody's"


def test_who_may_assign_and_what(api_as, organization, other, assistant, path):
    tool = make_tool(organization)
    assert api_as("operator")("GET", path)["results"] == []
    api_as("operator")("POST", f"{path}/{tool.pk}/assign", 403, {})
    builder = api_as("builder")
    builder("POST", f"{path}/{make_tool(other).pk}/assign", 404, {})
    foreign = make_assistant(other)
    builder("POST", f"/api/assistants/{foreign.pk}/tools/{tool.pk}/assign", 404, {})
    builder("GET", f"/api/assistants/{foreign.pk}/tools", 404)
    builder("GET", f"/api/assistants/{foreign.pk}/tool-executions", 404)
    api_as("owner", other)("GET", path, 404)
    assert not AssistantTool.unscoped.exists()
    builder("POST", f"{path}/{tool.pk}/assign", 201, {})
    assert AssistantTool.unscoped.get().tool_id == tool.pk


# --- templates --------------------------------------------------------------------------------


def shared(other, **more):
    """A template of another organization, with a credential of its own."""
    if not more.pop("bare", False):
        make_credential(other, "SHOP_TOKEN", "their-secret")
        make_credential(other, "SHOP_KEY", "their-key")
    configuration = endpoint_configuration(
        authentication=BEARER, headers={"X-Key": "${SHOP_KEY}", "X-Shop": "${shop}"}
    )
    values = {
        "configuration": configuration, "is_template": True,
        "behaviour": {"fixed_parameters": {"shop": "north"}}, **more,
    }  # fmt: skip
    return make_tool(other, **values)


def test_what_is_shared_is_listed_for_everybody(api_as, organization, other):
    template = shared(other)
    public = make_tool(organization, name="public_tool", is_public=True)
    make_tool(other, name="private_tool")
    make_tool(other, name="switched_off", is_template=True, is_active=False)
    for api in (api_as("viewer"), api_as("viewer", other)):
        for path in ("/api/tools/templates", "/api/tool-templates/"):
            (listed,) = api("GET", path)["results"]
            assert listed["id"] == template.pk
            assert listed["credentials"] == ["SHOP_KEY", "SHOP_TOKEN"]
            assert listed["organization_name"] == "Harbour Books"
        assert [each["id"] for each in api("GET", "/api/tools/public/")["results"]] == [public.pk]
        assert api("GET", f"/api/tool-templates/{template.pk}") == listed
        assert "their-secret" not in str(listed)
        assert api("GET", "/api/tools/templates?search=nothing")["results"] == []
    api("GET", f"/api/tool-templates/{make_tool(other, name='own').pk}", 404)


def test_a_template_is_copied_with_names_and_never_values(api, organization, other):
    template = shared(other)
    made = api("POST", f"{TOOLS}/from-template/{template.pk}", 201, {})
    assert made["missing_credentials"] == ["SHOP_KEY", "SHOP_TOKEN"]
    assert made["organization_id"] == organization.pk
    assert (made["name"], made["is_template"], made["is_public"]) == ("lookup_order", False, False)
    assert made["configuration"] == template.configuration
    assert made["behaviour"] == template.behaviour and made["version"] == "1.0.0"
    assert ToolReview.objects.of(organization).get().status == "pending"
    make_credential(organization, "SHOP_TOKEN")
    again = api("POST", f"{TOOLS}/from-template/{template.pk}/", 201, {})
    assert (again["name"], again["missing_credentials"]) == ("lookup_order_2", ["SHOP_KEY"])
    assert again["function_definition"]["function"]["name"] == "lookup_order_2"


def test_a_copy_may_differ(api, other):
    template = shared(other)
    body = {
        "name": "find_order", "display_name": "Find", "description": "Finds it.",
        "configuration": {"url": "https://shop.example.com/a", "headers": None},
    }  # fmt: skip
    made = api("POST", f"{TOOLS}/from-template/{template.pk}", 201, body)
    assert (made["name"], made["display_name"], made["description"]) == (
        "find_order", "Find", "Finds it.",
    )  # fmt: skip
    assert made["configuration"]["url"] == "https://shop.example.com/a"
    assert "headers" not in made["configuration"]
    assert made["missing_credentials"] == ["SHOP_TOKEN"]
    path = f"{TOOLS}/from-template/{template.pk}"
    assert "name" in api.wrong("POST", path, {"name": "find_order"})
    assert "configuration.url" in api.wrong("POST", path, {"configuration": {"url": "x"}})
    assert "configuration.url" in api.wrong(
        "POST", path, {"configuration": {"url": "https://a.example.com/${shop"}}
    )


def test_a_copy_is_saved_again_once_its_credentials_are_there(api, organization, other):
    made = api("POST", f"{TOOLS}/from-template/{shared(other).pk}", 201, {})
    path = f"{TOOLS}/{made['id']}"
    wrong = api.wrong("PATCH", path, {"display_name": "Orders"})
    assert "Add it on the Credentials page" in wrong["configuration.authentication.token_field"]
    for name in made["missing_credentials"]:
        make_credential(organization, name)
    api("PATCH", path, 200, {"display_name": "Orders"})


def test_a_copy_goes_to_an_assistant_at_once(api, organization, assistant, other, path):
    template = shared(other)
    body = {"name": "find_order", "execution_order": 4}
    made = api("POST", f"{path}/from-template/{template.pk}/", 201, body)
    assert (made["name"], made["execution_order"]) == ("find_order", 4)
    assert made["tool"]["missing_credentials"] == ["SHOP_KEY", "SHOP_TOKEN"]
    assert made["tool_id"] == made["tool"]["id"]
    assert [each["name"] for each in api("GET", path)["results"]] == ["find_order"]
    wrong = {"custom_configuration": {"url": "ftp://x"}}
    api("POST", f"{path}/from-template/{template.pk}", 400, wrong)
    assert Tool.objects.of(organization).count() == 1, "both or neither"


def test_who_may_copy_what(api_as, organization, other, path):
    private = make_tool(other)
    template = make_tool(other, name="t", is_template=True)
    api = api_as("builder")
    api("POST", f"{TOOLS}/from-template/{private.pk}", 404, {})
    api_as("operator")("POST", f"{TOOLS}/from-template/{template.pk}", 403, {})
    api_as("operator")("POST", f"{path}/from-template/{template.pk}", 403, {})
    public = make_tool(other, name="p", is_public=True)
    api("POST", f"{TOOLS}/from-template/{public.pk}", 201, {})
    own = make_tool(organization, name="own", is_template=True)
    assert api("POST", f"{TOOLS}/from-template/{own.pk}", 201, {})["name"] == "own_2"


def test_an_assistant_answers_to_its_slug(api, organization, assistant):
    tool = make_tool(organization)
    by_slug = f"/api/assistants/{assistant.slug}/tools"
    made = api("POST", f"{by_slug}/{tool.pk}/assign", 201, {})
    assert made["assistant_id"] == assistant.pk
    assert api("GET", by_slug)["results"] == [made]
    assert "id or slug" in api("GET", "/api/assistants/nobody/tools", 404)["detail"]
    assert "id or slug" in api("GET", f"/api/assistants/{'9' * 30}/tools", 404)["detail"]
