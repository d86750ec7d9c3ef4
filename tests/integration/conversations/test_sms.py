"""Conversations by text message: signed webhooks in, Twilio's REST API out, over real sockets."""

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import requests
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories.calls import CALLER, OUR_NUMBER
from tests.factories.organizations import make_key, make_member
from tests.factories.tools import assign, endpoint_configuration, make_tool
from tests.integration.conversations.scripted import call
from tests.integration.conversations.texter import EMPTY, SECONDS, Texter
from tests.security.outbound.servers import RawServer, answering
from tests.services.ports import free_port, wait_for
from tools_library.approvals import answering as approvals
from tools_library.models import ToolExecution
from voiceassist.assistants.services import drafts
from voiceassist.conversations.models import (
    AgentRun,
    Conversation,
    IncomingText,
    Message,
    OutgoingText,
)
from voiceassist.conversations.services import settling, sms_receiving, sms_sending

pytestmark = pytest.mark.embedded

STRANGER, UNREACHABLE = "+12025550111", "+12025550199"


def give_order_tool(texter, **values):
    url = f"{texter.site.stand_ins.url}/tools/orders/lookup"
    configuration = endpoint_configuration(url, request_body_template="${parameters}")
    values = {"configuration": configuration, "timeout_seconds": 120, **values}
    assign(texter.assistant, make_tool(texter.organization, **values))


def statuses(model):
    return list(model.unscoped.order_by("pk").values_list("status", flat=True))


def wait_for_rows(model, *wanted):
    wait_for(lambda: statuses(model) == list(wanted), seconds=SECONDS, what=f"{wanted}",
             log=lambda: str(statuses(model)))  # fmt: skip


def test_texts_are_answered_in_one_conversation_with_the_assistants_tools(model, texter):
    give_order_tool(texter)
    model.says("One moment.", call("lookup_order", {"order_id": "1042"}))
    model.says("It is on its way.")
    model.says("You are welcome.")
    assert texter.write("Where is order 1042?") == EMPTY
    texter.gets("One moment.\n\nIt is on its way.")
    assert texter.write("Thank you") == EMPTY
    texter.gets("One moment.\n\nIt is on its way.", "You are welcome.")
    talk = texter.conversation()
    assert (talk.channel, talk.phone_number, talk.our_number) == ("sms", CALLER, OUR_NUMBER)
    run = ToolExecution.unscoped.get()
    assert (run.trigger_context, run.status) == ("sms", "success")
    assert "You write text messages" in model.requests[0].messages[0]["content"]
    said = [each["content"] for each in model.requests[2].messages if each["role"] == "user"]
    assert said == ["Where is order 1042?", "Thank you"]


def test_unsigned_texts_are_refused_and_leave_nothing(texter):
    for headers in ({}, {"X-Twilio-Signature": "bm9wZQ=="}):
        assert texter.post(texter.form("Hello"), headers).status_code == 403
    assert not Conversation.unscoped.exists() and not IncomingText.unscoped.exists()


def test_a_repeated_webhook_is_answered_as_the_first_time_and_has_one_effect(model, texter):
    model.says("Hello.")
    form, unreadable = texter.form("Hi"), texter.form("", NumMedia="1")
    with ThreadPoolExecutor(4) as pool:
        answers = {each.text for each in pool.map(texter.post, [form] * 4)}
    assert answers == {EMPTY}
    texter.gets("Hello.")
    assert len({texter.post(unreadable).text for _ in range(3)}) == 1
    assert Message.unscoped.filter(role="user").count() == 1
    assert statuses(IncomingText) == ["said", "kept"]


def test_what_comes_while_the_assistant_answers_is_said_when_it_has_ended(model, texter):
    on = asyncio.Event()
    model.says("One.", on)
    model.says("Two and three.")
    texter.write("1")
    wait_for(lambda: model.requests, seconds=SECONDS, what="the first step")
    texter.write("2")
    texter.write("3")
    assert statuses(IncomingText) == ["said", "waiting", "waiting"]
    texter.site.loop.call_soon_threadsafe(on.set)
    texter.gets("One.", "Two and three.")
    assert model.requests[1].messages[-1] == {"role": "user", "content": "2\n3"}
    assert AgentRun.unscoped.count() == 2 and statuses(IncomingText) == ["said"] * 3


