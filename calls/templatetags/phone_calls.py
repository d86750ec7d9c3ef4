"""`{% load phone_calls %}`: calls and their numbers as people read them; imports reading."""

from django import template
from django.utils import timezone

from calls.choices import Direction
from calls.models import Call
from calls.reading import numbers
from calls.reading.score import ending_of

register = template.Library()

register.filter("for_reading", numbers.for_reading)


@register.filter
def other_number(call: Call) -> str:
    """Return the number at the other end of the line."""
    inbound = call.direction == Direction.INBOUND
    return numbers.for_reading(call.from_number if inbound else call.to_number)


@register.filter
def live_ms(call: Call) -> int:
    """Return how long the call has been answered."""
    if call.answered_at is None:
        return 0
    return int((timezone.now() - call.answered_at).total_seconds() * 1000)


register.filter("ending", ending_of)
