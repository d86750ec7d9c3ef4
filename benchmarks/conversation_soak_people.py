"""Programs that talk with an agent over HTTP, and try again when a server dies under them."""

import json
import random
import threading
from collections import Counter

import requests

SECONDS = 180
PAUSE_SECONDS = 0.2
WISH = (
    "Please call look_up note={0} and call mail_it note={0} and show me a notification "
    "and confirm it"
)


def events_in(text):
    """Return the events of a stream's text."""
    lines = (line for line in text.split("\n") if line.startswith("data: "))
    return [json.loads(line.removeprefix("data: ")) for line in lines]


class Agent:
    """An agent behind several servers; each request goes to any of them."""

    def __init__(self, slug, key, origins):
        self._slug, self._origins = slug, origins
        self._headers = {"Authorization": f"Bearer {key}"}
        self._pause = threading.Event()
        self.errors = Counter()

    def ask(self, method, path, body=None):
        """Return the answer of one that answers; None: it died, or was not there."""
        url = f"{random.choice(self._origins())}/api/v1/agents/{self._slug}/{path}"
        try:
            answer = requests.request(
                method, url, json=body, headers=self._headers, timeout=SECONDS
            )
        except requests.RequestException:
            self._pause.wait(PAUSE_SECONDS)
            return None
        if answer.status_code >= 500:
            self.errors[f"{answer.status_code} {path.rpartition('/')[2]}"] += 1
            self._pause.wait(PAUSE_SECONDS)
            return None
        return answer

    def events(self, thread):
        """Return a thread's events up to where it rests; none where it does not exist."""
        while True:
            answer = self.ask("GET", f"threads/{thread}/events")
            if answer is not None:
                return events_in(answer.text) if answer.ok else []


class Person:
    """Somebody with two tabs open on one conversation."""

    def __init__(self, agent, thread):
        self.agent, self.thread = agent, thread
        self.waiting, self.told = [], []

    def pause(self):
        """Ask for four tools at once; keep the calls that wait for the person."""
        while not (seen := self.agent.events(self.thread)):
            body = {"thread_id": self.thread, "message": WISH.format(self.thread)}
            self.agent.ask("POST", "messages", body)
        assert seen[-1]["type"] == "run_paused", seen[-1]
        self.waiting = seen[-1]["tools"]
        assert len(self.waiting) == 3, self.waiting

    def answer(self):
        """Answer from both tabs at the same time; return once the run has ended."""
        tabs = [threading.Thread(target=self._tab) for _ in range(2)]
        for tab in tabs:
            tab.start()
        for tab in tabs:
            tab.join()
        ended = self.agent.events(self.thread)[-1]
        assert (ended["type"], len(self.told)) == ("run_finished", 6), (ended, self.told)

    def _tab(self):
        for call in self.waiting:
            path, body = self._answer_of(call)
            while not (told := _told(self.agent.ask("POST", path, body), call)):
                pass
            self.told.append((call["tool_call_id"], told))

    def _answer_of(self, call):
        if call["requires_approval"]:
            path = f"threads/{self.thread}/approvals/{call['approval_id']}/answer"
            return path, {"decision": "approve"}
        one = {"tool_call_id": call["tool_call_id"], "result": "done"}
        return "continue", {"thread_id": self.thread, "tool_responses": [one]}


def _told(answer, call):
    """Return `taken`, `replayed`, `approved` or `409`; empty: try again."""
    if answer is None:
        return ""
    said = answer.json()
    if answer.status_code == 200:
        return said["results"][call["tool_call_id"]] if "results" in said else "approved"
    if answer.status_code == 409:
        return "409"
    assert said["code"] == "not_pending", said
    return ""