def test_a_long_answer_goes_out_in_parts_in_order(model, texter):
    long = " ".join(f"Sentence number {number}." for number in range(200))
    model.says(long)
    texter.write("Tell me everything")
    wait_for_rows(OutgoingText, *["sent"] * 3)
    assert all(len(part) <= 1_600 for part in texter.got())
    assert " ".join(texter.got()) == long


def test_after_stop_nothing_is_sent_until_start(model, texter):
    on = asyncio.Event()
    model.says("Too late.", on)
    model.says("Here I am.")
    texter.write("Hello")
    wait_for(lambda: model.requests, seconds=SECONDS, what="the step")
    assert texter.write("Stop") == EMPTY
    assert statuses(AgentRun) == ["cancelled"]
    texter.site.loop.call_soon_threadsafe(on.set)
    assert texter.write("HELP") == EMPTY and texter.write("Are you there?") == EMPTY
    assert "You get our messages again." in texter.write("START")
    texter.write("Hello again")
    texter.gets("Here I am.")
    assert len(model.requests) == 2


def test_what_is_due_when_they_write_stop_is_not_sent(model, texter, settings, long_pauses):
    settings.TWILIO_API_BASE_URL = f"http://127.0.0.1:{free_port()}"
    model.says("Hello.")
    texter.write("Hi")
    wait_for(lambda: OutgoingText.unscoped.filter(error__gt="").exists(), seconds=SECONDS,
             what="the attempt")  # fmt: skip
    assert statuses(OutgoingText) == ["due"]
    texter.write("STOP")
    assert statuses(OutgoingText) == ["stopped"]
    settings.TWILIO_API_BASE_URL = texter.site.stand_ins.url
    sms_sending.deliver(texter.conversation().pk)
    assert texter.got() == []


def test_help_names_whose_number_it_is_unless_twilio_has_done_so(texter):
    assert f"{texter.organization.name} answers here" in texter.write("help")
    assert texter.write("help", OptOutType="HELP") == EMPTY
    texter.write("no more of this", OptOutType="STOP")
    assert texter.conversation().stopped_at is not None


def test_what_cannot_be_read_is_answered_so_in_the_assistants_language(model, site):
    texter = Texter(site, language="es")
    for text, media in (("", "0"), ("", "2"), ("  ", "0")):
        assert "Aquí solo se puede leer texto" in texter.write(text, NumMedia=media)
    assert "hasta 1.600 caracteres" in texter.write("x" * 1_601)
    assert statuses(IncomingText) == ["kept"] * 4 and not model.requests


def test_more_than_sixty_texts_in_a_minute_are_told_to_wait(model, texter, monkeypatch):
    from voiceassist.conversations.services import pace

    monkeypatch.setattr(pace, "MOST", 1)
    monkeypatch.setattr(pace, "_now", lambda: 60.0 * 28_000_000)
    model.says("Hello.")
    texter.write("Hi")
    texter.gets("Hello.")
    assert "Too many messages" in texter.write("And?")


def test_a_number_that_is_not_ours_ends_there_and_ours_do_not_write_to_each_other(texter, caplog):
    assert texter.write("Hello", To=STRANGER) == EMPTY
    assert "a number that is not ours" in caplog.text
    assert texter.write("Hello", From=OUR_NUMBER) == EMPTY
    assert "a number of ours" in caplog.text
    assert texter.write("Hello", From="\x00") == texter.write("Hello", MessageSid="") == EMPTY
    assert not Conversation.unscoped.exists()


def test_an_assistant_that_is_switched_off_answers_nothing_and_the_log_says_why(
    model, texter, caplog
):
    texter.assistant.is_active = False
    drafts.save(texter.assistant)
    assert texter.write("Hello") == EMPTY
    assert "active and published" in caplog.text and not Conversation.unscoped.exists()


def ask(model, texter, **values):
    """Let the model call a tool that needs the person's yes; wait for the question."""
    give_order_tool(texter, side_effect="write", require_confirmation=True, **values)
    model.says(call("lookup_order", {"order_id": "1042"}))
    model.says("Fine.")
    texter.write("Look up order 1042")
    wait_for_rows(OutgoingText, "sent")
    [question] = texter.got()
    assert "Look up an order (order_id: 1042)" in question and "YES or NO" in question
    return question


