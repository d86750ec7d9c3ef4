"""Around runs on real sockets: words of staff, interruptions, keys, outcomes that come late."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import transaction

from calls import remote
from calls.models import TranscriptItem
from calls.services import control, late_results, lifecycle, plan
from tests.factories.calls import make_line, only_call, post, ring_form
from tests.factories.tools import assign, endpoint_configuration, make_tool
from tests.integration.calls.site import ended
from tests.integration.calls.test_calls import wait_for
from tests.integration.tools.conftest import ToolServer
from tools_library.models import ToolExecution
from tools_library.services import limits
from voiceassist.assistants.services import drafts, publishing
from voiceassist.demo.scenario import Listen, Scenario, Speak, Wait, WaitForEnd


@pytest.fixture
def warehouse(site, settings, monkeypatch):
    """The server of the slow tool: it answers once its gate is opened."""
    monkeypatch.setattr(plan, "CALL_TOOL_TIMEOUT_S", 60.0)
    monkeypatch.setitem(limits.CONTEXT_SECONDS, "call", 60)
    server = ToolServer()
    server.gate.clear()
    settings.OUTBOUND_ALLOW = [*settings.OUTBOUND_ALLOW, f"127.0.0.1:{server.port}"]
    yield server
    server.stop()


def slow_tool(site, warehouse, timeout_seconds=60, **behaviour):
    tool = make_tool(
        site.assistant.organization,
        name="slow_lookup",
        function_definition={"type": "object", "properties": {"ms": {"type": "string"}}},
        configuration=endpoint_configuration(f"{warehouse.url}/slow"),
        timeout_seconds=timeout_seconds,
        behaviour=behaviour,
    )
    assign(site.assistant, tool)


def ring_until(site, scenario, holds, then):
    """Ring; once `holds`, do `then` beside the call; return the caller's report."""
    with ThreadPoolExecutor(1) as thread:
        ringing = thread.submit(site.ring, scenario)
        wait_for(holds)
        then()
        return ringing.result()


def has_said(words):
    """Whether these words are in the transcript, whole."""
    return lambda: TranscriptItem.unscoped.filter(text=words, status="completed").exists()


def said(call):
    lines = TranscriptItem.unscoped.filter(call=call, role="assistant")
    return [line.text for line in lines]


def test_words_of_staff_fill_a_long_run_and_tell_its_outcome(site, warehouse):
    messages = {
        "start": {"phrases": {"en": ["I begin now."]}},
        "delayed": {"phrases": {"*": ["This takes a moment."]}, "after_ms": 1_000},
        "complete": {"phrases": {"en": ["The warehouse answered: all is well."]}},
    }
    slow_tool(site, warehouse, messages=messages)
    report = ring_until(site, "slow_tool", has_said("This takes a moment."), warehouse.gate.set)
    call = ended(report)
    assert report.warnings == []
    assert said(call)[1:4] == [
        "I am asking the warehouse, one moment.",
        "This takes a moment.",
        "The warehouse answered: all is well.",
    ], "the model has spoken itself: no words at the start"


def test_a_long_run_without_words_of_its_own_has_the_sentence_of_the_assistant(site, warehouse):
    site.assistant.sentences = {"holding": "I am still looking."}
    drafts.save(site.assistant)
    publishing.publish(site.assistant, None)
    slow_tool(site, warehouse)
    report = ring_until(site, "slow_tool", has_said("I am still looking."), warehouse.gate.set)
    call = ended(report)
    assert report.warnings == []
    assert said(call)[2] == "I am still looking."


NO_ANSWER = {"failed": {"phrases": {"en": ["The warehouse does not answer now."]}}}


@pytest.mark.parametrize(
    ("messages", "told"),
    [
        (NO_ANSWER, "The warehouse does not answer now."),
        # Where nobody was free to begin it, it "was not started in time".
        ({}, "in time."),
    ],
    ids=["in the words of staff", "in the words of the model"],
)
def test_a_caller_is_told_that_a_tool_did_not_answer_in_time(site, warehouse, messages, told):
    slow_tool(site, warehouse, timeout_seconds=1, messages=messages)
    scenario = Scenario(
        description="waits for an answer that never comes, and hears that",
        caller=(
            Listen(),
            Speak(text="Please ask the warehouse for me."),
            Listen(words=told, at_most_ms=60_000),
        ),
    )
    report = site.ring(scenario)
    call = ended(report)
    run = ToolExecution.unscoped.get(call=call, tool_name="slow_lookup")
    assert (run.status, run.error_code) == ("timeout", "timeout")
    filler, sentence = said(call)[1:3]
    assert filler == "I am asking the warehouse, one moment."
    assert sentence.endswith(told)
    assert sentence in [words.text for words in report.words if words.who == "assistant"]
    assert (report.ended_by, report.warnings) == ("caller", [])


