"""What the sweeper ends, and what it leaves alone."""

from datetime import timedelta

import pytest
from django.utils import timezone

from calls.bridge.ports import Transfer as Wish
from calls.models import Call, Transfer
from calls.services import lifecycle, sweeping, transfers
from tests.factories.pages import make_call, make_organization


def ago(minutes):
    return timezone.now() - timedelta(minutes=minutes)


@pytest.fixture
def organization(db):
    return make_organization()


def test_a_call_that_came_back_since_it_was_looked_up_goes_on(organization, monkeypatch):
    call = make_call(organization, status="in-progress", stream_closed_at=ago(2))
    real = sweeping.hold_order

    def hold_after_the_return(*ids):
        lifecycle.answer(call)
        real(*ids)

    monkeypatch.setattr(sweeping, "hold_order", hold_after_the_return)
    assert sweeping.sweep() == 0
    assert Call.unscoped.get().ended_reason == ""


def test_a_transfer_that_was_answered_since_it_was_looked_up_goes_on(organization, monkeypatch):
    call = make_call(organization, status="in-progress")
    transfer = transfers.ask(call, Wish("+12025550143", "Sales"))
    Transfer.unscoped.update(created_at=ago(4))
    real = sweeping.hold_order

    def hold_after_the_answer(*ids):
        transfers.take_answer(transfer)
        real(*ids)

    monkeypatch.setattr(sweeping, "hold_order", hold_after_the_answer)
    sweeping.sweep()
    assert Transfer.unscoped.get().status == "answered"
    assert Call.unscoped.get().ended_reason == ""


@pytest.mark.parametrize(
    ("direction", "minutes", "ended"),
    [("inbound", 4, 0), ("inbound", 6, 1), ("outbound", 29, 0), ("outbound", 36, 1)],
)
def test_unanswered_calls_end_once_nobody_can_answer_any_more(
    organization, direction, minutes, ended
):
    make_call(
        organization,
        direction=direction,
        status="queued",
        answered_at=None,
        started_at=ago(minutes),
    )
    assert sweeping.sweep() == ended


def test_a_call_is_long_from_its_answer_on_not_from_its_waiting(organization):
    call = make_call(organization, status="in-progress", started_at=ago(80), answered_at=ago(50))
    assert sweeping.sweep() == 0
    Call.unscoped.filter(pk=call.pk).update(answered_at=ago(76))
    assert sweeping.sweep() == 1
    assert Call.unscoped.get().ended_reason == "server_stopped"
