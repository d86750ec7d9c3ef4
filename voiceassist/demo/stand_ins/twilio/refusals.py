"""Refusals of REST requests, with the real service's codes, in its words and shape. Pure."""

from voiceassist.demo.stand_ins.asgi import Answer

AUTHENTICATE = 20003
NOT_FOUND = 20404
INVALID_PARAMETER = 20001
NO_TO = 21201
INVALID_URL = 21205
INVALID_TIMEOUT = 21208
INVALID_TO = 21211
INVALID_FROM = 21212
NO_FROM = 21213
NOT_IN_PROGRESS = 21220
INVALID_EVENTS = 21626
NO_BODY = 21602
UNREACHABLE = 21614
LONG_BODY = 21617


class Refused(Exception):
    """A request that is answered with an error; `code` is Twilio's, `status` HTTP's."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status

    def as_answer(self) -> Answer:
        """The answer on the wire."""
        more_info = f"https://www.twilio.com/docs/errors/{self.code}"
        body = {
            "code": self.code,
            "message": self.message,
            "more_info": more_info,
            "status": self.status,
        }
        headers = (("www-authenticate", 'Basic realm="Twilio API"'),) if self.status == 401 else ()
        return Answer(self.status, body, headers=headers)
