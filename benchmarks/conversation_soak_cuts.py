"""A long run, cut at every event and read on in another process: while it goes on, and after."""

import json
import threading
import time

import requests

from benchmarks.conversation_soak_people import events_in

SECONDS = 120
CHAPTERS = 6
CHUNK_MS = 20
STORY = " ".join(f"word{number}" for number in range(45))
WISH = "Please " + " then ".join(f"call tell_story note=part{n}" for n in range(CHAPTERS))
THREAD = "long-run"


def cut_at_every_event(here, there, slug, key, stand_in):
    """Return how many events there were, and in how many places two readers elsewhere differ.

    Args:
        here: origin of the process that runs it.
        there: origin of another process.
    """
    stand_in.behave(chat_chunk_ms=CHUNK_MS)
    began = time.monotonic()
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {key}"
        reader = _Reader(session, f"{there}/api/v1/agents/{slug}/threads/{THREAD}/events")
        agent = f"{here}/api/v1/agents/{slug}"
        first = {"thread_id": THREAD, "message": "Hello"}
        assert session.post(f"{agent}/messages", json=first, timeout=SECONDS).ok
        before = reader.rest(0)[-1]["seq"]
        following = threading.Thread(target=reader.follow, args=(before,))
        following.start()
        asked = {"thread_id": THREAD, "message": WISH}
        told = session.post(f"{agent}/messages", json=asked, timeout=SECONDS).json()
        assert told["status"] == "completed", told
        following.join(SECONDS)
        answer = session.get(f"{agent}/threads/{THREAD}/events", timeout=SECONDS)
        whole = [event for event in events_in(answer.text) if event["seq"] > before]
        steps = sum(event["type"] == "tool_call_result" for event in whole) + 1
        off = sum(reader.rest(one["seq"]) != whole[at + 1 :] for at, one in enumerate(whole))
    lost = [event for event in whole if event not in reader.seen]
    return {
        "events": len(whole), "steps": steps, "live_cuts": len(reader.seen),
        "live_off": len(lost) + abs(len(reader.seen) - len(whole)) + (reader.seen != whole),
        "replays": len(whole), "replays_off": off,
        "seconds": round(time.monotonic() - began, 1),
    }  # fmt: skip


class _Reader:
    def __init__(self, session, url):
        self._session, self._url = session, url
        self.seen = []

    def rest(self, after):
        """Return the stored events after a number."""
        headers = {"Last-Event-ID": str(after)}
        return events_in(self._session.get(self._url, headers=headers, timeout=SECONDS).text)

    def follow(self, after):
        """Read what comes, one event for each connection, until the run has ended."""
        headers = dict(self._session.headers)
        while not self.seen or self.seen[-1]["type"] != "run_finished":
            last = self.seen[-1]["seq"] if self.seen else after
            headers["Last-Event-ID"] = str(last)
            url = f"{self._url}?follow=1"
            with requests.get(url, headers=headers, stream=True, timeout=SECONDS) as answer:
                self.seen.append(_first(answer))


def _first(answer):
    for line in answer.iter_lines(chunk_size=1):
        if line.startswith(b"data: "):
            return json.loads(line.removeprefix(b"data: "))
    raise AssertionError("the stream ended without an event")
