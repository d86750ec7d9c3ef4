"""Phone numbers and who answers them; imports the models."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from phonenumber_field.phonenumber import PhoneNumber as Parsed
from phonenumber_field.phonenumber import to_python

from voiceassist.assistants.models import Assistant, PhoneNumber
from voiceassist.foundation.errors import InvalidInput
from voiceassist.organizations.models import Organization

_HOW = "Write it with the country: +1 202 555 0100."


def add(
    organization: Organization, number: str, *, label: str = "", assistant: Assistant | None = None
) -> PhoneNumber:
    """Add a number that the organization owns at its telephony provider.

    Raises:
        InvalidInput: no valid number, taken, or the assistant is another organization's.
    """
    row = PhoneNumber(organization=organization, number=parse(number), label=label.strip())
    row.assistant = assistant
    return save(row)


def save(row: PhoneNumber) -> PhoneNumber:
    """Store a number.

    Raises:
        InvalidInput: no valid number, taken, or the assistant is another organization's.
    """
    row.number = parse(str(row.number))
    taken = InvalidInput({"number": f"{row.number} is in use already; remove it there first."})
    if PhoneNumber.unscoped.filter(number=row.number).exclude(pk=row.pk).exists():
        raise taken
    _check_own(row, row.assistant)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:  # since a moment ago
        raise taken from None
    return row


def assign(row: PhoneNumber, assistant: Assistant | None) -> None:
    """Let `assistant` answer the number; None: nobody does.

    Raises:
        InvalidInput: the assistant is another organization's.
    """
    _check_own(row, assistant)
    row.assistant = assistant
    row.save(update_fields=["assistant"])


def remove(row: PhoneNumber) -> None:
    """Forget a number; past calls keep it."""
    row.delete()


def find(number: str) -> PhoneNumber | None:
    """Return one of the platform's own numbers with who answers it; None: it is not ours."""
    rows = PhoneNumber.unscoped.select_related("assistant__published_version")
    found: PhoneNumber | None = rows.filter(number=number).first() if number else None
    return found


def is_of(organization_id: int, number: str) -> bool:
    """Return whether a number, as E.164, is one of the organization's own."""
    return PhoneNumber.objects.of(organization_id).filter(number=number).exists()


def parse(number: str) -> Parsed:
    """Return the number; `str()` of it is E.164.

    Raises:
        InvalidInput: it is no possible number, or has no country.
    """
    text = number.strip()
    parsed = to_python(text)
    if not text.startswith("+"):
        raise InvalidInput({"number": f"The country is missing. {_HOW}"})
    if parsed is None or not parsed.is_valid():
        raise InvalidInput({"number": f"{text} is no complete phone number. {_HOW}"})
    return parsed


def _check_own(row: PhoneNumber, assistant: Assistant | None) -> None:
    if assistant is not None and assistant.organization_id != row.organization_id:
        raise InvalidInput({"assistant": "Choose an assistant of this organization."})
