"""REST of bundles: tools go out as one document and come in elsewhere, all or none, no secrets."""

import json

import pytest

from tests.factories.organizations import make_credential
from tests.factories.tools import endpoint_configuration, make_tool, tool_values
from tools_library.models import Tool, ToolReview, ToolVersion

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
EXPORT, IMPORT = "/api/tools/export", "/api/tools/import"
CANARY = "canary-of-the-shop-token"
BEARER = {"type": "bearer", "token_field": "SHOP_TOKEN"}


@pytest.fixture
def tools(organization):
    """Tools of several kinds, one of them with a credential."""
    make_credential(organization, value=CANARY)
    return [
        make_tool(
            organization,
            name="delivery_day",
            tool_type="python_function",
            configuration={
                "type": "python_function",
                "code": "def execute_tool(parameters, context):\n    return 'On Monday.'",
                "environment_variables": ["SHOP_TOKEN"],
            },
        ),
        make_tool(
            organization,
            configuration=endpoint_configuration(authentication=BEARER),
            behaviour={"runs_per_call": 3, "fixed_parameters": {"shop": "main"}},
            timeout_seconds=4,
            allowed_contexts=["call"],
            is_public=True,
        ),
        make_tool(
            organization,
            name="send_sms",
            tool_type="builtin",
            configuration={"type": "builtin", "builtin": "send_sms"},
        ),
    ]


def entry(**more):
    return tool_values(**more)


@pytest.mark.parametrize("slash", ["", "/"])
def test_what_one_organization_exports_another_gets_as_the_same_tools(
    tools, api, api_as, other, slash
):
    bundle = api("GET", EXPORT + slash)
    assert (bundle["format"], bundle["version"]) == ("voiceassist.tools", 1)
    assert bundle["credentials"] == ["SHOP_TOKEN"]
    theirs = api_as("admin", other)
    taken = theirs("POST", IMPORT + slash, 200, bundle)
    assert [(each["name"], each["what"]) for each in taken["tools"]] == [
        (tool.name, "made") for tool in tools
    ]
    assert taken["missing_credentials"] == ["SHOP_TOKEN"]
    assert theirs("GET", EXPORT) == bundle
    assert not Tool.objects.of(other).filter(is_public=True).exists(), "sharing is not taken along"

    make_credential(other)
    again = theirs("POST", IMPORT, 200, bundle)
    assert {each["what"] for each in again["tools"]} == {"kept"}
    assert again["missing_credentials"] == []


def test_no_secret_is_in_an_export(tools, api):
    assert CANARY not in json.dumps(api("GET", EXPORT))


def test_an_export_has_the_tools_of_the_keys_own_organization_alone(tools, api_as, other):
    assert api_as("owner", other)("GET", EXPORT)["tools"] == []


def test_archived_tools_stay_behind(tools, api):
    api("DELETE", f"/api/organization/tools/{tools[0].pk}", 204)
    assert [each["name"] for each in api("GET", EXPORT)["tools"]] == ["lookup_order", "send_sms"]


def test_a_name_that_is_there_becomes_a_new_version_where_it_differs(tools, api):
    bundle = api("GET", EXPORT)
    before = {tool.name: tool.updated_at for tool in Tool.unscoped.all()}
    bundle["tools"][1]["timeout_seconds"] = 5
    bundle["tools"][2]["display_name"] = "Text somebody"
    done = api("POST", IMPORT, 200, bundle)["tools"]
    assert [(each["name"], each["version"], each["what"]) for each in done] == [
        ("delivery_day", "1.0.0", "kept"),
        ("lookup_order", "1.0.1", "changed"),
        ("send_sms", "1.0.0", "changed"),
    ]
    rows = {tool.name: tool for tool in Tool.unscoped.all()}
    assert {tool.pk for tool in tools} == {tool.pk for tool in rows.values()}
    assert rows["delivery_day"].updated_at == before["delivery_day"], "equal ones are not touched"
    assert (rows["lookup_order"].timeout_seconds, rows["lookup_order"].is_public) == (5, True)
    assert rows["send_sms"].display_name == "Text somebody"


def test_a_builders_import_waits_for_a_review_and_an_admins_does_not(api, api_as):
    api("POST", IMPORT, 200, {"tools": [entry()]})
    api_as("admin")("POST", IMPORT, 200, {"tools": [entry(name="find_order")]})
    states = ToolReview.unscoped.order_by("id").values_list("status", flat=True)
    assert list(states) == ["pending", "approved"]


