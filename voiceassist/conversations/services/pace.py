"""How many messages somebody may send in a minute; imports the cache."""

from __future__ import annotations

import logging
import time

from django.core.cache import cache

from voiceassist.conversations.models import Conversation
from voiceassist.conversations.services.errors import TooFast
from voiceassist.conversations.services.people import Participant
from voiceassist.conversations.services.results import hash_of

log = logging.getLogger(__name__)

MOST, WINDOW_S = 60, 60


def check(who: Participant, conversation: Conversation) -> None:
    """Count a message of a person, of an end user, or of a program in one conversation.

    A program speaks for many people: its conversations are counted one by one.

    Raises:
        TooFast: it is one too many; says when to go on.
    """
    now = _now()
    window = int(now // WINDOW_S)
    name = f"chat-pace:{_name(who, conversation)}:{window}"
    try:
        cache.add(name, 0, 2 * WINDOW_S)
        count = cache.incr(name)
    except Exception:  # without the cache people still chat
        log.warning("messages of conversations not countable", exc_info=True)
        return
    if count > MOST:
        left = max(1, round((window + 1) * WINDOW_S - now))
        raise TooFast(f"You have sent {MOST} messages within a minute. Go on in {left} s.", left)


def _now() -> float:
    return time.time()


def _name(who: Participant, conversation: Conversation) -> str:
    if who.end_user:
        return f"end-user:{who.organization_id}:{who.assistant_id}:{hash_of(who.end_user)}"
    if who.user is not None:
        return f"user:{who.user.pk}"
    return f"thread:{who.organization_id}:{hash_of(conversation.thread_id)}"
