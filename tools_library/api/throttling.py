"""How often somebody may try tools; imports Django REST framework."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from voiceassist.organizations.current import KeyUser


class TrialsThrottle(SimpleRateThrottle):
    """Of one person, or of one API key."""

    rate = "60/min"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        """Return the name of whoever asks."""
        user: Any = request.user
        who = f"key:{user.key.pk}" if isinstance(user, KeyUser) else f"user:{user.pk}"
        return f"tool-tests:{who}"
