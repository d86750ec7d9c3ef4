"""A remembered yes: for what it was meant, until it is revoked or the schema changes."""

import pytest

from tests.factories.approvals import ask
from tests.factories.organizations import make_member
from tests.factories.tools import make_tool
from tools_library.approvals import answering, grants
from tools_library.approvals.answering import Answer
from tools_library.models import ApprovalGrant, ToolExecution
from tools_library.services.tools import save_tool
from voiceassist.foundation.errors import InvalidInput

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.embedded,
    pytest.mark.usefixtures("handed_over", "replies"),
]


def grant(organization, tool, operator, **answer):
    row = ask(tool, organization, call_id=f"g{ToolExecution.unscoped.count()}")
    return answering.answer(row.approval, Answer("approve", **answer), by=operator)


def test_a_remembered_yes_holds_as_far_as_it_was_meant(organization, staffed, operator):
    grant(organization, staffed, operator, remember="conversation")
    assert ask(staffed, organization, {"order_id": "99"}, call_id="a").status == "queued"
    elsewhere = ask(staffed, organization, call_id="b", source_id="6")
    assert elsewhere.status == "awaiting_approval"
    answering.answer(elsewhere.approval, Answer("approve", remember="always"), by=operator)
    assert ask(staffed, organization, call_id="c", source_id="7").status == "queued"


def test_a_yes_can_be_for_the_exact_arguments(organization, staffed, operator):
    grant(organization, staffed, operator, remember="always", exact=True)
    assert ask(staffed, organization, call_id="a").status == "queued"
    other = ask(staffed, organization, {"order_id": "8"}, call_id="b")
    assert other.status == "awaiting_approval"


def test_what_cannot_be_undone_is_remembered_for_its_exact_arguments(organization, operator):
    tool = make_tool(
        organization, side_effect="irreversible",
        behaviour={"approval": "staff", "on_duplicate": "allow"},
    )  # fmt: skip
    grant(organization, tool, operator, remember="always")
    assert ask(tool, organization, call_id="a").status == "queued"
    assert ask(tool, organization, {"order_id": "8"}, call_id="b").status == "awaiting_approval"


def test_a_revoked_grant_asks_again(organization, staffed, operator):
    grant(organization, staffed, operator, remember="always")
    (row,) = ApprovalGrant.unscoped.all()
    assert grants.revoke(row, operator) and not grants.revoke(row, operator)
    assert ask(staffed, organization, call_id="a").status == "awaiting_approval"


def test_another_schema_ends_a_grant(organization, staffed, operator):
    grant(organization, staffed, operator, remember="always")
    save_tool(organization, {"description": "Other words."}, by=None, tool=staffed)
    assert ask(staffed, organization, call_id="a").status == "queued"
    parameters = {"type": "object", "properties": {"order_id": {"type": "string"}}}
    save_tool(organization, {"function_definition": parameters}, by=None, tool=staffed)
    assert ask(staffed, organization, call_id="b").status == "awaiting_approval"
    assert "schema" in ApprovalGrant.unscoped.get().end_reason


def test_a_users_own_grant_is_for_their_own_conversations(organization, confirmed):
    user, other = make_member(organization), make_member(organization)
    row = ask(confirmed, organization, trigger="chat", user_id=user.pk)
    answering.answer(row.approval, Answer("approve", remember="always"), by=user)
    mine = ask(confirmed, organization, trigger="chat", user_id=user.pk, call_id="a", source_id="9")
    assert mine.status == "queued"
    for number, more in enumerate([{"trigger": "chat", "user_id": other.pk}, {"trigger": "call"}]):
        asked = ask(confirmed, organization, call_id=f"b{number}", source_id="9", **more)
        assert asked.status == "awaiting_approval"


class PageVisitor:
    """Whoever a foreign page's conversation is with: their yes counts in it, nobody signed in."""

    is_authenticated = True
    answers_for = ("chat", "5")


@pytest.mark.parametrize("decision", ["approve", "edit"])
def test_a_visitors_yes_holds_in_their_conversation_and_not_for_everybody(
    organization, confirmed, decision
):
    arguments = {"order_id": "8"} if decision == "edit" else None
    row = ask(confirmed, organization, trigger="chat")
    with pytest.raises(InvalidInput) as refused:
        always = Answer(decision, arguments, remember="always")
        answering.answer(row.approval, always, by=PageVisitor())
    assert "signed in" in refused.value.errors["remember"]
    assert not ApprovalGrant.unscoped.exists()
    here = Answer(decision, arguments, remember="conversation")
    assert answering.answer(row.approval, here, by=PageVisitor()).status == "approved"
    assert ask(confirmed, organization, trigger="chat", call_id="c2").status == "queued"
    other = ask(confirmed, organization, trigger="chat", call_id="c3", source_id="6")
    assert other.status == "awaiting_approval"
    on_the_phone = ask(confirmed, organization, call_id="c4", source_id="7")
    assert on_the_phone.status == "awaiting_approval"
