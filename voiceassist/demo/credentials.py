"""The demo's credentials: their values open nothing; imports their service."""

from __future__ import annotations

from voiceassist.demo.stand_ins.aws import account
from voiceassist.organizations.models import Organization, User
from voiceassist.organizations.services import credentials

_DEMO = {
    "SHOP_API_TOKEN": ("demo-shop-token", "Opens the shop's order system; the owner renews it."),
    "BOOKING_API_KEY": ("demo-booking-key", "Opens the workshop's calendar."),
    "AWS_ACCESS_KEY": (account.ACCESS_KEY_ID, "Who calls the shop's Lambda functions."),
    "AWS_SECRET_KEY": (account.SECRET_ACCESS_KEY, "Proves it; opens the AWS stand-in alone."),
    "SHOP_DATABASE": (
        "postgresql://reader:demo@db.example.com:5432/shop",
        "The shop's customers, read only.",
    ),
}


def write(organization: Organization, owner: User) -> list[str]:
    """Make those that are missing; return what was made, one line each."""
    missing = [name for name in _DEMO if name not in credentials.names(organization.pk)]
    for name in missing:
        value, description = _DEMO[name]
        credentials.create(organization, name, value, description, by=owner)
    return [f"credential {name}" for name in missing]