def run_status():
    run = ToolExecution.unscoped.filter(tool_name="slow_lookup").first()
    return run.status if run else ""


@pytest.mark.parametrize(("policy", "status"), [("auto", "cancelled"), ("keep", "success")])
def test_a_run_heeds_the_caller_who_speaks_by_its_policy(site, warehouse, policy, status):
    slow_tool(site, warehouse, on_interrupt=policy)
    scenario = Scenario(
        description="interrupts",
        caller=(
            Listen(),
            Speak(text="Please ask the warehouse for me."),
            Listen(words="asking the warehouse"),
            Speak(text="Hello?"),
            WaitForEnd(at_most_ms=90_000),
        ),
    )

    def over():
        if policy == "keep":
            warehouse.gate.set()
        wait_for(lambda: run_status() == status)
        control.end_call(only_call(), None)

    assert ended(ring_until(site, scenario, has_said("Hello?"), over)).ended_reason == "staff_ended"
    assert run_status() == status


def test_keys_are_pressed_in_the_call_and_the_run_says_which(site):
    assistant = site.assistant
    assistant.tools_settings = assistant.tools_settings | {"enabled_tools": ["press_keys"]}
    drafts.save(assistant)
    publishing.publish(assistant, None)
    scenario = Scenario(
        description="a menu",
        caller=(Listen(), Speak(text="For the workshop please press 42."), Wait(ms=2_500)),
    )
    report = site.ring(scenario)
    run = ToolExecution.unscoped.get(call=ended(report), tool_name="press_keys")
    assert (run.status, run.message) == ("success", "Pressed 42.")
    assert report.warnings == []


def test_a_late_outcome_reaches_the_session_of_its_call(calls_db, monkeypatch):
    line = make_line()
    post("/twilio/voice", ring_form())
    sent, told = [], []
    monkeypatch.setattr(late_results, "broadcast", lambda group, message: sent.append(message))
    row = ToolExecution(
        organization_id=line.organization_id,
        call=only_call(),
        tool_name="order_parts",
        trigger_context="call",
        status="success",
        output_result={"success": True, "message": "<b>Ordered</b>."},
        message="<b>Ordered</b>.",
    )
    late_results.pass_on(row)

    class Live:
        session = type("Session", (), {"on_late_result": lambda self, text: told.append(text)})()

    remote.act({only_call().pk: Live()}, sent[0])
    assert "order_parts" in told[0]
    assert '"message":"Ordered."' in told[0]
    row.call = None
    late_results.pass_on(row)
    assert len(sent) == 1


def test_what_ended_while_no_stream_was_open_is_news_for_the_next_one(calls_db):
    line = make_line()
    tool = make_tool(line.organization)
    post("/twilio/voice", ring_form())
    lifecycle.answer(only_call())
    lifecycle.stream_closed(only_call(), 0, {})
    closed = only_call().stream_closed_at
    for number, (status, seconds) in enumerate(
        [("success", -1), ("success", 1), ("cancelled", 1), ("timeout", 2)]
    ):
        ToolExecution.unscoped.create(
            organization_id=line.organization_id, call=only_call(), tool=tool,
            tool_name=f"tool_{number}", trigger_context="call", status=status, side_effect="read",
            output_result={"success": status == "success", "message": f"Number {number}."},
            completed_at=closed + timedelta(seconds=seconds),
        )  # fmt: skip
    with transaction.atomic():
        body = post("/twilio/resume", ring_form())[1]
        opened = plan.open_stream(re.search(r"/twilio/media/([^\"]+)", body).group(1))
    assert ["tool_1" in news or "tool_3" in news for news in opened.plan.news] == [True, True]
    assert "Number 1." in opened.plan.news[0]