def test_every_wrong_entry_is_told_by_index_and_field_and_nothing_is_saved(api, organization):
    make_tool(organization)
    wrong = api.wrong(
        "POST",
        IMPORT,
        {
            "tools": [
                entry(timeout_seconds=7),
                entry(name="a", configuration=endpoint_configuration("ftp://x")),
                entry(name="two words", side_effect="magic"),
                "lookup",
                entry(name="b"),
                entry(name="b"),
                entry(name="c", is_public=True),
                entry(
                    name="d",
                    tool_type="python_function",
                    configuration={"type": "python_function", "code": "def execute_tool("},
                ),
            ]
        },
    )
    assert set(wrong) == {
        "tools.1.configuration.url",
        "tools.2.name",
        "tools.2.side_effect",
        "tools.3",
        "tools.5.name",
        "tools.6.is_public",
        "tools.7.configuration.code",
    }
    assert "https" in wrong["tools.1.configuration.url"]
    assert (Tool.unscoped.get().timeout_seconds, ToolVersion.unscoped.count()) == (None, 1)


@pytest.mark.parametrize(
    ("bundle", "field", "part"),
    [
        ([entry()], "tools", "JSON object"),
        ({}, "tools", "list"),
        ({"tools": []}, "tools", "list"),
        ({"tools": {"a": 1}}, "tools", "list"),
        ({"tools": [entry()] * 201}, "tools", "200"),
        ({"tools": [entry()], "format": "theirs"}, "format", "voiceassist.tools"),
        ({"tools": [entry()], "version": 2}, "version", "1"),
        ({"tools": [entry()], "tool": []}, "tool", "known"),
        ({"tools": [entry(description="nul \x00")]}, "", ""),
        ({"tools": [entry(name=["a"], allowed_contexts=[{}], tool_type=[])]}, "tools.0.name", ""),
    ],
)
def test_what_is_no_bundle_is_told(api, bundle, field, part):
    wrong = api.wrong("POST", IMPORT, bundle)
    assert part in (wrong[field] if field else str(wrong))
    assert not Tool.unscoped.exists()


def test_what_comes_with_the_platform_may_leave_its_name_out_each_time(api):
    nameless = {"tool_type": "builtin", "configuration": {"builtin": "send_sms"}}
    for what in ("made", "kept"):
        (done,) = api("POST", IMPORT, 200, {"tools": [nameless]})["tools"]
        assert (done["name"], done["what"]) == ("send_sms", what)


def test_a_credential_in_the_key_of_an_object_is_told_as_missing(api, api_as, organization, other):
    make_credential(organization)
    body = {"${SHOP_TOKEN}": "${order_id}"}
    make_tool(organization, configuration=endpoint_configuration(request_body_template=body))
    bundle = api("GET", EXPORT)
    assert bundle["credentials"] == ["SHOP_TOKEN"]
    taken = api_as("admin", other)("POST", IMPORT, 200, bundle)
    assert taken["missing_credentials"] == ["SHOP_TOKEN"]


def test_a_tool_that_somebody_makes_meanwhile_is_replaced(api, organization, monkeypatch):
    from tools_library.services import bundles

    judged = bundles.validation.clean_tool

    def beside(*asked, **more):
        clean = judged(*asked, **more)
        if clean["name"] == "second":
            Tool.unscoped.create(organization=organization, name="second", version="1.0.0")
        return clean

    monkeypatch.setattr(bundles.validation, "clean_tool", beside)
    done = api("POST", IMPORT, 200, {"tools": [entry(name="first"), entry(name="second")]})
    assert [each["what"] for each in done["tools"]] == ["made", "changed"]
    assert Tool.unscoped.filter(name="second").count() == 1


@pytest.mark.parametrize(
    ("role", "reads", "writes"),
    [("viewer", 200, 403), ("operator", 200, 403), ("builder", 200, 200)],
)
def test_whoever_may_save_tools_may_import_them(api_as, role, reads, writes):
    api_as(role)("GET", EXPORT, reads)
    api_as(role)("POST", IMPORT, writes, {"tools": [entry()]})
    assert Tool.unscoped.exists() == (writes == 200)
