"""The demo's past chat, as data: what was written, called and answered. Pure; imports nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

THREAD = "demo-chat-1"


@dataclass(frozen=True)
class Called:
    """One tool call that went well.

    Args:
        asked: it needed the person's yes, and got it.
        in_browser: the chat page carried it out.
    """

    tool: str
    arguments: dict[str, Any]
    message: str
    data: dict[str, Any] | None = None
    asked: bool = False
    in_browser: bool = False


@dataclass(frozen=True)
class Wrote:
    """One message of the assistant, and what it called with it."""

    text: str
    calls: tuple[Called, ...] = ()


@dataclass(frozen=True)
class Answered:
    """One message of the person, and the assistant's messages that answer it."""

    asked: str
    wrote: tuple[Wrote, ...] = field(default=())


CHAT = (
    Answered("Hello, where is my order 1043?", (
        Wrote("Let me look.", (
            Called("lookup_order", {"order_id": "1043"}, "Order 1043 is waiting for a part.",
                   {"order_id": "1043", "status": "waiting for a part", "arrives": "next week"}),
        )),
        Wrote("Your touring bicycle, order 1043, still waits for a part. It arrives next week."),
    )),
    Answered("That is too late for me. Please cancel it.", (
        Wrote("I can do that. It cannot be undone, so I need your yes first.", (
            Called("cancel_order", {"order_id": "1043"}, "Order 1043 is cancelled.",
                   {"order_id": "1043", "status": "cancelled"}, asked=True),
        )),
        Wrote("Order 1043 is cancelled. The money is back within three working days."),
    )),
    Answered("Thank you. Show me a thumbs up emoji.", (
        Wrote("", (
            Called("show_emoji", {"emoji": "👍", "size": "large"}, "",
                   {"emoji": "👍", "size": "large", "displayed": True}, in_browser=True),
        )),
        Wrote("Here you are. Safe riding!"),
    )),
)  # fmt: skip
