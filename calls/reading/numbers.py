"""Phone numbers as people read them; imports only the phonenumbers library."""

from __future__ import annotations

import phonenumbers
from phonenumbers import PhoneNumberFormat


def for_reading(number: str) -> str:
    """Return `+1 202 555 0100` for `+12025550100`; what is no number stays as it is."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number or "Unknown number"
    written = phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL)
    return written.replace("-", " ")
