"""Somebody who writes text messages to a number, as Twilio hands them over."""

import itertools

import requests

from tests.factories.assistants import make_assistant, make_number
from tests.factories.calls import CALLER, OUR_NUMBER, sign
from tests.factories.organizations import make_organization
from tests.services.ports import wait_for
from voiceassist.conversations.models import Conversation

SECONDS = 90
EMPTY = '<?xml version="1.0" encoding="UTF-8"?><Response />'


class Texter:
    """Writes from one number to an assistant's, and reads what comes back over REST."""

    def __init__(self, site, **assistant):
        self.site = site
        self.organization = make_organization()
        self.assistant = make_assistant(self.organization, **assistant)
        self.number = make_number(self.organization, OUR_NUMBER, self.assistant)
        self._sids = (f"SM{number:032d}" for number in itertools.count(1))

    def form(self, text, **more):
        """Return the fields of a webhook; each has a sid of its own."""
        sid = next(self._sids)
        return {"MessageSid": sid, "From": CALLER, "To": OUR_NUMBER, "Body": text,
                "NumMedia": "0", **more}  # fmt: skip

    def post(self, form, headers=None):
        """Deliver a webhook, rightly signed unless told otherwise."""
        if headers is None:
            headers = {"X-Twilio-Signature": sign("/twilio/sms", form)}
        url = f"{self.site.url}/twilio/sms"
        return requests.post(url, data=form, headers=headers, timeout=SECONDS)

    def write(self, text, **more):
        """Send a message; return what it is answered at once."""
        answer = self.post(self.form(text, **more))
        assert answer.status_code == 200, answer.text
        return answer.text

    def got(self):
        """Return the texts that came back, oldest first."""
        messages = self.site.in_loop(self.site.stand_ins.app.twilio).messages.sent
        theirs = [each for each in messages if (each["to"], each["from"]) == (CALLER, OUR_NUMBER)]
        return [each["body"] for each in theirs]

    def gets(self, *texts):
        """Wait until exactly these have come back, in this order."""
        wait_for(lambda: len(self.got()) >= len(texts), seconds=SECONDS, what=f"{texts}",
                 log=lambda: str(self.got()))  # fmt: skip
        assert self.got() == list(texts)

    def conversation(self):
        """Return the one conversation there is."""
        return Conversation.unscoped.get()
