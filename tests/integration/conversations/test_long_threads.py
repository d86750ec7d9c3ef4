"""Long conversations: of each step only the newest part is read, calls with their results."""

import uuid

import pytest
from django.test.utils import CaptureQueriesContext

from tests.factories.conversations import make_conversation
from voiceassist.conversations.loop import history
from voiceassist.conversations.models import AgentRun, Message, ToolProposal
from voiceassist.conversations.services import turns

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


def make_long(answers, *, calls=1, words="word "):
    """Make a conversation of so many questions, calls and answers, straight into its tables."""
    conversation = make_conversation()
    own = {"organization_id": conversation.organization_id, "conversation": conversation}
    run = AgentRun.unscoped.create(status="completed", **own)
    roles = [role for _ in range(answers) for role in ("user", "assistant", "assistant")]
    rows = Message.unscoped.bulk_create(
        Message(run=run, position=at, role=role, text=words * 2, **own)
        for at, role in enumerate(roles)
    )
    ToolProposal.unscoped.bulk_create(
        ToolProposal(
            run=run, message=row, step=1, position=place, tool_call_id=uuid.uuid4().hex,
            tool_name="look_up", arguments="{}", status="succeeded", output=words, **own,
        )
        for row in rows[1::3]
        for place in range(calls)
    )  # fmt: skip
    return conversation


@pytest.mark.parametrize(
    ("answers", "words", "most_queries"),
    [(1_000, "word ", 12), (200, "many words " * 500, 2), (20, "word ", 2), (0, "", 2)],
)
def test_a_long_thread_costs_a_step_as_much_as_a_shorter_one(
    django_assert_max_num_queries, answers, words, most_queries
):
    conversation = make_long(answers, words=words)
    with django_assert_max_num_queries(most_queries):
        read = turns.newest(conversation)
    assert len(read) <= history.MOST_TURNS + turns.PAGE
    whole = list(Message.unscoped.filter(conversation=conversation).order_by("position"))
    assert [each.text for each in read] == [row.text for row in whole][len(whole) - len(read) :]
    sent = history.messages("", read)
    assert len(sent) <= 2 * history.MOST_TURNS
    assert sum(len(each["content"] or "") for each in sent) <= history.MOST_CHARACTERS


def test_a_call_is_sent_with_its_results_wherever_the_thread_is_cut():
    read = turns.newest(make_long(400, calls=2))
    sent = history.messages("", read)
    assert sent[0]["role"] == "user"
    called = [call["id"] for each in sent for call in each.get("tool_calls", ())]
    assert called == [each["tool_call_id"] for each in sent if each["role"] == "tool"] != []


def test_the_newest_question_is_sent_whole_however_long_its_answers_are():
    conversation = make_long(3, words="x" * 150_000)
    sent = history.messages("", turns.newest(conversation))
    assert [each["role"] for each in sent] == ["user", "assistant", "tool", "assistant"]


def test_rows_that_are_read_do_not_grow_with_the_thread():
    from django.db import connection

    read = []
    for answers in (250, 1_000):
        conversation = make_long(answers)
        with CaptureQueriesContext(connection) as queries:
            read.append(len(turns.newest(conversation)))
        bounds = "LIMIT", '"message_id" >= '
        assert all(any(bound in each["sql"] for bound in bounds) for each in queries)
    assert read[0] == read[1]
