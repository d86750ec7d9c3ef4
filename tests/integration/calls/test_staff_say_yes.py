"""Whole calls that wait for staff: answered over REST, refused, forgotten, left by the caller."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.test import Client

from calls.models import TranscriptItem, Transfer
from tests.factories.organizations import make_key
from tests.integration.calls.asking import BOOK, booked, booking, caller, runs_of, transferring
from tests.integration.calls.site import ended
from tests.integration.calls.test_calls import wait_for
from tools_library.approvals import expiry
from tools_library.models import Approval, ToolExecution
from voiceassist.demo.scenario import HangUp, Listen, Scenario, Speak, WaitForEnd

HOLD = "One moment please, I'm asking a colleague about this."
DONE = "The workshop expects you on Tuesday at ten."
SALES = "+12025550143"
UNTIL_HELD = Listen(words="asking a colleague", at_most_ms=90_000)


@contextmanager
def ringing(site, scenario, **more):
    """A call under way, whose tool waits for staff; yields what its end is got from."""
    with ThreadPoolExecutor(1) as thread:
        call = thread.submit(site.ring, scenario, **more)
        wait_for(lambda: Approval.unscoped.filter(status="pending").exists())
        yield call


def answer(site, expect=200, **body):
    """Answer the question as a program of an operator."""
    approval = Approval.unscoped.get()
    _, key = make_key(site.assistant.organization, "operator")
    response = Client().post(
        f"/api/organization/approvals/{approval.pk}/answer", body,
        content_type="application/json", headers={"Authorization": f"Bearer {key}"},
    )  # fmt: skip
    assert response.status_code == expect, response.content
    return response.json()


def said(call):
    return [line.text for line in TranscriptItem.unscoped.filter(call=call, role="assistant")]


def waits(words, *steps, first=BOOK):
    """A caller who asks, holds the line until `words`, and leaves."""
    script = (Listen(), Speak(text=first), Listen(words=words, at_most_ms=90_000), *steps)
    return Scenario(name="demo", description="waits", caller=script)


@pytest.fixture
def shop(site):
    """A site whose workshop is booked only with staff's yes."""
    booking(site, behaviour={"approval": "staff"})
    return site


def heard(words):
    wait_for(lambda: TranscriptItem.unscoped.filter(text=words, status="completed").exists())


def test_the_caller_waits_for_staff_and_the_call_goes_on_with_their_yes(shop):
    with ringing(shop, waits("expects you")) as call:
        heard(HOLD)
        assert booked(shop) == 0
        answer(shop, decision="approve")
        report = call.result()
    row = ended(report)
    assert report.warnings == []
    assert [line for line in said(row) if line in (HOLD, DONE)] == [HOLD, DONE]
    (run,) = runs_of(row)
    assert (run.status, booked(shop)) == ("success", 1)


def test_what_staff_refuse_is_told_with_their_reason(shop):
    with ringing(shop, waits("did not work")) as call:
        answer(shop, decision="reject", reason="The workshop is full.")
        report = call.result()
    row = ended(report)
    assert "Staff declined and said: The workshop is full." in " ".join(said(row))
    assert (runs_of(row)[0].status, booked(shop)) == ("denied", 0)


def test_what_nobody_answers_in_time_ends_with_a_sentence(shop):
    with ringing(shop, waits("did not work")) as call:
        heard(HOLD)
        Approval.unscoped.update(expires_at=Approval.unscoped.get().asked_at)
        expiry.sweep()
        report = call.result()
    row = ended(report)
    assert "no member of staff answered in time" in " ".join(said(row))
    assert (runs_of(row)[0].error_code, booked(shop)) == ("expired", 0)


def test_a_caller_who_leaves_while_staff_think_leaves_nothing_behind(shop):
    script = (Listen(), Speak(text=BOOK), UNTIL_HELD, HangUp())
    with ringing(shop, Scenario(name="demo", description="leaves", caller=script)) as call:
        report = call.result()
    row = ended(report)
    assert row.ended_reason == "caller_hung_up"
    assert runs_of(row)[0].status == "awaiting_approval"
    answer(shop, decision="approve")
    wait_for(lambda: runs_of(row)[0].status == "success")
    assert booked(shop) == 1, "what staff approved is done, once, though nobody listens"


TRANSFER = "Please transfer me to a human."


def run():
    return ToolExecution.unscoped.get(tool_name="transferCall")


def test_staff_let_a_caller_be_put_through(site):
    transferring(site, approval={"transferCall": "staff"})
    script = (Listen(), Speak(text=TRANSFER), WaitForEnd(at_most_ms=90_000))
    scenario = Scenario(name="demo", description="put through", caller=script)
    with ringing(site, scenario) as call:
        heard(HOLD)
        assert run().status == "awaiting_approval"
        answer(site, decision="approve")
        report = call.result()
    row = ended(report)
    assert (report.dialled, row.ended_reason) == ([SALES], "transferred")
    assert (run().status, Transfer.unscoped.get().status) == ("success", "completed")


def test_a_transfer_that_staff_refuse_is_not_made(site):
    transferring(site, approval={"transferCall": "staff"})
    with ringing(site, waits("did not work", first=TRANSFER)) as call:
        refused = {"decision": "edit", "arguments": {"to": "+12025550199"}}
        assert "approve or reject" in str(answer(site, 400, **refused)["errors"])
        remembered = {"decision": "approve", "remember": "always"}
        assert "holds for once" in str(answer(site, 400, **remembered)["errors"])
        answer(site, decision="reject")
        report = call.result()
    row = ended(report)
    assert (report.dialled, run().status) == ([], "denied")
    assert row.ended_reason == "caller_hung_up"


def test_a_caller_who_leaves_first_is_put_through_to_nobody(site):
    transferring(site, approval={"transferCall": "staff"})
    script = (Listen(), Speak(text=TRANSFER), UNTIL_HELD, HangUp())
    with ringing(site, Scenario(name="demo", description="leaves", caller=script)) as call:
        report = call.result()
    ended(report)
    assert run().status == "cancelled", "written down before the line was given back"
    answer(site, 409, decision="approve")
    assert not Transfer.unscoped.exists()


def test_a_caller_says_themselves_whether_they_are_put_through(site):
    transferring(site, approval={"transferCall": "confirm"})
    steps = (Listen(words="shall I"), Speak(text="Yes, please."), WaitForEnd(at_most_ms=90_000))
    report = site.ring(caller(*steps, first="May I speak to a colleague?"))
    row = ended(report)
    assert (report.dialled, row.ended_reason) == ([SALES], "transferred")
    assert "Shall I put you through?" in said(row)
    assert (run().status, run().output_result["data"]) == ("success", {"status": "answered"})
    assert Approval.unscoped.get().status == "approved"
