"""`send_sms`: a text message through Twilio; imports the provider and whose numbers are whose."""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.conf import settings
from pydantic import Field, field_validator

from tools_library.engine.deadline import Deadline
from tools_library.engine.errors import (
    ToolAnswerLost,
    ToolArgumentsError,
    ToolConfigurationError,
    ToolRefused,
    ToolTransportError,
)
from tools_library.engine.types import ToolCall, ToolResult
from tools_library.executors.base import Configuration
from tools_library.executors.builtin.registry import Builtin
from voiceassist.assistants.services import numbers
from voiceassist.foundation.jobs import give_back_connections
from voiceassist.foundation.providers.twilio_messages import TEXT_MAX, NotSent, send_text

_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_PARAMETERS = {
    "type": "object",
    "properties": {
        "body": {"type": "string", "description": "The text message.", "maxLength": TEXT_MAX},
        "to": {
            "type": "string",
            "description": "The phone number with country code, such as +12025550143. Leave it "
            "out to write to the person in this conversation.",
            "maxLength": 30,
        },
    },
    "required": ["body"],
}


_NOT_OURS = (
    "{number} is none of the organization's phone numbers. Add it on the Phone numbers page, write "
    "one that is there, or leave from_number out."
)
_LOST = "The phone company did not say whether it took the message; it may have gone out."


class SendSmsOptions(Configuration):
    """Which number messages come from, and the countries they may go to.

    Without `from_number` it is the number that the caller rang, else the server's own. It is
    always a number of the organization, or the server's.
    """

    from_number: str = Field("", max_length=16)
    allowed_prefixes: tuple[str, ...] = Field((), max_length=100)

    @field_validator("from_number")
    @classmethod
    def _e164(cls, number: str) -> str:
        if number and not _NUMBER.fullmatch(number):
            raise ValueError("Write the number with country code, such as +12025550100")
        return number

    def not_its_own(self, organization_id: int) -> dict[str, str]:
        """Return what is wrong with the sender: nobody writes in another's name."""
        if not self.from_number or _may_send(organization_id, self.from_number):
            return {}
        return {"from_number": _NOT_OURS.format(number=self.from_number)}


def perform(options: SendSmsOptions, call: ToolCall, deadline: Deadline) -> ToolResult:
    """Hand the message to Twilio once.

    Raises:
        ToolArgumentsError: the number is none, or may not be written to.
        ToolConfigurationError: there is no number to send from, or it is another's.
        ToolRefused, ToolTransportError: Twilio said no, or could not be reached.
        ToolAnswerLost: it did not say whether it took the message.
    """
    to = _recipient(options, call)
    try:
        sender = _sender(options, call)
    finally:
        give_back_connections()  # what follows waits for the phone company
    sid = _hand_over(to, sender, str(call.arguments["body"]), deadline.remaining)
    return ToolResult(
        {"success": True, "message": f"The message to {to} is on its way."},
        {"request": {"to": to, "from": sender}, "response": {"sid": sid}},
    )


def _recipient(options: SendSmsOptions, call: ToolCall) -> str:
    given = str(call.arguments.get("to") or call.context.get("phone_number") or "")
    to = re.sub(r"[\s().-]", "", given)
    if not _NUMBER.fullmatch(to):
        raise ToolArgumentsError(
            f"{given[:30]!r} is no phone number with country code; ask for it again."
        )
    if options.allowed_prefixes and not to.startswith(options.allowed_prefixes):
        raise ToolArgumentsError(
            f"Messages go only to numbers that begin with {', '.join(options.allowed_prefixes)}."
        )
    return to


def _sender(options: SendSmsOptions, call: ToolCall) -> str:
    organization_id = int(call.context["organization_id"])
    if options.from_number and not _may_send(organization_id, options.from_number):
        raise ToolConfigurationError(
            f"{options.from_number} may not be sent from; staff must change from_number.",
            detail=_NOT_OURS.format(number=options.from_number),
        )
    sender = options.from_number or _rung(call, organization_id) or settings.TWILIO_PHONE_NUMBER
    if not sender:
        raise ToolConfigurationError(
            "There is no number to send from; staff must name one as from_number."
        )
    return str(sender)


def _may_send(organization_id: int, number: str) -> bool:
    return number == settings.TWILIO_PHONE_NUMBER or numbers.is_of(organization_id, number)


def _rung(call: ToolCall, organization_id: int) -> str:
    """Return our own number of a phone call: the one beside the person's.

    Whoever tries a tool out says what the context is, so that a number counts only once it is
    known to be the organization's.
    """
    both = call.context.get("phone_numbers")
    given = both.values() if isinstance(both, Mapping) else ()
    person = call.context.get("phone_number")
    ours = (
        each
        for each in given
        if isinstance(each, str) and each != person and _NUMBER.fullmatch(each)
    )
    return next((each for each in ours if _may_send(organization_id, each)), "")


def _hand_over(to: str, sender: str, body: str, seconds: float) -> str:
    try:
        return send_text(to, sender, body, seconds=seconds)
    except NotSent as error:
        if error.perhaps:
            raise ToolAnswerLost(_LOST, detail=error.detail) from None
        if error.busy:
            raise ToolTransportError("The phone company is busy.", detail=error.detail) from None
        if not error.reached:
            message = "The phone company could not be reached."
            raise ToolTransportError(message, detail=error.detail) from None
        raise ToolRefused(
            f"The phone company does not take messages to {to}.", detail=error.detail
        ) from None


SEND_SMS = Builtin(
    name="send_sms",
    description="Sends a text message to the person's phone, such as a link or a number to keep.",
    parameters=_PARAMETERS,
    side_effect="irreversible",
    options=SendSmsOptions,
    perform=perform,
)
