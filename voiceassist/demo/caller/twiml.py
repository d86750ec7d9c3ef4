"""TwiML → verbs, as far as calls here use it; imports the standard library."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field


class BadTwiml(ValueError):
    """No TwiML, or what the phone company refuses; the text has its error's number."""


@dataclass(frozen=True)
class Stream:
    """`<Connect><Stream>`: `action` is asked for the next verb when the socket has closed."""

    url: str
    parameters: dict[str, str] = field(default_factory=dict)
    status_callback: str = ""
    name: str = ""
    action: str = ""


@dataclass(frozen=True)
class Redirect:
    """Fetch the next TwiML there."""

    url: str


@dataclass(frozen=True)
class Say:
    """The phone company's own voice speaks."""

    text: str
    language: str = ""


@dataclass(frozen=True)
class Pause:
    """Nothing happens for a while."""

    seconds: float = 1.0


@dataclass(frozen=True)
class Dial:
    """The caller is put through to somebody; `action` is asked for the next verb after that."""

    number: str
    action: str = ""
    caller_id: str = ""
    timeout_s: int = 30
    status_callback: str = ""
    status_events: frozenset[str] = frozenset()


@dataclass(frozen=True)
class HangUp:
    """The call ends."""


@dataclass(frozen=True)
class Reject:
    """The call is refused before it is answered."""

    reason: str = "rejected"


_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_DIAL = frozenset({
    "action", "answerOnBridge", "callerId", "method", "record", "timeLimit", "timeout",
})  # fmt: skip
_OF_NUMBER = frozenset({"statusCallback", "statusCallbackEvent", "statusCallbackMethod", "url"})
_EVENTS = frozenset({"initiated", "ringing", "answered", "completed"})
_NO_EVENTS: frozenset[str] = frozenset()

Verb = Stream | Redirect | Say | Pause | Dial | HangUp | Reject


def parse(text: str) -> list[Verb]:
    """Return the verbs of a `<Response>`.

    Raises:
        BadTwiml: not TwiML, or a verb that this phone does not know.
    """
    try:
        root = ElementTree.fromstring(text.encode())  # noqa: S314 - the answer of the server rung
    except ElementTree.ParseError as error:
        raise BadTwiml(f"12100: the answer is not XML ({error}): {text[:200]!r}") from error
    if root.tag != "Response":
        raise BadTwiml(f"12100: TwiML begins with <Response>, this with <{root.tag}>.")
    return [_verb(element) for element in root]


def _verb(element: ElementTree.Element) -> Verb:
    text = " ".join("".join(element.itertext()).split())
    match element.tag:
        case "Connect":
            return _stream(element)
        case "Redirect":
            return Redirect(text)
        case "Say":
            return Say(text, element.get("language", ""))
        case "Pause":
            return Pause(float(element.get("length", "1")))
        case "Dial":
            return _dial(element)
        case "Hangup":
            return HangUp()
        case "Reject":
            return Reject(element.get("reason", "rejected"))
    raise BadTwiml(f"12200: this phone does not know the verb <{element.tag}>.")


def _dial(dial: ElementTree.Element) -> Dial:
    _known(dial, _DIAL)
    children = list(dial)
    if len(children) > 1 or any(child.tag != "Number" for child in children):
        raise BadTwiml("12200: this phone knows <Dial> only with a number or one <Number> in it.")
    inner = children[0] if children else None
    number = " ".join("".join(dial.itertext()).split())
    if not _NUMBER.fullmatch(number):
        raise BadTwiml(f"13223: {number!r} is no phone number such as +12025550143.")
    caller_id = dial.get("callerId", "")
    if caller_id and not _NUMBER.fullmatch(caller_id):
        raise BadTwiml(f"13214: the callerId {caller_id!r} is no phone number.")
    _whole(dial, "timeLimit", 14_400)
    callback, events = ("", _NO_EVENTS) if inner is None else _callbacks(inner)
    return Dial(
        number=number,
        action=_address(dial, "action"),
        caller_id=caller_id,
        timeout_s=_whole(dial, "timeout", 600) or 30,
        status_callback=callback,
        status_events=events,
    )


def _callbacks(number: ElementTree.Element) -> tuple[str, frozenset[str]]:
    _known(number, _OF_NUMBER)
    callback = _address(number, "statusCallback")
    events = frozenset(number.get("statusCallbackEvent", "completed").split())
    if not events <= _EVENTS:
        raise BadTwiml(f"12200: a number's statusCallbackEvent is one of {sorted(_EVENTS)}.")
    return callback, events if callback else _NO_EVENTS


def _known(element: ElementTree.Element, names: frozenset[str]) -> None:
    unknown = sorted(set(element.keys()) - names)
    if unknown:
        raise BadTwiml(f"12200: <{element.tag}> has no attribute {', '.join(unknown)}.")


def _whole(element: ElementTree.Element, name: str, most: int) -> int:
    given = element.get(name, "")
    if given and not (given.isascii() and given.isdigit() and 1 <= int(given) <= most):
        raise BadTwiml(f"12200: <{element.tag}> takes a {name} of 1 to {most}, not {given!r}.")
    return int(given or 0)


def _address(element: ElementTree.Element, name: str) -> str:
    given = element.get(name, "")
    if given and not given.startswith(("http://", "https://")):
        raise BadTwiml(f"11100: <{element.tag}> has the {name} {given!r}, which is no address.")
    return given


def _stream(connect: ElementTree.Element) -> Stream:
    children = list(connect)
    if len(children) != 1 or children[0].tag != "Stream":
        raise BadTwiml("12200: this phone knows <Connect> only with one <Stream> in it.")
    stream = children[0]
    url = stream.get("url", "")
    if not url.startswith(("ws://", "wss://")):
        raise BadTwiml(f"31910: a stream's url begins with wss://, not as in {url!r}.")
    if "?" in url:
        raise BadTwiml(f"31920: a stream's url takes no query string: {url}")
    return Stream(
        url=url,
        parameters={
            each.get("name", ""): each.get("value", "") for each in stream.findall("Parameter")
        },
        status_callback=stream.get("statusCallback", ""),
        name=stream.get("name", ""),
        action=connect.get("action", ""),
    )
