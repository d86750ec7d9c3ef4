"""`/2010-04-01/Accounts/{sid}/…`: calls and messages as Twilio's REST API takes them."""

import base64
import binascii
import hmac
import re
from collections import OrderedDict

from voiceassist.demo.stand_ins.account import Account
from voiceassist.demo.stand_ins.asgi import Answer, Request
from voiceassist.demo.stand_ins.controls import Controls
from voiceassist.demo.stand_ins.twilio import orders, refusals
from voiceassist.demo.stand_ins.twilio.call import PhoneCall
from voiceassist.demo.stand_ins.twilio.messages import Messages
from voiceassist.demo.stand_ins.twilio.phone import Phone
from voiceassist.demo.stand_ins.twilio.refusals import Refused
from voiceassist.demo.voice import Voice

MAX_CALLS = 1_000
_PATH = re.compile(r"/2010-04-01/Accounts/(?P<account>\w+)/Calls(?:/(?P<call>\w+))?\.json")


class TwilioRest:
    """One account's calls, the newest `MAX_CALLS` of them."""

    def __init__(self, account: Account, controls: Controls, voice: Voice) -> None:
        self._account = account
        self._controls = controls
        self._voice = voice
        self._phones: OrderedDict[str, Phone] = OrderedDict()
        self.messages = Messages(account.sid)

    @property
    def calls(self) -> list[PhoneCall]:
        """Calls created here, oldest first."""
        return [phone.call for phone in self._phones.values()]

    async def answer(self, request: Request) -> Answer:
        """Answers one request whose path begins with `/2010-04-01/`."""
        try:
            self._authenticate(request)
            return await self._route(request)
        except Refused as refused:
            return refused.as_answer()

    async def close(self) -> None:
        """Drops every call."""
        for phone in self._phones.values():
            await phone.close()

    def _authenticate(self, request: Request) -> None:
        kind, _, value = request.headers.get("authorization", "").partition(" ")
        try:
            given = base64.b64decode(value, validate=True)
        except binascii.Error:
            given = b""
        wanted = f"{self._account.sid}:{self._account.auth_token}".encode()
        if kind.lower() != "basic" or not hmac.compare_digest(given, wanted):
            raise Refused(refusals.AUTHENTICATE, "Authenticate", 401)

    async def _route(self, request: Request) -> Answer:
        if request.path == f"/2010-04-01/Accounts/{self._account.sid}/Messages.json":
            if request.method != "POST":
                raise Refused(20004, "Method not allowed", 405)
            return self.messages.create(request)
        found = _PATH.fullmatch(request.path)
        if found is None or found["account"] != self._account.sid:
            raise _not_found(request)
        if found["call"] is None:
            if request.method != "POST":
                raise Refused(20004, "Method not allowed", 405)
            return self._create(request)
        phone = self._phones.get(found["call"])
        if phone is None:
            raise _not_found(request)
        if request.method == "POST":
            await self._update(phone, request)
        elif request.method != "GET":
            raise Refused(20004, "Method not allowed", 405)
        return Answer(200, phone.call.as_json())

    def _create(self, request: Request) -> Answer:
        call = PhoneCall(self._account.sid, orders.read(request.form()))
        answer = Answer(201, call.as_json())
        phone = Phone(call, self._account, self._controls.behaviour, self._voice)
        self._phones[call.sid] = phone
        self._forget()
        return answer

    def _forget(self) -> None:
        if len(self._phones) > MAX_CALLS:
            ended = (sid for sid, phone in self._phones.items() if phone.task.done())
            sid = next(ended, None)
            if sid is not None:
                del self._phones[sid]

    async def _update(self, phone: Phone, request: Request) -> None:
        form = request.form()
        if phone.call.has_ended:
            raise Refused(refusals.NOT_IN_PROGRESS, "Call is not in-progress. Cannot redirect.")
        status = orders.first(form, "Status")
        url, twiml = orders.next_twiml(form)
        if status:
            self._end(phone, status)
        elif url or twiml:
            phone.replace_twiml(twiml or await phone.fetch(url))
        else:
            raise Refused(refusals.INVALID_PARAMETER, "Status, Url or Twiml is required.")

    def _end(self, phone: Phone, status: str) -> None:
        if status not in ("completed", "canceled"):
            raise Refused(
                refusals.INVALID_PARAMETER,
                f"Invalid status: {status}. A call can be updated to 'completed' or 'canceled'.",
            )
        # A live call takes no notice of `canceled`.
        if status == "completed" or phone.is_waiting:
            phone.end()


def _not_found(request: Request) -> Refused:
    message = f"The requested resource {request.path} was not found"
    return Refused(refusals.NOT_FOUND, message, 404)
