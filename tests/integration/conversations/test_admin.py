"""Conversations in the admin: read by operators of the organization, stopped, never edited."""

import json

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.factories.assistants import make_assistant
from tests.factories.conversations import give_browser_tool, make_conversation, make_participant
from tests.factories.organizations import make_member, make_organization
from tools_library.services import catalog, execution
from tools_library.services.origins import Origin
from voiceassist.assistants.services import drafts, duplicate
from voiceassist.conversations.models import (
    AgentRun,
    Conversation,
    Message,
    RunEvent,
    ToolProposal,
)
from voiceassist.conversations.services.people import Participant
from voiceassist.foundation.errors import InvalidInput

LIST, ONE = "admin:conversations_conversation_changelist", "admin:conversations_conversation_change"


@pytest.fixture
def shop(db):
    return make_organization()


def signed_in(organization, role):
    client = Client()
    backend = "allauth.account.auth_backends.AuthenticationBackend"
    client.force_login(make_member(organization, role), backend=backend)
    return client


def make_talk(organization, name, assistant=None):
    """A conversation of an end user that waits for its page."""
    who = Participant(organization.pk, name, end_user=name)
    talk = make_conversation(who, assistant=assistant or make_assistant(organization))
    ours = {"organization": organization, "conversation": talk}
    run = AgentRun.unscoped.create(**ours, status="awaiting_frontend_tool", phase="tools")
    words = "<script>alert(1)</script>"
    said = Message.unscoped.create(**ours, run=run, position=0, role="user", text=words)
    ToolProposal.unscoped.create(
        **ours, run=run, message=said, step=1, position=0, tool_call_id=name, tool_name="show_map",
        arguments="{}", status="pending_frontend",
    )  # fmt: skip
    return talk


def test_operators_read_and_stop_and_nobody_edits(shop):
    talk, client = make_talk(shop, "customer-17"), signed_in(shop, "operator")
    page = client.get(reverse(ONE, args=[talk.pk])).content.decode()
    assert "&lt;script&gt;alert(1)" in page and "<script>alert(1)" not in page
    assert "show_map" in page and "customer-17" in page
    assert 'name="_save"' not in page
    form = {"action": "stop", "_selected_action": [talk.pk]}
    told = client.post(reverse(LIST), form, follow=True).content.decode()
    assert "Stopped: 1." in told
    assert AgentRun.unscoped.get().status == "cancelled"


def test_others_read_nothing(shop):
    talk = make_talk(shop, "customer-17")
    for client in (signed_in(shop, "viewer"), signed_in(make_organization(), "owner")):
        answer = client.get(reverse(ONE, args=[talk.pk]), follow=True)
        assert "show_map" not in answer.content.decode()
        client.post(reverse(LIST), {"action": "stop", "_selected_action": [talk.pk]})
    assert AgentRun.unscoped.get().status == "awaiting_frontend_tool"


def test_the_page_stops_the_answer_and_comes_back(shop):
    talk, client = make_talk(shop, "customer-17"), signed_in(shop, "operator")
    page = client.get(reverse(ONE, args=[talk.pk])).content.decode()
    assert "Waiting for the browser" in page and ">Stop the answer</button>" in page
    form = {"action": "stop", "_selected_action": [talk.pk], "from_page": "1"}
    answer = client.post(reverse(LIST), form)
    assert answer["Location"] == reverse(ONE, args=[talk.pk])
    page = client.get(answer["Location"]).content.decode()
    assert "Stopped: 1." in page and "Cancelled" in page
    assert ">Stop the answer</button>" not in page
    told = client.post(reverse(LIST), form, follow=True).content.decode()
    assert "Nothing was going on in 1." in told


def test_calls_lead_to_their_runs_and_questions_and_these_back(shop):
    who = make_participant(shop)
    assistant = make_assistant(shop)
    give_browser_tool(assistant, "ask_person", require_confirmation=True)
    talk = make_conversation(who, assistant=assistant)
    origin = Origin(shop.pk, "chat", "conversation", str(talk.pk), assistant.pk)
    [tool] = catalog.for_assistant(assistant, trigger="chat")
    row = execution.request(tool, {"question": "<b>Really?"}, origin, tool_call_id="call_1")
    ours = {"organization": shop, "conversation": talk}
    run = AgentRun.unscoped.create(**ours, status="awaiting_approval", phase="tools")
    said = Message.unscoped.create(**ours, run=run, position=0, role="assistant", text="")
    ToolProposal.unscoped.create(
        **ours, run=run, message=said, step=1, position=0, tool_call_id="call_1", execution=row,
        tool_name="ask_person", arguments="{}", status="pending_approval",
    )  # fmt: skip
    client, here = signed_in(shop, "operator"), reverse(ONE, args=[talk.pk])
    page = client.get(here).content.decode()
    assert "question: &lt;b&gt;Really?" in page
    for name, key in (("toolexecution", row.pk), ("approval", row.approval.pk)):
        link = reverse(f"admin:tools_library_{name}_change", args=[key])
        assert f'href="{link}"' in page
        listed = reverse(f"admin:tools_library_{name}_changelist")
        for path in (link, listed):
            assert f'href="{here}"' in client.get(path).content.decode()


