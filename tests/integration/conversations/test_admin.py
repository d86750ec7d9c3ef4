"""Conversations in the admin: read by operators of the organization, stopped, never edited."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories.assistants import make_assistant
from tests.factories.conversations import make_conversation
from tests.factories.organizations import make_member, make_organization
from voiceassist.assistants.services import drafts, duplicate
from voiceassist.conversations.models import AgentRun, Conversation, Message, ToolProposal
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


def test_a_long_list_asks_no_more_of_the_database(shop):
    client, assistant = signed_in(shop, "operator"), make_assistant(shop)
    make_talk(shop, "customer-1", assistant)

    def queries():
        with CaptureQueriesContext(connection) as asked:
            assert client.get(reverse(LIST)).status_code == 200
        return len(asked)

    queries()
    few = queries()
    for number in range(2, 12):
        make_talk(shop, f"customer-{number}", assistant)
    assert Conversation.unscoped.count() == 11
    assert queries() == few


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
