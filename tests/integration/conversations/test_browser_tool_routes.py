"""Browser tools as programs register and list them: whose a name is, and lists of many."""

import pytest
import requests

from tests.factories.assistants import make_assistant
from tests.factories.organizations import make_key
from tests.factories.tools import make_tool

pytestmark = pytest.mark.embedded


class Builder:
    """A program that may build tools."""

    def __init__(self, chat):
        self.organization = chat.assistant.organization
        _, key = make_key(self.organization, "builder")
        self.root = f"{chat.site.url}/api/v1/tools/frontend"
        self.headers = {"Authorization": f"Bearer {key}"}
        self.first, self.second = (
            make_assistant(self.organization, slug=slug, name=slug) for slug in ("first", "second")
        )

    def register(self, description, agent=None, name="pick", field="color"):
        schema = {"type": "object", "properties": {field: {"type": "string"}}}
        body = {"tool": {"name": name, "description": description, "input_schema": schema}}
        if agent is not None:
            body["agent_id"] = agent.slug
        return requests.post(self.root, json=body, headers=self.headers, timeout=90)

    def get(self, url="", **query):
        answer = requests.get(url or self.root, params=query, headers=self.headers, timeout=90)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def picks(self, agent):
        tools = self.get(agent_id=agent.slug)["tools"]
        return [
            (tool["description"], list(tool["input_schema"]["properties"]))
            for tool in tools
            if tool["name"] == "pick"
        ]


@pytest.fixture
def builder(chat):
    return Builder(chat)


def test_one_agents_registration_leaves_another_agents_tool_as_it_is(builder):
    first, second = builder.first, builder.second
    assert builder.register("Pick a color.", first).status_code == 201
    for other in (second, None):
        for given in (("Pick a size.", "color"), ("Pick a color.", "size")):
            clash = builder.register(given[0], other, field=given[1])
            assert (clash.status_code, clash.json()["code"]) == (409, "name_taken"), clash.text
            assert "'pick'" in clash.json()["detail"]
    assert builder.picks(first) == [("Pick a color.", ["color"])]
    assert builder.picks(second) == []


def test_a_tool_is_changed_by_whoever_has_it_and_shared_as_it_is(builder):
    first, second = builder.first, builder.second
    assert builder.register("Pick a color.", first).status_code == 201
    assert builder.register("Pick any color.", first).status_code == 201
    assert builder.register("Pick any color.", second).status_code == 201
    assert builder.register("Pick a good color.", second).status_code == 201
    assert builder.picks(first) == builder.picks(second) == [("Pick a good color.", ["color"])]
    third = make_assistant(builder.organization, slug="third", name="third")
    assert builder.register("Pick a good color.").status_code == 201
    assert builder.picks(third) == [("Pick a good color.", ["color"])]


def test_a_tool_of_another_kind_keeps_its_name(builder):
    tool = make_tool(builder.organization, name="pick")
    for agent in (builder.first, None):
        clash = builder.register("Pick a color.", agent)
        assert (clash.status_code, clash.json()["code"]) == (409, "name_taken"), clash.text
    tool.refresh_from_db()
    assert tool.tool_type == "endpoint"
    assert builder.picks(builder.first) == []


def test_tools_are_read_page_by_page_as_every_list_is(builder):
    for name in ("pick", "align", "zoom"):
        assert builder.register("Does it.", builder.first, name=name).status_code == 201
    whole = builder.get(agent_id=builder.first.slug)
    assert sorted(whole) == ["next", "previous", "tools"]
    assert [tool["name"] for tool in whole["tools"]] == ["align", "pick", "zoom"]
    assert whole["next"] is whole["previous"] is None
    one = builder.get(agent_id=builder.first.slug, page_size=2)
    two = builder.get(one["next"])
    assert [[tool["name"] for tool in page["tools"]] for page in (one, two)] == [
        ["align", "pick"], ["zoom"],
    ]  # fmt: skip
    assert two["next"] is None and builder.get(two["previous"])["tools"] == one["tools"]
    checked = {"tool_name": "zoom", "arguments": {}, "agent_id": builder.first.slug}
    answer = requests.post(
        f"{builder.root}/execute", json=checked, headers=builder.headers, timeout=90
    )
    assert answer.json()["valid"] is True
