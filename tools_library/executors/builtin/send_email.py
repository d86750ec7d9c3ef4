"""`send_email`: a mail in the organization's name; imports the mail service."""

from __future__ import annotations

from pydantic import Field

from tools_library.engine.deadline import Deadline
from tools_library.engine.errors import ToolArgumentsError, ToolRefused
from tools_library.engine.types import ToolCall, ToolResult
from tools_library.executors.base import Configuration
from tools_library.executors.builtin.registry import Builtin
from voiceassist.foundation import mail
from voiceassist.foundation.models import MailStatus

_PARAMETERS = {
    "type": "object",
    "properties": {
        "to": {"type": "string", "description": "The e-mail address.", "maxLength": 254},
        "subject": {"type": "string", "description": "One line.", "maxLength": 200},
        "body": {"type": "string", "description": "The text of the mail.", "maxLength": 20_000},
    },
    "required": ["to", "subject", "body"],
}


class SendEmailOptions(Configuration):
    """Who may be written to; no domain named means everybody."""

    allowed_domains: tuple[str, ...] = Field((), max_length=100)


def perform(options: SendEmailOptions, call: ToolCall, deadline: Deadline) -> ToolResult:
    """Send, or say that it will be sent: a mail server's passing trouble is no failure.

    Raises:
        ToolArgumentsError: the address is none, or may not be written to.
        ToolRefused: the mail server refused the mail for good.
    """
    to, subject = str(call.arguments["to"]), str(call.arguments["subject"])
    domain = to.rpartition("@")[2].lower()
    allowed = {each.lower() for each in options.allowed_domains}
    if allowed and domain not in allowed:
        raise ToolArgumentsError(
            f"Mails go only to addresses at {', '.join(sorted(allowed))}; ask for such a one."
        )
    try:
        draft = mail.Draft(to, subject, str(call.arguments["body"]))
    except mail.MailRefused as error:
        raise ToolArgumentsError(error.public_message) from None
    sent = mail.send(
        int(call.context["organization_id"]),
        draft,
        key=f"execution:{call.execution_id}",
        timeout=min(mail.SMTP_TIMEOUT_S, max(1.0, deadline.remaining - 1.0)),
    )
    if sent.status == MailStatus.FAILED:
        raise ToolRefused(
            f"The mail server does not take mail for {to}; ask for another address.",
            detail=sent.error,
        )
    return ToolResult({"success": True, "message": _WORDS[MailStatus(sent.status)].format(to=to)})


_WORDS = {
    MailStatus.SENT: "The mail to {to} was sent.",
    MailStatus.SENDING: "The mail to {to} is being sent.",
    MailStatus.QUEUED: "The mail to {to} will be sent within the next minutes.",
    MailStatus.KEPT: "The mail to {to} is in the outbox; this server sends no mail.",
}

SEND_EMAIL = Builtin(
    name="send_email",
    description="Sends an e-mail. Read the address back and let the person confirm it first.",
    parameters=_PARAMETERS,
    side_effect="irreversible",
    options=SendEmailOptions,
    perform=perform,
)
