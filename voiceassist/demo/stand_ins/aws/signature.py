"""Checks the signature of a request (SigV4) with botocore's own signer."""

import calendar
import hmac
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from voiceassist.demo.stand_ins.asgi import Request
from voiceassist.demo.stand_ins.aws.account import Key
from voiceassist.demo.stand_ins.aws.refusals import Refused

MAX_SKEW_S = 300
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<date>\d{8})/(?P<region>[^/]+)/"
    r"(?P<service>[^/]+)/aws4_request, ?SignedHeaders=(?P<headers>[^,]+), ?"
    r"Signature=(?P<signature>[0-9a-f]{64})"
)


@dataclass(frozen=True)
class Caller:
    """Who sent a request, and for which service and region it was signed."""

    key: Key
    region: str
    service: str


def check(request: Request, keys: Mapping[str, Key]) -> Caller:
    """Return who signed a request.

    Raises: Refused: nobody that is known, or not this request, or long ago.
    """
    given = _AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
    if given is None:
        raise Refused(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
    key = keys.get(given["key"])
    if key is None or request.headers.get("x-amz-security-token", "") != key.token:
        message = "The security token included in the request is invalid."
        raise Refused(403, "UnrecognizedClientException", message)
    if key.expires_at and key.expires_at < time.time():
        message = "The security token included in the request is expired"
        raise Refused(403, "ExpiredTokenException", message)
    _check_date(request.headers.get("x-amz-date", ""), given["date"])
    if not hmac.compare_digest(_signature(request, given, given["key"], key), given["signature"]):
        message = (
            "The request signature we calculated does not match the signature you provided. "
            "Check your AWS Secret Access Key and signing method."
        )
        raise Refused(403, "InvalidSignatureException", message)
    return Caller(key, given["region"], given["service"])


def _check_date(stamp: str, date: str) -> None:
    try:
        sent_at = calendar.timegm(time.strptime(stamp, "%Y%m%dT%H%M%SZ"))
    except ValueError:
        message = "Date must be in ISO-8601 'basic format'."
        raise Refused(400, "IncompleteSignatureException", message) from None
    if abs(time.time() - sent_at) > MAX_SKEW_S or not stamp.startswith(date):
        message = f"Signature expired: {stamp} is not within 5 minutes of the current time."
        raise Refused(403, "InvalidSignatureException", message)


def _signature(request: Request, given: re.Match[str], key_id: str, key: Key) -> str:
    signed = given["headers"].split(";")
    url = f"http://{request.headers.get('host', '')}{request.target}"
    again = AWSRequest(
        method=request.method,
        url=url,
        data=request.body,
        headers={name: request.headers.get(name, "") for name in signed if name != "host"},
    )
    again.context["timestamp"] = request.headers["x-amz-date"]
    signer = SigV4Auth(
        Credentials(key_id, key.secret, key.token or None), given["service"], given["region"]
    )
    to_sign = signer.string_to_sign(again, signer.canonical_request(again))
    return str(signer.signature(to_sign, again))
