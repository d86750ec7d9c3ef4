"""Whoever follows a conversation is asked again and again whether they still may."""

import pytest
import requests

from tests.factories.organizations import make_member
from tests.integration.conversations.test_agent_routes import events_of
from voiceassist.conversations.api import sse
from voiceassist.conversations.services import following, tokens
from voiceassist.organizations.models import ApiKey, Membership, Role

pytestmark = pytest.mark.embedded

MOST_LINES = 1_000


class Follower:
    """Reads a thread's events for as long as the server sends them."""

    def __init__(self, chat, thread, **more):
        url = f"{chat.url}/threads/{thread}/events?follow=1"
        self._answer = requests.get(url, stream=True, timeout=60, **more)
        assert self._answer.status_code == 200, self._answer.text
        self._lines = self._answer.iter_lines(chunk_size=1)

    def goes_on(self):
        """Return whether there is something after each of a few heartbeats."""
        beats = (line for line in self._lines if line.startswith(b":"))
        return all(next(beats, None) is not None for _ in range(3))

    def ends(self):
        """Return whether the server ends it."""
        return any(line is None for line in (next(self._lines, None) for _ in range(MOST_LINES)))


@pytest.fixture
def soon(monkeypatch):
    """Each sign of life comes at once, and after a look whether it may."""
    monkeypatch.setattr(following, "HEARTBEAT_SECONDS", 0.02)
    monkeypatch.setattr(sse, "RECHECK_SECONDS", 0.0)


def begun(chat, **more):
    return events_of(chat.send("Hello", **more))[0]["thread_id"]


def test_a_key_that_is_revoked_hears_no_more(chat, soon):
    thread = begun(chat)
    follower = Follower(chat, thread, headers=chat.headers)
    assert follower.goes_on()
    ApiKey.unscoped.get().delete()
    assert follower.ends()


def test_a_token_that_is_over_hears_no_more(chat, soon, monkeypatch):
    chat.headers = {"Authorization": f"Bearer {tokens.issue(chat.assistant, 'customer-1')}"}
    follower = Follower(chat, begun(chat), headers=chat.headers)
    assert follower.goes_on()
    monkeypatch.setattr(tokens, "_SALT", "of another day")
    assert follower.ends()


@pytest.mark.parametrize("how", ["signs out", "leaves"])
def test_a_person_who_signs_out_or_leaves_hears_no_more(chat, soon, client, how):
    user = make_member(chat.assistant.organization, Role.OPERATOR)
    client.force_login(user)
    follower = Follower(chat, begun(chat), cookies={"sessionid": client.cookies["sessionid"].value})
    assert follower.goes_on()
    if how == "leaves":
        Membership.unscoped.filter(user=user).delete()
    else:
        client.logout()
    assert follower.ends()
