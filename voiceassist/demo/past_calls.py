"""Past calls of the demo organization, as data: who said what, which tools ran, how it ended.

Pure data; imports nothing. `heard` is set where the caller cut the assistant short.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Said:
    """One utterance; `at_ms` since the stream began."""

    role: str
    text: str
    at_ms: int
    length_ms: int
    heard: str | None = None
    heard_ms: int | None = None
    latency_ms: int | None = None


@dataclass(frozen=True)
class Ran:
    """One run of a tool; `at_ms` since the stream began."""

    tool: str
    arguments: dict[str, Any]
    at_ms: int
    duration_ms: int
    status: str = "success"
    message: str = ""
    data: dict[str, Any] | None = None
    error_code: str = ""


@dataclass(frozen=True)
class PastCall:
    """One call that is over; `hours_ago` is when it began."""

    hours_ago: float
    other: str
    ended_reason: str
    duration_ms: int | None
    assistant: str = "demo"
    direction: str = "inbound"
    status: str = "completed"
    instruction: str = ""
    ended_detail: str = ""
    said: tuple[Said, ...] = field(default=())
    ran: tuple[Ran, ...] = field(default=())


_GREETING = "Hello, this is Juniper Cycles. How can I help?"
_SALUDO = "Hola, habla con Juniper Cycles. ¿En qué puedo ayudarle?"


def _end(at_ms: int, reason: str = "The caller said goodbye.") -> Ran:
    return Ran("endCall", {"reason": reason}, at_ms, 3, message="The call ends after the farewell.")


def _order(order_id: str, status: str, at_ms: int, duration_ms: int) -> Ran:
    return Ran(
        "lookup_order",
        {"order_id": order_id},
        at_ms,
        duration_ms,
        message=f"Order {order_id} is {status}.",
        data={"order_id": order_id, "status": status},
    )


CALLS: tuple[PastCall, ...] = (
    PastCall(
        2.4, "+12025550142", "assistant_ended", 31_400,
        said=(
            Said("assistant", _GREETING, 300, 3_100, latency_ms=410),
            Said("caller", "Hi, where is my order 1042?", 4_200, 2_200),
            Said("assistant", "Let me look. Your order 1042 left our workshop this morning and "
                 "reaches you tomorrow before noon.", 7_400, 6_300, latency_ms=620),
            Said("caller", "Great, thank you. Goodbye.", 14_900, 1_800),
            Said("assistant", "You are welcome. Goodbye and safe riding.", 17_500, 3_000,
                 latency_ms=540),
        ),
        ran=(_order("1042", "on its way", 6_600, 184), _end(20_700)),
    ),
    PastCall(
        5.1, "+12025550187", "caller_hung_up", 42_800,
        said=(
            Said("assistant", _GREETING, 280, 3_100, latency_ms=395),
            Said("caller", "Can you book my bike in for Thursday?", 4_000, 2_400),
            Said("assistant", "Thursday is possible. We have nine in the morning, half past "
                 "eleven, and three in the afternoon, and a full service takes about two hours.",
                 7_100, 8_900, heard="Thursday is possible. We have nine in the morning,",
                 heard_ms=3_400, latency_ms=580),
            Said("caller", "Nine is fine.", 10_600, 1_100),
            Said("assistant", "Done. Thursday at nine, a full service. Bring the key of the lock.",
                 13_900, 4_800, latency_ms=610),
            Said("caller", "Perfect, see you then.", 19_600, 1_500),
        ),
        ran=(
            Ran("book_appointment", {"day": "Thursday"}, 12_300, 412,
                message="Booked for Thursday, 9:00.", data={"day": "Thursday", "time": "9:00"}),
        ),
    ),
    PastCall(
        9.7, "+12025550119", "assistant_ended", 28_100, assistant="recepcion",
        said=(
            Said("assistant", _SALUDO, 310, 3_300, latency_ms=430),
            Said("caller", "Hola, quiero saber dónde está mi pedido 2087.", 4_500, 3_000),
            Said("assistant", "Su pedido 2087 está listo para recoger en la tienda.", 8_700, 3_900,
                 latency_ms=640),
            Said("caller", "Muchas gracias, adiós.", 13_600, 1_700),
            Said("assistant", "De nada. Hasta luego.", 16_100, 1_600, latency_ms=500),
        ),
        ran=(_order("2087", "listo para recoger", 7_900, 203), _end(17_900, "Se ha despedido.")),
    ),
    PastCall(
        23.2, "+12025550164", "silence", 64_000,
        said=(
            Said("assistant", _GREETING, 300, 3_100, latency_ms=402),
            Said("assistant", "Are you still there? Take your time, I'm listening.", 23_500, 3_200),
            Said("assistant", "I can't hear you any more, so I'll hang up now. Please call again "
                 "any time. Goodbye.", 46_900, 5_600),
        ),
    ),
    PastCall(
        26.5, "+12025550173", "assistant_ended", 39_500,
        said=(
            Said("assistant", _GREETING, 290, 3_100, latency_ms=388),
            Said("caller", "Where is order 9999?", 4_100, 1_900),
            Said("assistant", "I could not find an order 9999. Could you read me the number on "
                 "your receipt once more?", 7_900, 5_200, latency_ms=690),
            Said("caller", "Oh, sorry. It is 1977.", 14_000, 1_900),
            Said("assistant", "There it is: order 1977 was delivered on Monday.", 17_300, 3_600,
                 latency_ms=640),
            Said("caller", "Right, my neighbour has it. Bye.", 22_000, 2_300),
            Said("assistant", "Good to hear. Goodbye.", 25_400, 1_900, latency_ms=510),
        ),
        ran=(
            Ran("lookup_order", {"order_id": "9999"}, 6_700, 167, status="error",
                message="There is no order 9999.", error_code="bad_status"),
            _order("1977", "delivered", 16_500, 159),
            _end(27_400),
        ),
    ),
    PastCall(
        29.8, "+12025550138", "staff_ended", 51_200, direction="outbound",
        instruction="Tell the caller that the blue frame has arrived and ask when they fetch it.",
        said=(
            Said("assistant", "Hello, this is Juniper Cycles. The blue frame you ordered has "
                 "arrived. When would you like to fetch it?", 600, 6_000, latency_ms=450),
            Said("caller", "Oh, that was quick. Saturday, maybe?", 7_600, 2_300),
            Said("assistant", "Saturday we are open from ten to four.", 10_900, 3_000,
                 latency_ms=560),
        ),
    ),
    PastCall(
        47.5, "+12025550156", "caller_hung_up", 18_700,
        said=(
            Said("assistant", _GREETING, 300, 3_100, heard="Hello, this is Juniper", heard_ms=1_300,
                 latency_ms=399),
            Said("caller", "Sorry, wrong number.", 1_700, 1_500),
            Said("assistant", "No trouble at all. Have a good day.", 4_300, 2_400, latency_ms=520),
        ),
    ),
    PastCall(
        50.3, "+12025550191", "not_answered", None, direction="outbound", status="no-answer",
        instruction="Remind the caller of the service on Thursday at nine.",
    ),
    PastCall(
        73.0, "+12025550127", "assistant_ended", 44_300,
        said=(
            Said("assistant", _GREETING, 300, 3_100, latency_ms=407),
            Said("caller", "Ask the warehouse whether you have 28 inch rims.", 4_200, 3_100),
            Said("assistant", "One moment please, I'm looking into it.", 8_200, 2_600,
                 latency_ms=530),
            Said("assistant", "The warehouse does not answer right now. May we call you back "
                 "this afternoon?", 19_400, 4_700),
            Said("caller", "Yes, please. Bye.", 25_000, 1_500),
            Said("assistant", "We will. Goodbye.", 27_600, 1_700, latency_ms=505),
        ),
        ran=(
            Ran("slow_lookup", {"ms": 15_000}, 7_700, 10_000, status="timeout",
                message="The tool gave no answer within 10 seconds.", error_code="timeout"),
            _end(29_400),
        ),
    ),
    PastCall(
        76.4, "+12025550148", "assistant_ended", 33_900, assistant="recepcion",
        said=(
            Said("assistant", _SALUDO, 300, 3_300, latency_ms=421),
            Said("caller", "¿Puedo llevar la bicicleta al taller el martes?", 4_600, 3_000),
            Said("assistant", "Sí, el martes a las diez. Queda reservado.", 9_100, 3_200,
                 latency_ms=655),
            Said("caller", "Perfecto, hasta luego.", 13_300, 1_600),
            Said("assistant", "Hasta luego.", 15_800, 1_100, latency_ms=498),
        ),
        ran=(
            Ran("book_appointment", {"day": "martes"}, 8_200, 365,
                message="Booked for martes, 10:00.", data={"day": "martes", "time": "10:00"}),
            _end(17_000, "Se ha despedido."),
        ),
    ),
    PastCall(
        98.1, "+12025550112", "model_unreachable", 4_200, status="failed",
        ended_detail="The voice model did not answer within 5 seconds.",
    ),
    PastCall(
        101.6, "+12025550183", "time_limit", 600_000,
        said=(
            Said("assistant", _GREETING, 300, 3_100, latency_ms=411),
            Said("caller", "I want to tell you about my tour through the mountains.", 4_300, 3_600),
            Said("assistant", "I would love to hear it. Where did you start?", 8_900, 3_000,
                 latency_ms=570),
            Said("assistant", "We have come to the end of the time for this call. Thank you for "
                 "talking with me. Goodbye.", 594_000, 5_400),
        ),
    ),
)  # fmt: skip
