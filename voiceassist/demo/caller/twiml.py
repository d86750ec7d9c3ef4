"""TwiML → verbs, as far as calls here use it; imports the standard library."""

from __future__ import annotations

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
    """The caller is put through to somebody."""

    number: str


@dataclass(frozen=True)
class HangUp:
    """The call ends."""


@dataclass(frozen=True)
class Reject:
    """The call is refused before it is answered."""

    reason: str = "rejected"


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
            return Dial(text)
        case "Hangup":
            return HangUp()
        case "Reject":
            return Reject(element.get("reason", "rejected"))
    raise BadTwiml(f"12200: this phone does not know the verb <{element.tag}>.")


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
