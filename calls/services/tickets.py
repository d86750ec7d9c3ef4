"""Tickets: the one-time tokens in media sockets' paths.

A token is the ticket's number and a signature over it, so that a repeated webhook is answered
with the same token without any secret being stored.
"""

from __future__ import annotations

import hmac
from datetime import timedelta

from django.utils import timezone
from django.utils.crypto import salted_hmac

from calls.choices import FINAL_STATUSES
from calls.models import Call, MediaTicket
from calls.services.errors import TicketRefused

LIFETIME = timedelta(minutes=2)
_SALT = "calls.media-ticket"


def issue(call: Call, *, resumed: bool = False) -> str:
    """Return the token for the call's next stream.

    A repeated webhook gets the same token: the first stream's even when it has been used (it then
    opens nothing), since a second one would open a second stream for the call.
    """
    now = timezone.now()
    tickets = MediaTicket.objects.of(call.organization_id).filter(call=call, resumed=resumed)
    ticket = tickets.filter(used_at__isnull=True, expires_at__gt=now).first()
    if ticket is None and not resumed:
        ticket = tickets.filter(used_at__isnull=False).first()
    if ticket is None:
        ticket = MediaTicket.objects.of(call.organization_id).create(
            organization_id=call.organization_id,
            call=call,
            resumed=resumed,
            expires_at=now + LIFETIME,
        )
    return f"{ticket.pk}-{_signature(ticket.pk)}"


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
    fresh = MediaTicket.unscoped.filter(pk=int(number), used_at__isnull=True, expires_at__gt=now)
    if not fresh.exclude(call__status__in=FINAL_STATUSES).update(used_at=now):
        raise TicketRefused("This token was used before, is too old, or its call is over.")
    return MediaTicket.unscoped.select_related(
        "call__organization", "call__assistant", "call__assistant_version"
    ).get(pk=int(number))


def _signature(number: int) -> str:
    return salted_hmac(_SALT, str(number), algorithm="sha256").hexdigest()[:40]
