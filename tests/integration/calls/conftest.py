"""Webhooks use threads with connections of their own: tests commit, and close those at the end.

Models are imported inside fixtures, since this file is loaded before Django is set up.
"""

import pytest


@pytest.fixture
def calls_db(transactional_db):
    """A database that the calls' threads share with the test."""
    from calls.services import pool

    yield
    pool.threads.close_connections()


@pytest.fixture
def sockets():
    """How the site's server speaks WebSocket: as `serve` does, unless a test says otherwise."""
    from config.direct_sockets import DirectSocketProtocol

    return DirectSocketProtocol


@pytest.fixture
def site(calls_db, settings, sockets):
    """The application with a line that rings a demo-like assistant with its tool."""
    from tests.factories.calls import make_line
    from tests.factories.tools import assign, endpoint_configuration, make_tool
    from tests.integration.calls.site import CallSite

    running = CallSite(settings, sockets).start()
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
