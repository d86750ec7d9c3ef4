"""One text message over Twilio's REST API; the SDK is imported where it is used."""

from __future__ import annotations

from voiceassist.foundation.providers import twilio

TEXT_MAX = 1_600
"""Characters that Twilio takes in one message."""

OPTED_OUT = 21610
"""Twilio's code for numbers that have written STOP."""


class NotSent(Exception):
    """Twilio did not take a text message; the text is for staff.

    Args:
        code: Twilio's own; 0: it gave none.
        perhaps: it did not say whether it took the message, so that it may have gone out.
        busy: it took no more messages at that moment.
        reached: it answered at all.
    """

    def __init__(
        self,
        detail: str,
        *,
        code: int = 0,
        perhaps: bool = False,
        busy: bool = False,
        reached: bool = True,
    ) -> None:
        super().__init__(detail)
        self.detail, self.code = detail, code
        self.perhaps, self.busy, self.reached = perhaps, busy, reached

    @property
    def may_be_tried_again(self) -> bool:
        """Whether another attempt sends nothing twice and may go better."""
        return not self.perhaps and (self.busy or not self.reached)


def send_text(to: str, sender: str, body: str, *, seconds: float) -> str:
    """Hand a message of up to 1,600 characters to Twilio, once; return its sid.

    Raises:
        NotSent: Twilio said no, could not be reached, or did not say.
    """
    from requests import RequestException
    from twilio.base.exceptions import TwilioException, TwilioRestException

    try:
        with twilio.within(seconds):
            message = twilio.client().messages.create(to=to, from_=sender, body=body)
    except TwilioRestException as error:
        detail = f"{error.status} {error.code}: {error.msg}"
        raise NotSent(
            detail, code=error.code or 0, perhaps=error.status >= 500, busy=error.status == 429
        ) from None
    except (TwilioException, RequestException, OSError) as error:
        perhaps = twilio.may_have_arrived(error)
        raise NotSent(type(error).__name__, perhaps=perhaps, reached=False) from None
    return str(message.sid)
