"""Rows stored by statements put together once: what `save`, `bulk_create` and `update` store."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories.conversations import make_conversation
from voiceassist.conversations.models import AgentRun, Conversation, Message, RunEvent
from voiceassist.foundation import written
from voiceassist.foundation.prepared import PreparedUpdate

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.embedded]
DATA = {"pieces": ["ünï 'quoted' %s %%", "\\", "😀"], "none": None, "deep": [1, 2.5, {"a": True}]}


@pytest.fixture
def conversation():
    return make_conversation()


def _of(conversation, model, **values):
    return model(
        organization_id=conversation.organization_id, conversation_id=conversation.pk, **values
    )


def _event(conversation, seq):
    values = {"first_seq": seq, "seq": seq, "type": "user_message", "at": timezone.now()}
    return _of(conversation, RunEvent, data={**DATA, "seq": seq}, **values)


def _values(row):
    return {field.name: field.value_from_object(row) for field in row._meta.concrete_fields}


def test_a_new_row_is_stored_as_it_was_made(conversation):
    run = _of(conversation, AgentRun, context=DATA, lease_until=timezone.now())
    written.insert([run])
    stored = AgentRun.unscoped.get(run_id=run.run_id)
    assert run.pk == stored.pk and not run._state.adding
    assert _values(run) == _values(stored)
    assert stored.context == DATA and stored.client_tools == []
    assert stored.started_at <= timezone.now()


def test_several_rows_go_in_one_statement_and_each_knows_its_id(conversation):
    rows = [_event(conversation, seq) for seq in (3, 1, 2)]
    with CaptureQueriesContext(connection) as queries:
        written.insert(rows)
    assert len(queries) == 1
    assert [_values(row) for row in rows] == [
        _values(RunEvent.unscoped.get(seq=seq)) for seq in (3, 1, 2)
    ]


def test_no_rows_are_no_statement(django_assert_num_queries):
    with django_assert_num_queries(0):
        written.insert([])


def test_a_row_that_is_there_already_is_refused(conversation):
    written.insert([_event(conversation, 1)])
    with pytest.raises(IntegrityError), transaction.atomic():
        written.insert([_event(conversation, 1)])
    assert RunEvent.unscoped.count() == 1


def test_only_the_named_fields_of_a_row_change(conversation):
    before = _values(conversation)
    conversation.pending_frontend_tools, conversation.last_seq = [DATA], 7
    conversation.objective = "not named"
    written.update(conversation, ("pending_frontend_tools", "last_seq", "updated_at"))
    stored = Conversation.unscoped.get(pk=conversation.pk)
    changed = {name for name, value in _values(stored).items() if value != before[name]}
    assert changed == {"pending_frontend_tools", "last_seq", "updated_at"}
    assert stored.pending_frontend_tools == [DATA] and stored.updated_at == conversation.updated_at


def test_a_row_that_is_gone_cannot_change(conversation):
    message = _of(conversation, Message, position=0, role="user", text="Hello")
    written.insert([message])
    Message.unscoped.all().delete()
    with pytest.raises(DatabaseError, match="not there any more"):
        written.update(message, ("text",))


def test_a_prepared_update_changes_the_rows_of_its_values_and_counts_them(conversation):
    runs = [_of(make_conversation(), AgentRun, attempt=number) for number in (0, 0, 5)]
    for run in runs:
        written.insert([run])
    tried = PreparedUpdate(
        AgentRun,
        ["id", "claimed_by", "lease_until"],
        lambda pk, name, until: (
            AgentRun.unscoped.filter(pk=pk, attempt__lt=5),
            {"claimed_by": name, "lease_until": until, "attempt": F("attempt") + 1},
        ),
    )
    until = timezone.now() + timedelta(seconds=15)
    counts = [tried.run(run.pk, f"it's %s {place}", until) for place, run in enumerate(runs)]
    stored = AgentRun.unscoped.order_by("pk").values_list("claimed_by", "attempt", "lease_until")
    assert counts == [1, 1, 0]
    assert list(stored) == [("it's %s 0", 1, until), ("it's %s 1", 1, until), ("", 5, None)]
