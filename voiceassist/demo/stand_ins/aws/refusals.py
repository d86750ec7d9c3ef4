"""How AWS says no, in its words and its two shapes: JSON for Lambda, XML for STS. Pure."""

import uuid
from xml.sax.saxutils import escape

from voiceassist.demo.stand_ins.asgi import Answer

_STS_CODES = {
    "UnrecognizedClientException": "InvalidClientTokenId",
    "InvalidSignatureException": "SignatureDoesNotMatch",
    "MissingAuthenticationTokenException": "MissingAuthenticationToken",
    "AccessDeniedException": "AccessDenied",
    "ExpiredTokenException": "ExpiredToken",
}


class Refused(Exception):
    """A request that AWS refuses; `code` is Lambda's name of the reason."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    def as_json(self) -> Answer:
        """The answer as Lambda gives it."""
        kind = "User" if self.status < 500 else "Service"
        headers = [("x-amzn-errortype", self.code), ("x-amzn-requestid", str(uuid.uuid4()))]
        body = {"Type": kind, "Message": self.message, "message": self.message}
        if self.status == 429:
            headers.append(("retry-after", "1"))
            body["Reason"] = "ConcurrentInvocationLimitExceeded"
        return Answer(self.status, body, headers=tuple(headers))

    def as_xml(self) -> Answer:
        """The answer as STS gives it."""
        code = _STS_CODES.get(self.code, self.code)
        body = (
            '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error>'
            f"<Type>Sender</Type><Code>{code}</Code><Message>{escape(self.message)}</Message>"
            f"</Error><RequestId>{uuid.uuid4()}</RequestId></ErrorResponse>"
        )
        return Answer(self.status, body.encode(), "text/xml")


def not_authorized(user: str, action: str, resource: str) -> Refused:
    """A key whose user may not do something."""
    message = (
        f"User: arn:aws:iam::000000000000:{user} is not authorized to perform: {action} on "
        f"resource: {resource} because no identity-based policy allows the {action} action"
    )
    return Refused(403, "AccessDeniedException", message)
