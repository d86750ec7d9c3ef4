"""Questions, answers, repeats, cancellations and time in any order: nothing runs without a yes."""

import datetime
from itertools import count

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from tests.factories.approvals import ask, pass_time
from tools_library.approvals import answering, asking, expiry
from tools_library.approvals.answering import Answer
from tools_library.approvals.errors import AlreadyAnswered
from tools_library.approvals.gate import CallerSaid
from tools_library.models import Approval, ToolExecution
from tools_library.services import execution
from voiceassist.organizations.services import audit

pytestmark = [pytest.mark.django_db, pytest.mark.embedded, pytest.mark.usefixtures("replies")]
_SOURCES = count(1)
INSTANT = datetime.timedelta(microseconds=1)


class Machine(RuleBasedStateMachine):
    """Random steps around the questions of one call; a subclass says about which tool."""

    kind = tool = organization = operator = handed_over = None
    questions = Bundle("questions")

    @initialize()
    def begin(self):
        self.source, self.calls = str(next(_SOURCES)), count(1)
        self.yes, self.handed = set(), len(self.handed_over)

    def call(self, arguments, said=()):
        number = next(self.calls)
        return ask(
            self.tool, self.organization, {"order_id": arguments}, said=said,
            call_id=f"c{self.source}-{number}", source_id=self.source,
        )  # fmt: skip

    @rule(target=questions, arguments=st.sampled_from("ab"))
    def call_tool(self, arguments):
        row = self.call(arguments)
        assert row.status in ("awaiting_approval", "denied")
        return row.approval.pk if row.status == "awaiting_approval" else multiple()

    @rule(question=questions, honest=st.booleans())
    def call_again(self, question, honest):
        approval = Approval.unscoped.get(pk=question)
        heard = approval.asked_at + (INSTANT if honest else -INSTANT)
        waits = approval.execution.status == "awaiting_approval"
        in_time = approval.status == "pending" and approval.expires_at > timezone.now()
        said = [CallerSaid(question, heard, heard + INSTANT)]
        row = self.call(approval.arguments["order_id"], said)
        if self.kind == "confirmed" and honest and waits and in_time:
            assert row.status == "queued" and row.pk == approval.execution_id
            self.yes.add(row.pk)
        else:
            assert row.status in ("awaiting_approval", "denied")

    @rule(question=questions, decision=st.sampled_from(["approve", "reject", "edit"]))
    def answer(self, question, decision):
        approval = Approval.unscoped.get(pk=question)
        arguments = {"order_id": "c"} if decision == "edit" else None
        try:
            answering.answer(approval, Answer(decision, arguments), by=self.operator)
        except (AlreadyAnswered, PermissionDenied):
            return
        assert self.kind == "staffed" or decision == "reject"
        if decision != "reject":
            self.yes.add(approval.execution_id)

    @rule(question=questions)
    def hear(self, question):
        asking.heard(self.organization.pk, question, timezone.now())

    @rule(question=questions)
    def cancel(self, question):
        execution.cancel(Approval.unscoped.get(pk=question).execution.execution_id)

    # No sum of these is a second or two before an end: the steps themselves take time, too.
    @rule(seconds=st.sampled_from([1, 30, 61, 121]))
    def time_passes(self, seconds):
        pass_time(seconds)

    @rule()
    def sweep(self):
        expiry.sweep()

    @invariant()
    def what_goes_on_had_a_yes(self):
        rows = ToolExecution.unscoped.filter(source_id=self.source)
        assert set(rows.filter(status="queued").values_list("pk", flat=True)) <= self.yes
        assert len(self.handed_over) - self.handed == len(self.yes)
        for approval in Approval.unscoped.filter(source_id=self.source):
            assert (approval.status == "approved") == (approval.execution_id in self.yes)
            if approval.status == "pending":
                assert approval.execution.status in ("awaiting_approval", "cancelled")
            else:
                assert approval.execution.status != "awaiting_approval"

    def teardown(self):
        pass_time(200_000)
        expiry.sweep()
        waiting = ToolExecution.unscoped.filter(status="awaiting_approval")
        assert not waiting.exists()


@pytest.mark.parametrize("kind", ["confirmed", "staffed"])
def test_nothing_runs_without_a_yes(kind, organization, operator, handed_over, request):
    fixed = {
        "kind": kind,
        "tool": request.getfixturevalue(kind),
        "organization": organization,
        "operator": operator,
        "handed_over": handed_over,
    }
    health = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    limits = settings(
        max_examples=25, stateful_step_count=15, deadline=None, suppress_health_check=health
    )
    run_state_machine_as_test(type("Bound", (Machine,), fixed), settings=limits)
    assert audit.verify(organization.pk).broken is None
