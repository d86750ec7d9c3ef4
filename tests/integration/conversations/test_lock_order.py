"""Two connections at one conversation: whoever changes it locks its row first, then its run's."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from tests.factories.conversations import make_conversation
from tests.services.locks import somebody_waits
from tests.services.ports import wait_for
from voiceassist.conversations.models import AgentRun, RunEvent
from voiceassist.conversations.services import cancelling, locking, stepping

pytestmark = pytest.mark.usefixtures("conversations_db")


@pytest.fixture
def died():
    """A run whose process died while its model spoke."""
    conversation = make_conversation()
    over = timezone.now() - timedelta(seconds=1)
    with transaction.atomic():
        locked = locking.lock(conversation.pk)
        stepping.reserve(locked)
        locked.save()
        return AgentRun.unscoped.create(
            organization_id=conversation.organization_id, conversation=conversation, attempt=1,
            claimed_by="dead", lease_until=over,
        )  # fmt: skip


def taken_over(run_pk):
    """Take a run over as another process does."""
    try:
        with transaction.atomic():
            return stepping.begin(run_pk, "alive")
    finally:
        connection.close()


def test_a_takeover_waits_for_the_conversation_before_it_takes_the_run(died):
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            locking.lock(died.conversation_id)
            takeover = pool.submit(taken_over, died.pk)
            wait_for(somebody_waits, seconds=90, what="the takeover")
            # With the run in the takeover's hands, one of the two would have to be ended.
            AgentRun.unscoped.select_for_update(nowait=True).get(pk=died.pk)
            assert cancelling.cancel(died.conversation)
        assert takeover.result(90) is None
    died.refresh_from_db()
    assert (died.status, died.claimed_by) == ("cancelled", "")
    assert not RunEvent.unscoped.filter(type="step_restarted").exists()


def test_a_takeover_tells_that_the_step_begins_again(died):
    plan = taken_over(died.pk)
    assert plan is not None and plan.claimant == "alive"
    died.refresh_from_db()
    assert (died.claimed_by, died.attempt) == ("alive", 2)
    told = RunEvent.unscoped.get(type="step_restarted")
    assert told.data == {"discard_after": 0, "attempt": 2} and plan.first_seq > told.seq
    assert taken_over(died.pk) is None


def test_a_run_of_a_conversation_that_is_gone_is_not_taken_over(died):
    died.conversation.delete()
    assert taken_over(died.pk) is None
