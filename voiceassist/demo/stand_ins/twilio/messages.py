"""`/2010-04-01/Accounts/{sid}/Messages.json`: takes text messages as Twilio's REST API does."""

import re
import secrets
from collections import deque
from email.utils import formatdate
from typing import Any

from voiceassist.demo.stand_ins.asgi import Answer, Request
from voiceassist.demo.stand_ins.twilio import orders, refusals
from voiceassist.demo.stand_ins.twilio.refusals import Refused

MAX_MESSAGES = 1_000
BODY_MAX = 1_600
UNREACHABLE = "+12025550199"
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")


class Messages:
    """The newest messages of one account; nothing is sent anywhere."""

    def __init__(self, account_sid: str) -> None:
        self._account_sid = account_sid
        self.sent: deque[dict[str, Any]] = deque(maxlen=MAX_MESSAGES)

    def create(self, request: Request) -> Answer:
        """Take one message, or refuse it with Twilio's code."""
        form = request.form()
        to, sender = orders.first(form, "To"), orders.first(form, "From")
        body = orders.first(form, "Body")
        if not _NUMBER.fullmatch(to or ""):
            raise Refused(refusals.INVALID_TO, f"Invalid 'To' Phone Number: {to}")
        if not _NUMBER.fullmatch(sender or ""):
            raise Refused(refusals.INVALID_FROM, f"'From' {sender} is not a Twilio phone number")
        if not body:
            raise Refused(refusals.NO_BODY, "Message body is required.")
        if len(body) > BODY_MAX:
            raise Refused(refusals.LONG_BODY, "The message body exceeds the 1600 character limit.")
        if to == UNREACHABLE:
            raise Refused(refusals.UNREACHABLE, "The 'To' number is not reachable.")
        message = {
            "sid": f"SM{secrets.token_hex(16)}",
            "account_sid": self._account_sid,
            "to": to,
            "from": sender,
            "body": body,
            "status": "queued",
            "direction": "outbound-api",
            "num_segments": str(1 + len(body) // 153),
            "date_created": formatdate(),
            "error_code": None,
            "error_message": None,
        }
        self.sent.append(message)
        return Answer(201, message)