@pytest.mark.parametrize(("word", "status"), [("Yes", "success"), ("NO", "denied")])
def test_a_yes_or_a_no_by_text_decides_what_was_asked(model, texter, word, status):
    question = ask(model, texter)
    assert ToolExecution.unscoped.get().status == "awaiting_approval"
    texter.write(word)
    texter.gets(question, "Fine.")
    assert ToolExecution.unscoped.get().status == status
    wait_for_rows(IncomingText, "said", "answered")
    told = json.loads(model.requests[1].messages[-1]["content"])
    assert told["success"] is (status == "success")


def test_a_no_is_not_said_as_well_where_the_answer_to_it_comes_at_once(model, texter, monkeypatch):
    """The run ends, and what waits is taken again, before the no's own job goes on."""
    question = ask(model, texter)
    answer, settle, deciders = approvals.answer, settling.settle, []

    def answer_noting_who(*given, **more):
        deciders.append(threading.current_thread())
        return answer(*given, **more)

    def settle_slowly(conversation_id, *rest):
        settle(conversation_id, *rest)
        if threading.current_thread() in deciders:
            deciders.clear()
            wait_for_rows(AgentRun, "completed")
            sms_receiving.take(conversation_id)

    monkeypatch.setattr(approvals, "answer", answer_noting_who)
    monkeypatch.setattr(settling, "settle", settle_slowly)
    texter.write("NO")
    texter.gets(question, "Fine.")
    wait_for_rows(IncomingText, "said", "answered")
    wait_for(lambda: not deciders, seconds=SECONDS, what="the end of the no's job")
    assert len(model.requests) == 2


def test_stop_in_place_of_a_yes_withdraws_what_was_asked_and_says_nothing(model, texter):
    question = ask(model, texter)
    assert texter.write("STOP") == EMPTY
    assert (statuses(AgentRun), ToolExecution.unscoped.get().status) == (["cancelled"], "cancelled")
    assert texter.got() == [question] and len(model.requests) == 1


def test_another_text_instead_of_a_yes_withdraws_what_was_asked(model, texter):
    question = ask(model, texter)
    texter.write("What does it cost?")
    texter.gets(question, "Fine.")
    assert ToolExecution.unscoped.get().status == "cancelled"
    assert model.requests[1].messages[-1]["content"] == "What does it cost?"


def test_staffs_yes_is_waited_for_and_the_person_is_told(model, texter):
    give_order_tool(texter, side_effect="write", behaviour={"approval": "staff"})
    model.says(call("lookup_order", {"order_id": "1042"}))
    model.says("Fine.")
    texter.write("Look up order 1042")
    wait_for_rows(OutgoingText, "sent")
    assert texter.got()[0].startswith("A member of staff must agree")
    texter.write("yes")
    wait_for(lambda: ToolExecution.unscoped.get().status == "cancelled", seconds=SECONDS,
             what="the withdrawal")  # fmt: skip


def test_programs_read_a_conversation_by_sms_and_do_not_write_in_it(model, texter):
    model.says("Hello.")
    texter.write("Hi")
    texter.gets("Hello.")
    headers = {"Authorization": f"Bearer {make_key(texter.organization, 'admin')[1]}"}
    url = f"{texter.site.url}/api/conversations/{texter.conversation().pk}"
    read = requests.get(url, headers=headers, timeout=SECONDS).json()
    assert (read["channel"], len(read["messages"])) == ("sms", 2)
    forged = requests.post(
        f"{url}/messages", json={"message": "I am they"}, headers=headers, timeout=SECONDS
    )
    assert forged.status_code == 403 and Message.unscoped.count() == 2


def left(text, status, seconds_ago):
    """Make a sent text one that a process left behind so long ago."""
    text.status, text.next_attempt_at = status, timezone.now() - timedelta(seconds=seconds_ago)
    text.save()


