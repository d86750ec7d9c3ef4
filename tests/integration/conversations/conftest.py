"""Conversations run in threads and on a loop: tests commit, and let both go at the end."""

import pytest


@pytest.fixture
def conversations_db(transactional_db):
    """A database that the conversations' threads share with the test."""
    from voiceassist.conversations.services.database import threads

    yield
    threads.close_connections()


@pytest.fixture
def model(conversations_db, monkeypatch):
    """A model that says what the test tells it to."""
    from tests.integration.conversations.scripted import ScriptedModel
    from voiceassist.foundation.providers import chat

    scripted = ScriptedModel()
    monkeypatch.setattr(chat, "stream", scripted.stream)
    return scripted
