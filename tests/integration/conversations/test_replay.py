"""A stream that is cut at every event, and read on in another process: exact, none twice."""

import json
import threading

import pytest
import requests

from tests.factories.assistants import make_assistant
from tests.factories.conversations import NOTIFY, give_browser_tool
from tests.factories.organizations import make_key, make_organization
from tests.integration.calls.site import CallSite
from tests.integration.conversations.client import AgentClient
from tests.integration.conversations.processes import Server
from tests.integration.conversations.test_agent_routes import events_of
from tests.integration.conversations.test_one_of_many import answer

pytestmark = pytest.mark.usefixtures("conversations_db")


@pytest.fixture
def two_processes(settings, tmp_path):
    """An agent served by this process and, on the same database and Redis, by another."""
    site = CallSite(settings).start()
    other = None
    try:
        organization = make_organization()
        assistant = make_assistant(organization)
        give_browser_tool(assistant, "show_notification", function_definition=NOTIFY)
        _, key = make_key(organization)
        other = Server(site.stand_ins, tmp_path / "server.log")
        yield AgentClient(site, assistant, key), AgentClient(other, assistant, key)
    finally:
        if other is not None:
            other.stop()
        site.stop()


def until(client, thread, after, count):
    """Follow a thread; read so many events, then cut the connection."""
    headers = {**client.headers, "Last-Event-ID": str(after)}
    url = f"{client.url}/threads/{thread}/events?follow=1"
    seen = []
    with requests.get(url, headers=headers, stream=True, timeout=90) as answer:
        for line in answer.iter_lines(chunk_size=1):
            if line.startswith(b"data: "):
                seen.append(json.loads(line[6:]))
                if len(seen) == count:
                    return seen
    raise AssertionError(f"the stream ended after {len(seen)} of {count} events")


def test_exact_replay_from_another_process_after_a_cut_at_every_event(two_processes):
    here, there = two_processes
    shown = events_of(here.send("Show me a notification"))
    thread = shown[0]["thread_id"]
    call = next(each for each in shown if each["type"] == "tool_call_start")["tool_call_id"]
    assert answer(here, thread, call, "shown").status_code == 200
    whole = events_of(here.get(f"threads/{thread}/events"))
    assert whole[: len(shown)] == shown and whole[-1]["type"] == "run_finished"
    assert [each["seq"] for each in whole] == sorted({each["seq"] for each in whole})
    for at, event in enumerate(whole):
        last = {"Last-Event-ID": str(event["seq"])}
        rest = there.get(f"threads/{thread}/events", last)
        assert (events_of(rest) if rest.text.strip() else []) == whole[at + 1 :]


def test_exact_replay_while_the_words_are_spoken_in_another_process(two_processes):
    here, there = two_processes
    thread = here.send("Hello", stream=False).json()["thread_id"]
    after = events_of(here.get(f"threads/{thread}/events"))[-1]["seq"]
    here.site.behave(chat_chunk_ms=60)
    following, ready = [], threading.Event()

    def follow():
        last = after
        ready.set()
        while not following or following[-1]["type"] != "run_finished":
            following.extend(until(there, thread, last, 1))  # cut after each event
            last = following[-1]["seq"]

    reader = threading.Thread(target=follow)
    reader.start()
    assert ready.wait(60)
    here.send("And what can you do for me today?", thread_id=thread)
    reader.join(60)
    assert not reader.is_alive()
    stored = events_of(here.get(f"threads/{thread}/events", {"Last-Event-ID": str(after)}))
    assert following == stored
    assert sum(each["type"] == "text_delta" for each in following) > 3
