"""A yes in a conversation that is remembered: how long, for what, and how it ends."""

import json

import pytest
from django.test import Client

from tests.factories.conversations import ASK, give_browser_tool, make_conversation
from tests.factories.conversations import make_participant as participant
from tests.factories.organizations import PASSWORD
from tests.integration.conversations.scripted import call, kinds, until_rest
from tests.integration.conversations.test_agent import in_db, say
from tools_library.approvals import answering as approvals
from tools_library.models import Approval, ApprovalGrant, Tool
from tools_library.services.tools import save_tool
from voiceassist.foundation.errors import InvalidInput

ONE, OTHER = {"question": "One?"}, {"question": "Other?"}
GRANTS = "/api/organization/grants"


class Asking:
    """An agent whose tool asks its user first; each message makes the model call it once more."""

    def __init__(self, model, who, conversation):
        self.model, self.who, self.conversation, self.calls = model, who, conversation, 0

    async def asks(self, arguments, conversation=None):
        """Return whether the call waits for a yes; else it went to the browser at once."""
        conversation = conversation or self.conversation
        self.calls += 1
        self.model.says(call("ask_person", arguments, f"call_{self.calls}"))
        started = await say(conversation, "Go")
        frames = await until_rest(conversation, 0)
        own = [frame for frame in frames if frame.seq > started.after]
        return "approval_required" in kinds(own)

    async def yes(self, **answer):
        approval = await in_db(Approval.unscoped.select_related("execution__definition").get,
                               status="pending")  # fmt: skip
        given = approvals.Answer("approve", **answer)
        await in_db(approvals.answer, approval, given, by=self.who.user)
        await until_rest(self.conversation)

    async def another_thread(self):
        return await in_db(make_conversation, self.who, assistant=self.conversation.assistant)


async def asking(model, **values):
    who = await in_db(participant)
    conversation = await in_db(make_conversation, who)
    values = {"require_confirmation": True, **values}
    await in_db(give_browser_tool, conversation.assistant, **values)
    return Asking(model, who, conversation)


async def test_grants_hold_once_for_a_thread_or_always(model):
    agent = await asking(model)
    assert await agent.asks(ONE)
    await agent.yes()
    assert await agent.asks(ONE)
    await agent.yes(remember="conversation")
    assert not await agent.asks(OTHER)
    elsewhere = await agent.another_thread()
    assert await agent.asks(ONE, elsewhere)
    await agent.yes(remember="always")
    assert not await agent.asks(OTHER, await agent.another_thread())


async def test_grants_for_exact_arguments_ask_for_others(model):
    agent = await asking(model)
    assert await agent.asks(ONE)
    await agent.yes(remember="always", exact=True)
    assert not await agent.asks(ONE)
    assert await agent.asks(OTHER)


async def test_grants_end_with_another_schema(model):
    agent = await asking(model)
    assert await agent.asks(ONE)
    await agent.yes(remember="always")
    more = {**ASK, "properties": {**ASK["properties"], "why": {"type": "string"}}}
    tool = await in_db(Tool.unscoped.get)
    await in_db(save_tool, agent.conversation.assistant.organization,
                {"function_definition": more}, by=None, tool=tool)  # fmt: skip
    assert await agent.asks(ONE)
    assert "schema" in (await in_db(ApprovalGrant.unscoped.get)).end_reason


async def test_grants_are_listed_and_revoked_over_the_api(model):
    agent = await asking(model)
    assert await agent.asks(ONE)
    await agent.yes(remember="always")

    def revoke():
        client = Client()
        assert client.login(email=agent.who.user.email, password=PASSWORD)
        [grant] = client.get(f"{GRANTS}?active=true").json()["results"]
        assert (grant["scope"], grant["tool_name"]) == ("always", "ask_person")
        assert client.delete(f"{GRANTS}/{grant['id']}").status_code == 204
        assert json.loads(client.get(f"{GRANTS}?active=true").content)["results"] == []

    await in_db(revoke)
    assert await agent.asks(ONE)


@pytest.mark.parametrize(
    ("holds", "refused", "words"),
    [
        ("conversation", ["always"], "in each conversation"),
        ("once", ["always", "conversation"], "each time"),
    ],
)
async def test_grants_are_no_longer_than_a_dangerous_tool_allows(model, holds, refused, words):
    agent = await asking(model, behaviour={"yes_holds": holds})
    assert await agent.asks(ONE)
    for remember in refused:
        with pytest.raises(InvalidInput) as error:
            await agent.yes(remember=remember)
        assert words in error.value.errors["remember"]
    await agent.yes(remember=holds)
    assert await agent.asks(ONE) is (holds == "once")


async def test_grants_that_a_tool_no_longer_allows_count_no_more(model):
    agent = await asking(model)
    assert await agent.asks(ONE)
    await agent.yes(remember="always")
    tool = await in_db(Tool.unscoped.get)
    await in_db(save_tool, agent.conversation.assistant.organization,
                {"behaviour": {"yes_holds": "once"}}, by=None, tool=tool)  # fmt: skip
    assert await agent.asks(ONE)