def test_what_clients_saw_is_told_in_order_and_escaped(shop):
    talk = make_talk(shop, "customer-17")
    for seq, data in ((1, {"pieces": ["<i>Hel", "lo"]}), (2, {"message": "</pre>"})):
        RunEvent.unscoped.create(
            organization=shop, conversation=talk, first_seq=seq, seq=seq, type=f"kind_{seq}",
            data=data, at=timezone.now(),
        )  # fmt: skip
    page = signed_in(shop, "operator").get(reverse(ONE, args=[talk.pk])).content.decode()
    assert page.index("<b>kind_1</b> &lt;i&gt;Hello") < page.index("<b>kind_2</b>")
    assert "&lt;/pre&gt;" in page


def test_what_was_called_is_read_in_the_order_in_which_it_ran(shop):
    talk, turned = make_talk(shop, "customer-17"), "\u202egnp.exe\u2066"
    ToolProposal.unscoped.update(tool_name=turned, arguments=json.dumps({turned: turned}))
    RunEvent.unscoped.create(
        organization=shop, conversation=talk, first_seq=1, seq=1, type="tool_call_start",
        data={"delta": turned}, at=timezone.now(),
    )  # fmt: skip
    page = signed_in(shop, "operator").get(reverse(ONE, args=[talk.pk])).content.decode()
    assert "\u202e" not in page and page.count(r"\u202egnp.exe\u2066") == 4


def queries(client, path):
    with CaptureQueriesContext(connection) as asked:
        assert client.get(path).status_code == 200
    return len(asked)


def test_a_list_of_a_thousand_asks_the_database_as_often_as_one_of_ten(shop):
    client, assistant = signed_in(shop, "operator"), make_assistant(shop)

    def more(first, last):
        Conversation.unscoped.bulk_create(
            Conversation(
                organization=shop, assistant=assistant, thread_id=f"t{n}", end_user=f"c{n}"
            )
            for n in range(first, last)
        )

    more(0, 10)
    queries(client, reverse(LIST))
    few = queries(client, reverse(LIST))
    more(10, 1_000)
    assert Conversation.unscoped.count() == 1_000
    # A list of more than one page counts nothing twice, and fetches nothing row by row.
    assert queries(client, reverse(LIST)) == few


def test_a_long_conversation_asks_the_database_as_often_as_a_short_one(shop):
    client, talk = signed_in(shop, "operator"), make_talk(shop, "customer-17")
    path = reverse(ONE, args=[talk.pk])
    queries(client, path)
    few = queries(client, path)
    ours = {"organization": shop, "conversation": talk, "run": talk.runs.get()}
    Message.unscoped.bulk_create(
        Message(**ours, position=n, role="user", text=f"words {n}") for n in range(1, 300)
    )
    said = Message.unscoped.get(position=299)
    ToolProposal.unscoped.bulk_create(
        ToolProposal(
            **ours, message=said, step=2, position=n, tool_call_id=f"c{n}", tool_name="show_map",
            arguments="{}", status="succeeded",
        )
        for n in range(16)
    )  # fmt: skip
    Conversation.unscoped.update(message_count=300)
    assert queries(client, path) == few
    page = client.get(path).content.decode()
    assert "The newest 200 of 300 messages." in page
    assert "words 100<" in page and "words 99<" not in page


def test_a_class_name_is_one_assistants_alone(shop):
    assistant = make_assistant(shop, agent_class_name="StudyAgent")
    page = signed_in(shop, "builder").get(
        reverse("admin:assistants_assistant_change", args=[assistant.pk])
    )
    assert 'value="StudyAgent"' in page.content.decode()
    with pytest.raises(InvalidInput) as refused:
        make_assistant(shop, agent_class_name="StudyAgent")
    assert set(refused.value.errors) == {"agent_class_name"}
    assert duplicate(assistant, None).agent_class_name == ""
    assert drafts.save(assistant).agent_class_name == "StudyAgent"
