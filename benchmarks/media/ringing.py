"""Rings the product as Twilio does: a signed webhook, then the socket its TwiML names.

Imports requests and twilio's signatures; blocking, for a thread.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit
from xml.etree import ElementTree

import requests
from twilio.request_validator import RequestValidator


@dataclass(frozen=True)
class Ringing:
    """The account that rings and the origin of the product it rings at."""

    origin: str
    account_sid: str
    auth_token: str
    number: str

    def ring(self, call_sid: str, index: int) -> tuple[str, dict[str, str]]:
        """Ring once; return the media socket's address and the headers of its handshake.

        Raises:
            RuntimeError: the product refused, or its TwiML opens no stream.
        """
        url = f"{self.origin}/twilio/voice"
        fields = {
            "AccountSid": self.account_sid,
            "ApiVersion": "2010-04-01",
            "CallSid": call_sid,
            "CallStatus": "ringing",
            "Direction": "inbound",
            "From": f"+120255501{index % 100:02d}",
            "To": self.number,
        }
        answer = requests.post(url, data=fields, headers=self._signed(url, fields), timeout=20)
        if answer.status_code != 200:
            raise RuntimeError(f"the voice webhook answered {answer.status_code}: {answer.text!r}")
        stream = ElementTree.fromstring(answer.text).find("./Connect/Stream")
        if stream is None:
            raise RuntimeError(f"the voice webhook opens no stream: {answer.text!r}")
        address = stream.attrib["url"]
        assert urlsplit(address).scheme in {"ws", "wss"}
        return address, self._signed(address, {})

    def _signed(self, url: str, fields: dict[str, str]) -> dict[str, str]:
        signature = RequestValidator(self.auth_token).compute_signature(url, fields)
        return {"X-Twilio-Signature": signature}
