"""Whole calls over real sockets: a simulated phone on one side, the stand-in model on the other."""

from calls.models import TranscriptItem
from tests.integration.calls.site import ended
from tools_library.models import ToolExecution


def lines_of(call):
    return list(TranscriptItem.unscoped.filter(call=call))


def test_a_call_from_the_ring_to_the_heard_farewell(site):
    report = site.ring("demo")
    call = ended(report)
    assert report.warnings == []
    assert (call.status, call.ended_reason) == ("completed", "assistant_ended")
    said = [(line.role, line.text) for line in lines_of(call)]
    assert said == [
        ("assistant", "Hello, this is Juniper Cycles. How can I help?"),
        ("caller", "Hello, where is my order 1042?"),
        ("assistant", "Your order 1042 is on its way."),
        ("caller", "Great, thank you. Goodbye."),
        ("assistant", "You are welcome. Goodbye and safe riding."),
    ]
    assert all(line.heard_text == line.text for line in lines_of(call))
    assert report.ended_by == "server", "the product hangs up after the farewell"
    lookup, hang_up = ToolExecution.unscoped.filter(call=call).order_by("id")
    assert (lookup.status, lookup.input_parameters) == ("success", {"order_id": "1042"})
    assert (hang_up.tool_name, hang_up.status) == ("endCall", "success")
    assert call.usage["total_tokens"] > 0