def test_texts_of_a_process_that_died_are_sent_once_or_given_up(model, texter):
    model.says("Hello.")
    texter.write("Hi")
    wait_for_rows(OutgoingText, "sent")
    text = OutgoingText.unscoped.get()
    left(text, "sending", 600)  # it died between Twilio's answer and its row
    sms_sending.sweep()
    text.refresh_from_db()
    assert (text.status, "may or may not" in text.error) == ("failed", True)
    left(text, "due", 60)  # it died before it began
    sms_sending.sweep()
    texter.gets("Hello.", "Hello.")
    wait_for_rows(OutgoingText, "sent")


def left_waiting(texter, text):
    """Store a text as one that came a minute ago and that no job looks after."""
    talk = texter.conversation()
    row = IncomingText(organization_id=talk.organization_id, conversation=talk, sid="SM-left")
    row.text = text
    row.save()
    long_ago = timezone.now() - timedelta(minutes=1)
    IncomingText.unscoped.filter(pk=row.pk).update(created_at=long_ago)


def test_a_text_whose_process_died_before_it_was_said_is_said(model, texter):
    model.says("Hello.")
    model.says("Hello again.")
    texter.write("Hi")
    texter.gets("Hello.")
    left_waiting(texter, "Are you there?")
    sms_sending.sweep()
    texter.gets("Hello.", "Hello again.")
    assert statuses(IncomingText) == ["said", "said"]


def test_texts_that_many_send_at_once_go_out_once_and_in_order(
    model, texter, settings, long_pauses
):
    settings.TWILIO_API_BASE_URL = f"http://127.0.0.1:{free_port()}"
    model.says("one two three " * 600)
    texter.write("Count")
    wait_for(lambda: OutgoingText.unscoped.filter(error__gt="").exists(), seconds=SECONDS,
             what="the attempt")  # fmt: skip
    settings.TWILIO_API_BASE_URL = texter.site.stand_ins.url
    OutgoingText.unscoped.update(next_attempt_at=timezone.now())

    def deliver(_):
        sms_sending.deliver(texter.conversation().pk)
        connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(deliver, range(4)))
    wait_for_rows(OutgoingText, *["sent"] * 6)
    written = list(OutgoingText.unscoped.order_by("pk").values_list("text", flat=True))
    texter.gets(*written)
    assert texter.got() == written


def test_staff_see_in_the_admin_what_became_of_each_text(model, texter):
    model.says("Hello.")
    texter.write("Hi", From=UNREACHABLE)
    wait_for_rows(OutgoingText, "failed")
    client = Client()
    client.force_login(
        make_member(texter.organization, "operator"),
        backend="allauth.account.auth_backends.AuthenticationBackend",
    )
    address = reverse("admin:conversations_conversation_change", args=[texter.conversation().pk])
    page = client.get(address).content.decode()
    assert UNREACHABLE in page and "Not sent" in page and "not reachable" in page
    assert "Given to the assistant" in page


def failing(settings, status_line):
    """Let Twilio answer so; return its server."""
    body = b'{"code": 20500, "message": "Broken", "status": 500}'
    head = b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    server = RawServer(answering(head % (status_line, len(body)) + body))
    settings.TWILIO_API_BASE_URL = f"http://127.0.0.1:{server.port}"
    return server


def test_a_text_that_twilio_may_have_taken_is_not_sent_again(model, texter, settings):
    server = failing(settings, b"500 Broken")
    model.says("Hello.")
    texter.write("Hi")
    wait_for_rows(OutgoingText, "failed")
    sms_sending.sweep()
    sms_sending.deliver(texter.conversation().pk)
    server.stop()
    assert len(server.requests) == 1
    assert "may or may not" in OutgoingText.unscoped.get().error


def test_a_text_that_twilio_was_too_busy_for_is_sent_later(model, texter, settings, long_pauses):
    server = failing(settings, b"429 Busy")
    model.says("Hello.")
    texter.write("Hi")
    wait_for(lambda: OutgoingText.unscoped.filter(error__gt="").exists(), seconds=SECONDS,
             what="the attempt")  # fmt: skip
    server.stop()
    settings.TWILIO_API_BASE_URL = texter.site.stand_ins.url
    OutgoingText.unscoped.update(next_attempt_at=timezone.now())
    sms_sending.sweep()
    texter.gets("Hello.")
    wait_for_rows(OutgoingText, "sent")
    assert OutgoingText.unscoped.get().attempts == 2
