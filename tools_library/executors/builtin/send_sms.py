"""`send_sms`: a text message through Twilio; imports the provider."""

from __future__ import annotations

import re

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


_LOST = "The phone company did not say whether it took the message; it may have gone out."


class SendSmsOptions(Configuration):
    """Which number messages come from, and the countries they may go to.

    Without `from_number` it is the number that the caller rang, else the server's own.
    """

    from_number: str = Field("", max_length=16)
    allowed_prefixes: tuple[str, ...] = Field((), max_length=100)

    @field_validator("from_number")
    @classmethod
    def _e164(cls, number: str) -> str:
        if number and not _NUMBER.fullmatch(number):
            raise ValueError("Write the number with country code, such as +12025550100")
        return number


def perform(options: SendSmsOptions, call: ToolCall, deadline: Deadline) -> ToolResult:
    """Hand the message to Twilio once.

    Raises:
        ToolArgumentsError: the number is none, or may not be written to.
        ToolConfigurationError: there is no number to send from.
        ToolRefused, ToolTransportError: Twilio said no, or could not be reached.
        ToolAnswerLost: it did not say whether it took the message.
    """
    to = _recipient(options, call)
    sender = options.from_number or _rung(call) or settings.TWILIO_PHONE_NUMBER
    if not sender:
        raise ToolConfigurationError(
            "There is no number to send from; staff must name one as from_number."
        )
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


def _rung(call: ToolCall) -> str:
    """Return our own number of a phone call: the one beside the person's."""
    both = call.context.get("phone_numbers") or {}
    person = call.context.get("phone_number")
    return next((str(each) for each in both.values() if each and each != person), "")


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
