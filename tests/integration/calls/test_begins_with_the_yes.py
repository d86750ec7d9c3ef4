"""What staff approve while a call goes on is announced when it begins, as any other run is."""

import json
import threading

import pytest

from calls.models import TranscriptItem
from calls.services import plan
from tests.factories.tools import assign, endpoint_configuration, make_tool
from tests.integration.calls.asking import DAY, runs_of
from tests.integration.calls.site import ended
from tests.integration.calls.test_staff_say_yes import DONE, HOLD, answer, heard, ringing, waits
from tests.security.outbound.servers import RawServer, ok
from tools_library.services import limits

BEGINS = "I am booking it now."


@pytest.fixture
def workshop(monkeypatch):
    """A tool's server that takes its time: until its `go_on` is set."""
    monkeypatch.setattr(plan, "CALL_TOOL_TIMEOUT_S", 60.0)
    monkeypatch.setitem(limits.CONTEXT_SECONDS, "call", 60)
    go_on = threading.Event()

    def handle(server, connection):
        server.read_request(connection)
        go_on.wait(60)
        body = json.dumps({"success": True, "message": DONE}).encode()
        connection.sendall(ok(body, b"Content-Type: application/json"))

    server = RawServer(handle)
    server.go_on = go_on
    yield server
    server.stop()


def test_the_words_at_the_start_are_said_once_staff_agreed(site, workshop):
    site.settings.OUTBOUND_ALLOW = [*site.settings.OUTBOUND_ALLOW, f"127.0.0.1:{workshop.port}"]
    tool = make_tool(
        site.assistant.organization,
        name="book_appointment",
        side_effect="write",
        timeout_seconds=60,
        function_definition=DAY,
        configuration=endpoint_configuration(f"http://127.0.0.1:{workshop.port}/"),
        behaviour={"approval": "staff", "messages": {"start": {"phrases": {"en": [BEGINS]}}}},
    )
    assign(site.assistant, tool)
    with ringing(site, waits("expects you")) as call:
        heard(HOLD)
        assert not TranscriptItem.unscoped.filter(text=BEGINS).exists()
        answer(site, decision="approve")
        heard(BEGINS)
        workshop.go_on.set()
        report = call.result()
    row = ended(report)
    lines = [line.text for line in TranscriptItem.unscoped.filter(call=row, role="assistant")]
    assert [line for line in lines if line in (HOLD, BEGINS, DONE)] == [HOLD, BEGINS, DONE]
    assert (runs_of(row)[0].status, len(workshop.requests)) == ("success", 1)
