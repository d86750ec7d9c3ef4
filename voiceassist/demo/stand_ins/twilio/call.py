"""One outgoing call as the REST API knows it. Pure but for the clock."""

import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

API_VERSION = "2010-04-01"
WAITING = ("queued", "initiated", "ringing")
ENDED = ("completed", "busy", "no-answer", "failed", "canceled")
_NORTH_AMERICAN = re.compile(r"\+1(\d{3})(\d{3})(\d{4})")


def _formatted(number: str) -> str:
    found = _NORTH_AMERICAN.fullmatch(number)
    return f"({found[1]}) {found[2]}-{found[3]}" if found else number


def _when(moment: datetime | None) -> str | None:
    return format_datetime(moment) if moment else None


@dataclass(frozen=True)
class Order:
    """What a call was created with."""

    to: str
    from_: str
    twiml: str = ""
    url: str = ""
    status_callback: str = ""
    status_events: frozenset[str] = frozenset({"completed"})
    time_limit_s: int = 14_400


@dataclass
class PhoneCall:
    """A call's state; `report` is the simulated phone's, once the call is over."""

    account_sid: str
    order: Order
    sid: str = field(default_factory=lambda: "CA" + secrets.token_hex(16))
    status: str = "queued"
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    updated_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    report: dict[str, Any] | None = None

    @property
    def has_ended(self) -> bool:
        """Whether the status is a last one."""
        return self.status in ENDED

    def duration_s(self) -> int | None:
        """Whole seconds between answer and end; None for a call that had neither."""
        if self.answered_at is None or self.ended_at is None:
            return None
        return max(1, round((self.ended_at - self.answered_at).total_seconds()))

    def turn(self, status: str) -> None:
        """Takes a new status."""
        now = datetime.now(UTC)
        self.status, self.updated_at = status, now
        if status == "in-progress":
            self.answered_at = now
        elif status in ENDED:
            self.ended_at = now

    def path(self) -> str:
        """The resource's path without its ending."""
        return f"/{API_VERSION}/Accounts/{self.account_sid}/Calls/{self.sid}"

    def as_json(self) -> dict[str, Any]:
        """The resource on the wire."""
        duration, path = self.duration_s(), self.path()
        parts = ("events", "notifications", "recordings", "siprec", "streams", "user_defined")
        return {
            "sid": self.sid,
            "account_sid": self.account_sid,
            "parent_call_sid": None,
            "to": self.order.to,
            "to_formatted": _formatted(self.order.to),
            "from": self.order.from_,
            "from_formatted": _formatted(self.order.from_),
            "phone_number_sid": None,
            "status": self.status,
            "date_created": _when(self.created_at),
            "date_updated": _when(self.updated_at),
            "start_time": _when(self.answered_at),
            "end_time": _when(self.ended_at),
            "duration": None if duration is None else str(duration),
            "price": None,
            "price_unit": "USD",
            "direction": "outbound-api",
            "answered_by": None,
            "api_version": API_VERSION,
            "annotation": None,
            "forwarded_from": None,
            "group_sid": None,
            "caller_name": None,
            "queue_time": "0",
            "trunk_sid": None,
            "uri": f"{path}.json",
            "subresource_uris": {part: f"{path}/{part.title()}.json" for part in parts},
        }
