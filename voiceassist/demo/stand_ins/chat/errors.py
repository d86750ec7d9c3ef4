"""Refusals of requests, in the words and shape of the real service. Pure."""

from voiceassist.demo.stand_ins.asgi import Answer


class Refused(Exception):
    """A request was wrong; answered with `status` and an error object."""

    def __init__(
        self,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        status: int = 400,
        kind: str = "invalid_request_error",
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error = {"message": message, "type": kind, "param": param, "code": code}
        self.headers = headers

    def answer(self) -> Answer:
        """The HTTP answer."""
        return Answer(self.status, {"error": self.error}, headers=self.headers)


def invalid(message: str, param: str, code: str | None = "invalid_value") -> Refused:
    """A value that may not be there."""
    return Refused(message, param=param, code=code)


def wrong_type(param: str, expected: str, value: object) -> Refused:
    """A value of another JSON type than asked for."""
    kinds = {dict: "an object", list: "an array", str: "a string", bool: "a boolean"}
    got = "null" if value is None else kinds.get(type(value), "a number")
    return invalid(
        f"Invalid type for '{param}': expected {expected}, but got {got} instead.",
        param,
        "invalid_type",
    )


def missing(param: str) -> Refused:
    """A field that must be there."""
    return invalid(f"Missing required parameter: '{param}'.", param, "missing_required_parameter")
