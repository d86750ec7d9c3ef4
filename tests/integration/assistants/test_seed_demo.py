"""The demo data: everything in it works, and making it twice makes nothing twice."""

from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from calls.models import Call
from tools_library.engine.registry import kinds
from tools_library.models import Approval, Tool, ToolExecution
from tools_library.services import catalog
from voiceassist.assistants.models import Assistant, PhoneNumber
from voiceassist.assistants.services import differs
from voiceassist.conversations.models import Conversation
from voiceassist.conversations.services import events, reading
from voiceassist.demo.seed import PASSWORD, PEOPLE, seed
from voiceassist.organizations.models import Membership, Organization, Role

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


def seed_demo() -> str:
    out = StringIO()
    call_command("seed_demo", stdout=out)
    return out.getvalue()


def counts() -> dict[str, int]:
    models = [model for model in apps.get_models() if hasattr(model, "unscoped")]
    return {model._meta.label: model.unscoped.count() for model in models}


@pytest.fixture
def shop() -> Organization:
    seed()
    return Organization.objects.get(slug="juniper-cycles")


def test_the_second_time_nothing_is_made_and_nothing_said() -> None:
    assert "owner@example.com" in seed_demo()
    before = counts()
    assert seed_demo() == ""
    assert counts() == before


def test_what_was_deleted_comes_back_alone(shop: Organization) -> None:
    before = counts()
    PhoneNumber.objects.of(shop).get(number="+12025550101").delete()
    assert seed() == ["number +12025550101"]
    assert counts() == before


def test_what_staff_changed_stays(shop: Organization) -> None:
    assistant = Assistant.objects.of(shop).get(slug="demo")
    assistant.instructions = "Something else."
    assistant.save()
    seed()
    assert Assistant.objects.of(shop).get(slug="demo").instructions == "Something else."


def test_the_demo_number_rings_a_published_assistant_with_tools(shop: Organization) -> None:
    assistant = PhoneNumber.objects.of(shop).get(number="+12025550100").assistant
    assert assistant is not None
    assert assistant.slug == "demo"
    assert not differs(assistant)
    names = {tool.name for tool in catalog.for_assistant(assistant)}
    assert {"lookup_order", "book_appointment", "slow_lookup", "endCall", "check_stock"} <= names


def test_the_tools_are_at_the_stand_ins(shop: Organization, settings: Any) -> None:
    settings.STAND_INS_URL = "http://127.0.0.1:9123"
    settings.OUTBOUND_ALLOW = ["127.0.0.1:9123"]
    seed()
    tool = Tool.objects.of(shop).get(name="lookup_order")
    assert tool.configuration["url"] == "http://127.0.0.1:9123/tools/orders/lookup"
    assert seed() == []
    settings.STAND_INS_URL = "http://127.0.0.1:9124"
    settings.OUTBOUND_ALLOW = ["127.0.0.1:9124"]
    assert "new address of opening_hours" in seed()
    moved = Tool.objects.of(shop).get(name="opening_hours")
    assert moved.configuration["url"] == "http://127.0.0.1:9124/mcp"


def test_there_is_a_tool_of_every_type_that_runs_here_and_a_template(shop: Organization) -> None:
    tools = Tool.objects.of(shop)
    assert set(tools.values_list("tool_type", flat=True)) == kinds()
    assert tools.filter(is_template=True).count() >= 3


@pytest.mark.parametrize("role", list(Role))
def test_somebody_of_each_role_signs_in(role: Role, shop: Organization) -> None:
    client = Client()
    data = {"login": PEOPLE[role], "password": PASSWORD}
    assert client.post("/accounts/login/", data).status_code == 302
    assert client.get("/calls").status_code == 200
    assert Membership.objects.of(shop).get(user__email=PEOPLE[role]).role == role


def test_past_calls_show_interruptions_and_every_kind_of_end(shop: Organization) -> None:
    calls = Call.objects.of(shop).prefetch_related("transcript_items")
    assert len(calls) == 12
    assert len({call.ended_reason for call in calls}) >= 6
    cut = [
        item
        for call in calls
        for item in call.transcript_items.all()
        if item.role == "assistant" and item.heard_text != item.text
    ]
    assert cut
    for item in cut:
        assert item.text.startswith(item.heard_text)
        assert item.heard_ms < item.generated_ms
    statuses = set(ToolExecution.objects.of(shop).values_list("status", flat=True))
    assert {"success", "error", "timeout"} <= statuses


def test_the_past_chat_has_every_kind_of_tool_and_opens(shop: Organization) -> None:
    talk = Conversation.objects.of(shop).get()
    told = [frame.type for frame in events.stored(talk.pk, 0)]
    assert {"tool_call_result", "tool_call_resolved", "approval_resolved"} <= set(told)
    assert told[-1] == "run_finished" and talk.last_seq == len(told)
    [question] = Approval.objects.of(shop)
    assert (question.tool_name, question.status) == ("cancel_order", "approved")
    client = Client()
    client.post("/accounts/login/", {"login": PEOPLE[Role.OWNER], "password": PASSWORD})
    listed = client.get("/assistants/demo/chat").content.decode()
    assert f"?thread={talk.thread_id}" in listed
    roles = [row["role"] for row in reading.detail(talk)["messages"]]
    assert roles == ["user", "assistant", "assistant"] * 3
    page = client.get(reverse("admin:conversations_conversation_change", args=[talk.pk]))
    assert "Order 1043 is cancelled." in page.content.decode()


def test_pages_of_past_calls_open(shop: Organization) -> None:
    client = Client()
    client.post("/accounts/login/", {"login": PEOPLE[Role.VIEWER], "password": PASSWORD})
    for call in Call.objects.of(shop):
        assert client.get(f"/calls/{call.pk}").status_code == 200
