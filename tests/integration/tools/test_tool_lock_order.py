"""The order of an organization's events is held before rows are locked, on PostgreSQL alone."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories.approvals import ask
from tests.factories.organizations import make_member
from tests.factories.tools import assign, make_tool, tool_values
from tests.integration.api_tools.conftest import Api
from tools_library.approvals import answering
from tools_library.approvals.answering import Answer
from tools_library.services import assignments, bundles, queues, tools_settings, validation
from tools_library.services.tools import save_tool
from voiceassist.foundation.events.storing import _ORDER

pytestmark = pytest.mark.django_db


def holds_first(organization, work):
    """Whether the order is held before the first row is changed."""
    with CaptureQueriesContext(connection) as queries:
        work()
    sent = [each["sql"] for each in queries]
    order = next(n for n, sql in enumerate(sent) if f"({_ORDER}, {organization.pk})" in sql)
    rows = r'^UPDATE (?!"organizations_apikey")|FOR .*UPDATE'  # a key's last use has no order
    return order < next(n for n, sql in enumerate(sent) if re.search(rows, sql))


def test_savers_of_several_tools_never_wait_for_each_other_in_a_ring(organization, assistant):
    tool = make_tool(organization)
    row = assign(assistant, tool)
    change = {"timeout_seconds": 9}
    assert holds_first(organization, lambda: save_tool(organization, change, by=None, tool=tool))
    bundle = bundles.export(organization)
    bundle["tools"][0]["timeout_seconds"] = 8
    assert holds_first(organization, lambda: bundles.take(organization, bundle, by=None))
    program, one = Api(organization), f"/api/organization/tools/{tool.pk}"
    assert holds_first(organization, lambda: program("PATCH", one, 200, {"timeout_seconds": 7}))
    assert holds_first(
        organization,
        lambda: assignments.configure(row, by=None, custom_configuration={"timeout": 3}),
    )


def test_tools_of_one_document_are_all_judged_before_the_order_is_held(assistant, monkeypatch):
    began = []
    judged = validation.check_configuration
    with CaptureQueriesContext(connection) as queries:

        def judge(*asked, **more):
            began.append(len(queries.captured_queries))
            return judged(*asked, **more)

        monkeypatch.setattr(validation, "check_configuration", judge)
        document = {"custom_tools": [tool_values(), tool_values(name="find_order")]}
        tools_settings.write(assistant, document, None)
        sent = [each["sql"] for each in queries.captured_queries]
    order = next(n for n, sql in enumerate(sent) if f"({_ORDER}, " in sql)
    assert len(began) == 2 and max(began) <= order


def test_using_a_grant_and_revoking_it_never_wait_for_each_other(organization, monkeypatch):
    monkeypatch.setattr(queues, "enqueue", lambda *args, **queue: None)
    behaviour = {"approval": "staff", "on_duplicate": "allow"}
    tool = make_tool(organization, side_effect="write", behaviour=behaviour)
    first = ask(tool, organization, call_id="a")
    answer = Answer("approve", remember="always")
    answering.answer(first.approval, answer, by=make_member(organization, "operator"))
    assert holds_first(organization, lambda: ask(tool, organization, call_id="b"))
