"""A media socket's token opens one stream, once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from calls.models import MediaTicket
from calls.services import lifecycle, tickets
from calls.services.errors import TicketRefused
from tests.factories.pages import make_call, make_organization


@pytest.fixture
def call(transactional_db):
    return make_call(make_organization(), status="ringing", answered_at=None)


def test_a_token_opens_once(call):
    token = tickets.issue(call)
    assert tickets.claim(token).call == call
    with pytest.raises(TicketRefused):
        tickets.claim(token)


def test_of_many_who_come_at_once_one_gets_in(call):
    token = tickets.issue(call)

    def attempt(_):
        try:
            tickets.claim(token)
        except TicketRefused:
            return False
        else:
            return True
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(16))) == 1


def test_an_old_token_opens_nothing(call):
    token = tickets.issue(call)
    MediaTicket.unscoped.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(TicketRefused):
        tickets.claim(token)


def test_the_token_of_a_call_that_is_over_opens_nothing(call):
    token = tickets.issue(call)
    lifecycle.end(call, "caller_hung_up")
    with pytest.raises(TicketRefused):
        tickets.claim(token)


@pytest.mark.parametrize("token", ["", "x", "1", "1-", "-1", "9" * 40 + "-a", "١-a", "1-é", "0-0"])
def test_forged_tokens_are_refused(call, token):
    tickets.issue(call)
    with pytest.raises(TicketRefused):
        tickets.claim(token)


def test_a_signature_belongs_to_its_own_number(call):
    token = tickets.issue(call)
    number, _, signature = token.partition("-")
    with pytest.raises(TicketRefused):
        tickets.claim(f"{int(number) + 1}-{signature}")
