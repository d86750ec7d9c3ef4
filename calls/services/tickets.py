"""Tickets: the one-time tokens in media sockets' paths.

A token is the ticket's number and a signature over it, so that a repeated webhook is answered
with the same token without any secret being stored.
"""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.crypto import salted_hmac

from calls.choices import FINAL_STATUSES, Direction
from calls.models import Call, MediaTicket
from calls.services.errors import TicketRefused

LIFETIME = timedelta(minutes=2)
QUEUED_LIFETIME = timedelta(minutes=30)  # outgoing calls wait for their turn at the phone company
REPEATED_WITHIN = timedelta(seconds=1)
_SALT = "calls.media-ticket"


def issue(call: Call) -> str:
    """Return the token for the call's first stream.

    A repeated webhook gets the same token, even when it has been used (it then opens nothing),
    since a second one would open a second stream for the call.
    """
    now = timezone.now()
    tickets = MediaTicket.objects.of(call.organization_id).filter(call=call, resumed=False)
    ticket = tickets.filter(used_at__isnull=True, expires_at__gt=now).first()
    ticket = ticket or tickets.filter(used_at__isnull=False).first()
    if ticket is None:
        queued = call.direction == Direction.OUTBOUND
        ticket = _create(call, expires_at=now + (QUEUED_LIFETIME if queued else LIFETIME))
    return _token(ticket)


def issued_for(call: Call, delivery: str) -> str | None:
    """Return the token that answered this very redirect before, used or not; None for a new one.

    Args:
        delivery: the phone company's name for the delivery; without one, a token that was given
            out a moment ago and is unused counts as this redirect's.
    """
    tickets = MediaTicket.objects.of(call.organization_id).filter(call=call, resumed=True)
    if delivery:
        ticket = tickets.filter(delivery=delivery[:100]).first()
    else:
        since = timezone.now() - REPEATED_WITHIN
        ticket = tickets.filter(used_at__isnull=True, created_at__gte=since).first()
    return _token(ticket) if ticket else None


def issue_resumed(call: Call, delivery: str) -> str:
    """Return a new token for the stream that follows an earlier one, or a refused one."""
    expires_at = timezone.now() + LIFETIME
    return _token(_create(call, expires_at=expires_at, resumed=True, delivery=delivery[:100]))


def resumed_since(call: Call, moment: datetime) -> int:
    """Return how many redirects were answered with a new stream since `moment`."""
    tickets = MediaTicket.objects.of(call.organization_id).filter(call=call, resumed=True)
    return tickets.filter(created_at__gte=moment).count()


def broke_by(call: Call) -> str:
    """Return why the call's newest stream that opened ended before the call; empty for none."""
    used = MediaTicket.objects.of(call.organization_id).filter(call=call, used_at__isnull=False)
    newest = used.order_by("-used_at").first()
    return newest.broke_by if newest else ""


def claim(token: str) -> MediaTicket:
    """Use a token up, in one conditional UPDATE.

    Raises:
        TicketRefused: forged, used before, too old, or its call is over.
    """
    number, _, signature = token.partition("-")
    if not number.isascii() or not number.isdigit() or len(number) > 18:
        raise TicketRefused("This is no token of ours.")
    if not hmac.compare_digest(signature.encode(), _signature(int(number)).encode()):
        raise TicketRefused("This is no token of ours.")
    now = timezone.now()
    # No condition on the call here: a join would move everything into a subquery, which PostgreSQL
    # does not evaluate again for whoever comes second.
    fresh = MediaTicket.unscoped.filter(pk=int(number), used_at__isnull=True, expires_at__gt=now)
    if not fresh.update(used_at=now):
        raise TicketRefused("This token was used before, or is too old.")
    ticket = MediaTicket.unscoped.select_related(
        "call__organization", "call__assistant", "call__assistant_version"
    ).get(pk=int(number))
    if ticket.call.status in FINAL_STATUSES:
        raise TicketRefused("The call of this token is over.")
    return ticket


def _create(call: Call, **fields: Any) -> MediaTicket:
    ticket = MediaTicket(organization_id=call.organization_id, call=call, **fields)
    ticket.save()
    return ticket


def _token(ticket: MediaTicket) -> str:
    return f"{ticket.pk}-{_signature(ticket.pk)}"


def _signature(number: int) -> str:
    return salted_hmac(_SALT, str(number), algorithm="sha256").hexdigest()[:40]
