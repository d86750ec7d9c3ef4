"""Phone numbers as people type and read them; imports only the phonenumbers library."""

from __future__ import annotations

import phonenumbers
from phonenumbers import PhoneNumberFormat, ValidationResult

EXAMPLE = "+1 202 555 0100"
WITH_COUNTRY = f"Write it with the country: {EXAMPLE}."

_SAID = {
    ValidationResult.TOO_SHORT: f"Digits are missing. {WITH_COUNTRY}",
    ValidationResult.TOO_LONG: f"There are too many digits. {WITH_COUNTRY}",
    ValidationResult.INVALID_LENGTH: f"This has the wrong number of digits. {WITH_COUNTRY}",
    ValidationResult.INVALID_COUNTRY_CODE: f"No country has this code. {WITH_COUNTRY}",
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: f"The area code is missing. {WITH_COUNTRY}",
}


class NotANumber(ValueError):
    """The text is no phone number; the message says how to mend it."""


def to_e164(text: str) -> str:
    """Return the number as `+12025550100`.

    Raises:
        NotANumber: the text is no number that could be rung.
    """
    text = text.strip()
    if not text:
        raise NotANumber(f"Enter the number to ring. {WITH_COUNTRY}")
    if len(text) > 40:
        raise NotANumber(f"This is too long for a phone number. {WITH_COUNTRY}")
    try:
        number = phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        plus = "The country is missing." if text[0] != "+" else "This is no phone number."
        raise NotANumber(f"{plus} {WITH_COUNTRY}") from None
    reason = phonenumbers.is_possible_number_with_reason(number)
    if reason != ValidationResult.IS_POSSIBLE:
        raise NotANumber(_SAID.get(reason, f"This is no phone number. {WITH_COUNTRY}"))
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def for_reading(number: str) -> str:
    """Return `+1 202 555 0100` for `+12025550100`; what is no number stays as it is."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number or "Unknown number"
    written = phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL)
    return written.replace("-", " ")
