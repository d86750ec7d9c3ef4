"""Conversations run in threads and on a loop: tests commit, and let both go at the end."""

import pytest


@pytest.fixture
def conversations_db(transactional_db):
    """A database that the conversations' threads share with the test."""
    from voiceassist.conversations.services.database import threads, writers

    yield
    threads.close_connections()
    writers.close_connections()


@pytest.fixture
def model(conversations_db, monkeypatch):
    """A model that says what the test tells it to."""
    from tests.integration.conversations.scripted import ScriptedModel
    from voiceassist.foundation.providers import chat

    scripted = ScriptedModel()
    monkeypatch.setattr(chat, "stream", scripted.stream)
    return scripted


@pytest.fixture
def chat(conversations_db, settings):
    """An agent with a browser tool, served for real beside the model's stand-in."""
    from tests.factories.assistants import make_assistant
    from tests.factories.conversations import NOTIFY, give_browser_tool
    from tests.factories.organizations import make_key, make_organization
    from tests.integration.calls.site import CallSite
    from tests.integration.conversations.client import AgentClient

    site = CallSite(settings).start()
    try:
        organization = make_organization()
        assistant = make_assistant(organization)
        give_browser_tool(assistant, "show_notification", function_definition=NOTIFY)
        _, key = make_key(organization)
        yield AgentClient(site, assistant, key)
    finally:
        site.stop()


@pytest.fixture
def site(model, settings):
    """The whole application, whose model says what the test tells it to."""
    from tests.integration.calls.site import CallSite

    running = CallSite(settings).start()
    yield running
    running.stop()


@pytest.fixture
def texter(site):
    """Somebody who writes text messages to an assistant."""
    from tests.integration.conversations.texter import Texter

    return Texter(site)


@pytest.fixture
def long_pauses(monkeypatch):
    """No text is tried again by itself while a test looks."""
    from datetime import timedelta

    from voiceassist.conversations.services import sms_sending

    monkeypatch.setattr(sms_sending, "PAUSES", (timedelta(hours=1),))
