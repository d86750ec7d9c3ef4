"""Webhooks use threads with connections of their own: tests commit, and close those at the end.

Models are imported inside fixtures, since this file is loaded before Django is set up.
"""

import threading

import pytest
from django.db import connections


@pytest.fixture
def calls_db(transactional_db):
    """A database that the calls' threads share with the test."""
    from calls.services import pool

    yield
    everyone = threading.Barrier(pool.THREADS)

    def close():
        everyone.wait(10)
        connections.close_all()

    for done in [pool._executor.submit(close) for _ in range(pool.THREADS)]:
        done.result(10)


@pytest.fixture
def site(calls_db, settings):
    """The application with a line that rings a demo-like assistant with its tool."""
    from tests.factories.calls import make_line
    from tests.factories.tools import assign, endpoint_configuration, make_tool
    from tests.integration.calls.site import CallSite

    running = CallSite(settings).start()
    line = make_line(
        name="Juniper Cycles",
        first_message="Hello, this is Juniper Cycles. How can I help?",
        silence_timeout_seconds=5,
    )
    tool = make_tool(
        line.organization,
        configuration=endpoint_configuration(
            f"{running.stand_ins.url}/tools/orders/lookup",
            request_body_template="${parameters}",
        ),
    )
    assign(line.assistant, tool)
    running.assistant = line.assistant
    yield running
    running.stop()
