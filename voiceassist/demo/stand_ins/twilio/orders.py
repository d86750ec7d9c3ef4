"""What a request to create a call asks for, checked as the real service checks it. Pure."""

import re

from voiceassist.demo.stand_ins.twilio import refusals
from voiceassist.demo.stand_ins.twilio.call import Order
from voiceassist.demo.stand_ins.twilio.refusals import Refused

TWIML_MAX = 4_000
_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_EVENTS = ("initiated", "ringing", "answered", "completed")

Form = list[tuple[str, str]]


def first(form: Form, name: str) -> str:
    """A field's first value; empty when absent."""
    return next((value for key, value in form if key == name), "")


def read(form: Form) -> Order:
    """The order in a form.

    Raises: Refused: a field is missing or wrong.
    """
    to, from_ = first(form, "To"), first(form, "From")
    if not to:
        raise Refused(refusals.NO_TO, "No 'To' number is specified")
    if not from_:
        raise Refused(refusals.NO_FROM, "No 'From' number is specified")
    if not _NUMBER.fullmatch(to):
        raise Refused(
            refusals.INVALID_TO,
            f"The phone number you are attempting to call, {to}, is not valid.",
        )
    if not _NUMBER.fullmatch(from_):
        raise Refused(
            refusals.INVALID_FROM,
            f"The source phone number provided, {from_}, is not yet verified for your account.",
        )
    url, twiml = _instructions(form)
    callback = first(form, "StatusCallback")
    _check_url("StatusCallback", callback)
    _whole(form, "Timeout", 60, 600)
    return Order(
        to=to,
        from_=from_,
        url=url,
        twiml=twiml,
        status_callback=callback,
        status_events=_events(form),
        time_limit_s=_whole(form, "TimeLimit", 14_400, 86_400),
    )


def next_twiml(form: Form) -> tuple[str, str]:
    """Address and TwiML of an update; both empty where the update has neither.

    Raises: Refused: an address or TwiML that cannot be used.
    """
    url, twiml = first(form, "Url"), first(form, "Twiml")
    _check_url("Url", url)
    if len(twiml) > TWIML_MAX:
        raise Refused(
            refusals.INVALID_PARAMETER, f"Twiml must be at most {TWIML_MAX} characters long."
        )
    # The real service prefers the address too.
    return url, "" if url else twiml


def _instructions(form: Form) -> tuple[str, str]:
    url, twiml = next_twiml(form)
    if not url and not twiml:
        raise Refused(refusals.INVALID_URL, "Url parameter is required.")
    return url, twiml


def _check_url(name: str, value: str) -> None:
    if value and not value.startswith(("http://", "https://")):
        raise Refused(refusals.INVALID_URL, f"{name} is not a valid URL: {value}")


def _events(form: Form) -> frozenset[str]:
    given = [part for key, value in form if key == "StatusCallbackEvent" for part in value.split()]
    wrong = sorted(set(given).difference(_EVENTS))
    if wrong:
        raise Refused(refusals.INVALID_EVENTS, f"Invalid status callback events: {wrong}")
    return frozenset(given or ["completed"])


def _whole(form: Form, name: str, default: int, most: int) -> int:
    value = first(form, name)
    if not value:
        return default
    if not value.isdigit() or not 1 <= int(value) <= most:
        raise Refused(refusals.INVALID_TIMEOUT, f"{name} must be 1 to {most}: {value}")
    return int(value)
