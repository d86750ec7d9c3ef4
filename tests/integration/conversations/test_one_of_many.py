"""Several pages and programs at one call: one winner, one page that acts, no latecomer."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import requests
from django.utils import timezone

from tests.factories.conversations import give_browser_tool
from tests.integration.conversations.test_agent_routes import events_of
from tests.services.ports import wait_for
from tools_library.models import ToolExecution
from tools_library.services import sweeping
from voiceassist.conversations.models import AgentRun, ToolProposal

pytestmark = pytest.mark.usefixtures("conversations_db")

MANY = 20


def paused(chat, text="Show me a notification"):
    """Return the thread and the id of a call that waits for a page."""
    events = events_of(chat.send(text))
    assert events[-1]["type"] == "run_paused", events
    start = next(each for each in events if each["type"] == "tool_call_start")
    return events[0]["thread_id"], start["tool_call_id"]


def answer(chat, thread, call, result, **metadata):
    response = {"tool_call_id": call, "result": result, "metadata": metadata}
    body = {"agent_id": chat.slug, "thread_id": thread, "tool_responses": [response]}
    return chat.post("continue", body)


def at_once(work, items):
    """Do work for all items in threads of their own."""
    items = list(items)
    with ThreadPoolExecutor(len(items)) as pool:
        return list(pool.map(work, items))


def steps_asked(chat):
    """How often the model was asked for each step, by its own log."""
    return Counter(log.key for log in chat.site.stand_ins.chats)


def test_one_winner_among_twenty_answers_at_once(chat):
    thread, call = paused(chat)
    said = ["shown" if number % 3 else f"shown {number}" for number in range(MANY)]
    answers = at_once(lambda text: answer(chat, thread, call, text), said)
    taken = [
        text for text, each in zip(said, answers, strict=True)
        if each.status_code == 200 and each.json()["results"] == {call: "taken"}
    ]  # fmt: skip
    assert len(taken) == 1, [each.text for each in answers]
    row = ToolProposal.unscoped.select_related("execution").get()
    assert (row.status, row.execution.message) == ("succeeded", taken[0])
    for text, each in zip(said, answers, strict=True):
        if text == taken[0]:
            assert each.status_code == 200 and each.json()["status"] == "completed", each.text
            assert each.json()["results"][call] in ("taken", "replayed")
        else:
            assert each.status_code == 409, each.text
            assert row.answered_by_name and row.answered_by_name in each.json()["detail"]
    again = answer(chat, thread, call, taken[0])
    assert (again.status_code, again.json()["results"]) == (200, {call: "replayed"})
    asked = steps_asked(chat)
    assert len(asked) == 2 and set(asked.values()) == {1}


def test_claims_let_one_of_ten_pages_carry_an_automatic_tool_out(chat):
    thread, call = paused(chat)

    def claim(tab):
        body = {"tool_call_id": call, "tab": tab}
        return chat.post(f"threads/{thread}/claims", body).json()["claimed"]

    tabs = [f"tab-{number}" for number in range(10)]
    [winner] = [tab for tab, won in zip(tabs, at_once(claim, tabs), strict=True) if won]
    loser = next(tab for tab in tabs if tab != winner)
    refused = answer(chat, thread, call, "shown", tab=loser)
    assert refused.status_code == 409 and "Another page" in refused.json()["detail"]
    assert claim(winner) and not claim(loser)
    assert answer(chat, thread, call, "shown", tab=winner).json()["results"] == {call: "taken"}
    assert not claim(winner)
    assert set(steps_asked(chat).values()) == {1}


def test_claims_of_a_page_that_was_closed_pass_to_another(chat):
    thread, call = paused(chat)
    body = {"tool_call_id": call, "tab": "one"}
    assert chat.post(f"threads/{thread}/claims", body).json() == {"claimed": True}
    ToolProposal.unscoped.update(claim_until=timezone.now() - timedelta(seconds=1))
    body["tab"] = "two"
    assert chat.post(f"threads/{thread}/claims", body).json() == {"claimed": True}
    assert answer(chat, thread, call, "shown", tab="one").status_code == 409
    assert answer(chat, thread, call, "shown", tab="two").status_code == 200


def test_deadlines_end_a_call_with_a_typed_timeout_and_refuse_the_late_answer(chat, monkeypatch):
    monkeypatch.setattr(sweeping, "GRACE_SECONDS", 3_600)  # the server sweeps by itself, too
    thread, call = paused(chat)
    row = ToolProposal.unscoped.select_related("execution").get()
    assert row.expires_at == row.execution.deadline_at
    over = timezone.now() - timedelta(seconds=1)
    ToolProposal.unscoped.update(expires_at=over)
    ToolExecution.unscoped.update(deadline_at=over)
    early = answer(chat, thread, call, "shown")
    assert early.status_code == 410 and "is over" in early.json()["detail"], early.text
    assert set(steps_asked(chat).values()) == {1} and len(steps_asked(chat)) == 1
    ToolExecution.unscoped.update(deadline_at=over - timedelta(hours=1))
    sweeping.sweep()
    wait_for(lambda: AgentRun.unscoped.get().status == "completed", seconds=60, what="the end")
    events = events_of(chat.get(f"threads/{thread}/events"))
    expired = next(each for each in events if each["type"] == "tool_call_expired")
    assert expired["tool_call_id"] == call and events[-1]["type"] == "run_finished"
    told = json.loads(chat.site.stand_ins.chats[-1].body["messages"][-1]["content"])
    assert (told["success"], told["error_code"]) == (False, "timeout")
    late = answer(chat, thread, call, "shown")
    assert late.status_code == 410 and "changed nothing" in late.json()["detail"]
    assert set(steps_asked(chat).values()) == {1} and len(steps_asked(chat)) == 2


def test_deadlines_are_each_tools_own(chat):
    give_browser_tool(chat.assistant, "confirm_action", timeout_seconds=900)
    paused(chat, "Show me a notification and confirm it")
    rows = ToolProposal.unscoped.select_related("execution").order_by("position")
    seconds = {
        row.tool_name: (row.expires_at - row.execution.created_at).total_seconds() for row in rows
    }
    assert 890 < seconds["confirm_action"] < 990 and seconds["show_notification"] < 890


@pytest.mark.parametrize("no", [False, True])
def test_an_answer_to_a_question_is_taken_once_and_replayed(chat, no):
    give_browser_tool(chat.assistant, "confirm_action", require_confirmation=True)
    thread, call = paused(chat, "Please confirm it")
    action = {"user_action": "rejected", "reason": "Not now"} if no else {"user_action": "approved"}
    first = answer(chat, thread, call, "done", **action)
    assert (first.status_code, first.json()["results"]) == (200, {call: "taken"}), first.text
    again = answer(chat, thread, call, "done", **action)
    assert (again.status_code, again.json()["results"]) == (200, {call: "replayed"}), again.text
    other = answer(chat, thread, call, "something else")
    assert other.status_code == 409
    assert set(steps_asked(chat).values()) == {1}


def test_forgery_answers_for_calls_of_others_are_refused(chat):
    thread, call = paused(chat)
    mine, _ = paused(chat)
    token = chat.post("tokens", {"end_user": "visitor-7"}).json()["token"]
    visitor = {"Authorization": f"Bearer {token}"}
    before = list(ToolProposal.unscoped.order_by("pk").values())

    def refused(thread_id, call_id, headers=None):
        response = {"tool_call_id": call_id, "result": "x"}
        body = {"agent_id": chat.slug, "thread_id": thread_id, "tool_responses": [response]}
        return chat.post("continue", body, headers).status_code

    assert refused(mine, call) == 404  # another thread of the same person
    assert refused(thread, "call_made_up") == 404
    assert refused("no-such-thread", call) == 404
    assert refused(thread, call, visitor) == 404
    anonymous = requests.post(
        f"{chat.url}/continue", json={"thread_id": thread, "tool_responses": []}, timeout=90
    )
    assert anonymous.status_code == 401
    named = {"agent_id": "another", "thread_id": thread, "tool_responses": []}
    assert chat.post("continue", named).status_code == 400
    assert list(ToolProposal.unscoped.order_by("pk").values()) == before
