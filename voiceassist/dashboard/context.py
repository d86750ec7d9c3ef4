"""What every page shows around its content; imports calls and organizations."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from calls.reading.search import live_calls
from voiceassist.organizations.current import organization_of, person


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return the template context `live_count`; it asks the database only where it is shown."""
    return {"live_count": SimpleLazyObject(lambda: _live_count(request))}


def _live_count(request: HttpRequest) -> int:
    return live_calls(organization_of(request)).count() if person(request) else 0
