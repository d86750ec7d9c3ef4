"""Models that loop, stall, break off, call what is not there: bounded, explained, recorded."""

import json

import pytest

from tests.factories.assistants import make_assistant
from tests.factories.tools import assign, endpoint_configuration, make_tool
from tests.integration.conversations.client import AgentClient
from tests.integration.conversations.test_agent_routes import events_of
from tests.security.outbound.servers import RawServer, answering, ok
from voiceassist.conversations.loop.steps import MOST_STEPS
from voiceassist.conversations.models import AgentRun, Message, ToolProposal
from voiceassist.conversations.services import driving
from voiceassist.foundation.providers.chat.assembly import MAX_TEXT_BYTES

pytestmark = pytest.mark.usefixtures("conversations_db")

BREAKS_OFF = {
    "garbage": "model_bad_answer",
    "error_event": "model_unavailable",
    "endless": "model_bad_answer",
    "close": "model_unavailable",
    "empty": "empty_answer",
    "content_filter": "empty_answer",
    "no_credit": "model_refused",
    "server_error": "model_unavailable",
    "rate_limited": "model_rate_limited",
    "too_many_calls": "model_bad_answer",
}


def failed(events, code):
    """Check that a run failed for a reason that its event and its row tell."""
    last = events[-1]
    assert (last["type"], last["code"]) == ("run_error", code), events[-3:]
    assert last["message"].endswith(".")
    run = AgentRun.unscoped.get(run_id=last["run_id"])
    assert (run.status, run.stop_reason) == ("failed", code)
    assert run.error_message == last["message"] and run.finished_at is not None
    return run


def goes_on(chat, thread):
    """Check that a conversation can be gone on with."""
    again = events_of(chat.send("Hello", thread_id=thread))
    assert again[-1]["type"] == "run_finished" and again[-1]["status"] == "completed"


def shown(events):
    return "".join(each["delta"] for each in events if each["type"] == "text_delta")


def test_a_model_that_breaks_off_ends_the_run_with_a_reason(chat):
    chat.site.behave(chat_chunk_ms=0, chat_retry_after_s=0)
    for fault, code in BREAKS_OFF.items():
        events = events_of(chat.send(f"Hello stand-in:{fault}"))
        run = failed(events, code)
        said = Message.unscoped.filter(run=run, role="assistant").values_list("text", flat=True)
        assert list(said) == ([shown(events)] if shown(events).strip() else []), fault
        assert len(shown(events).encode()) <= MAX_TEXT_BYTES
        goes_on(chat, events[0]["thread_id"])


def test_a_model_that_stalls_is_given_up_and_what_it_said_stays(chat, monkeypatch):
    with monkeypatch.context() as impatient:
        impatient.setattr(driving, "STEP_SECONDS", 0.5)
        events = events_of(chat.send("Hello stand-in:stall"))
    run = failed(events, "model_timeout")
    kept = Message.unscoped.filter(run=run, role="assistant").values_list("text", flat=True)
    assert "".join(kept).strip() == shown(events).strip()
    goes_on(chat, events[0]["thread_id"])


@pytest.mark.parametrize("fault", ["length", "refusal"])
def test_a_model_that_says_less_than_it_should_has_still_answered(chat, fault):
    events = events_of(chat.send(f"Hello stand-in:{fault}"))
    assert events[-1]["type"] == "run_finished" and shown(events)


@pytest.mark.parametrize("fault", ["duplicate_ids", "no_ids"])
def test_calls_without_ids_of_their_own_are_given_some(chat, fault):
    assert events_of(chat.send(f"stand-in:{fault}"))[-1]["type"] == "run_paused"
    ids = ToolProposal.unscoped.values_list("tool_call_id", flat=True)
    assert all(ids) and len(set(ids)) == len(ids)


def test_a_model_that_comes_to_no_answer_is_stopped_after_some_steps(chat, settings):
    server = RawServer(answering(ok(b'{"success": true}', b"Content-Type: application/json")))
    settings.OUTBOUND_ALLOW = [*settings.OUTBOUND_ALLOW, f"127.0.0.1:{server.port}"]
    assistant = make_assistant(chat.assistant.organization)
    url = f"http://127.0.0.1:{server.port}/look"
    configuration = endpoint_configuration(url)
    tool = make_tool(assistant.organization, configuration=configuration, timeout_seconds=120)
    assign(assistant, tool)
    looping = AgentClient(chat.site, assistant, chat.headers["Authorization"].split()[1])
    error_codes = {"unknown_tool": "unknown_tool", "broken_json": "invalid_arguments", "loop": ""}
    try:
        for fault, error_code in error_codes.items():
            events = events_of(looping.send(f"stand-in:{fault}"))
            run = failed(events, "too_many_steps")
            assert str(MOST_STEPS) in events[-1]["message"]
            calls = ToolProposal.unscoped.filter(run=run).select_related("execution")
            assert [each.step for each in calls.order_by("step")] == [*range(1, MOST_STEPS + 1)]
            assert {each.execution.error_code for each in calls} == {error_code}
            goes_on(looping, events[0]["thread_id"])
        assert len(server.requests) == MOST_STEPS
    finally:
        server.stop()


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
ARGUMENTS = (
    "[" * 100_000, '{"message": ' + "[" * 5_000, '{"message": NaN}', '{"message": 1e999}',
    '{"message": "\\ud800"}', '{"message": "\\u0000"}', '{"message": ' + "9" * 5_000 + "}",
    '{"message": "' + "x" * 200_000 + '"}', "null", "[]", '"text"', "7", "{", "", "\ufeff{}",
    '{"message": {"a": [[[[[[1]]]]]]}, "type": []}', '{"message": "a", "message": "b"}',
)  # fmt: skip
NAMES = ("show notification", "🙂", "../show", "x" * 200, "SHOW_NOTIFICATION", "show_notification ")


def answer(*deltas, finish_reason="stop"):
    """Return a model's answer as bytes."""
    chunks = [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]
    chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": finish_reason}]})
    lines = [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks]
    return "".join([*lines, "data: [DONE]\n\n"]).encode()


def calling(name, arguments):
    function = {"name": name, "arguments": arguments}
    return answer({"tool_calls": [{"index": 0, "id": "c", "function": function}]})


@pytest.fixture
def raw(chat, settings):
    """A model whose bytes are the test's; it says `Done.` where nothing is left to say."""
    server, steps = None, []

    def handle(server, connection):
        if server.read_request(connection):
            said = steps.pop(0) if steps else answer({"content": "Done."})
            connection.sendall(HEAD + said)

    server = RawServer(handle)
    settings.OPENAI_BASE_URL = f"http://127.0.0.1:{server.port}/v1"
    yield steps
    server.stop()


def readable(chat, events):
    """Check that what happened is told alike by the stream, its replay and the conversation."""
    thread = events[0]["thread_id"]
    replayed = events_of(chat.get(f"threads/{thread}/events"))
    assert replayed[: len(events)] == events
    listed = chat.read(f"{chat.site.url}/api/conversations/{thread}")
    assert listed["last_event_id"] == replayed[-1]["seq"]
    return listed


def test_arguments_that_no_store_takes_are_told_to_the_model_and_kept_as_text(chat, raw):
    for arguments in ARGUMENTS:
        raw.append(calling("show_notification", arguments))
        events = events_of(chat.send("Go"))
        assert events[-1]["type"] in ("run_finished", "run_paused"), (arguments[:40], events[-1])
        call = ToolProposal.unscoped.select_related("execution").latest("pk")
        refused = call.execution.error_code
        assert (refused == "invalid_arguments") == (events[-1]["type"] == "run_finished")
        assert readable(chat, events)["messages"]
        goes_on(chat, events[0]["thread_id"])


def test_tools_of_names_that_none_has_are_told_to_be_unknown(chat, raw):
    for name in NAMES:
        raw.append(calling(name, "{}"))
        events = events_of(chat.send("Go"))
        assert events[-1]["type"] == "run_finished", (name, events[-1])
        call = ToolProposal.unscoped.select_related("execution").latest("pk")
        assert call.execution.error_code == "unknown_tool"
        readable(chat, events)


def test_words_that_no_store_takes_are_shown_without_them_or_refused(chat, raw):
    raw.append(answer({"content": "Be\0fore"}, {"content": " \u202eafter\u2028"}))
    events = events_of(chat.send("Go"))
    assert shown(events) == "Before \u202eafter\u2028"
    assert readable(chat, events)["messages"][1]["text"] == shown(events)
    raw.append(answer({"content": "half \ud83d"}))
    failed(events_of(chat.send("Go")), "model_bad_answer")
    raw.append(answer({"tool_calls": [{"index": 0, "id": "c", "function": {"arguments": "{}"}}]}))
    failed(events_of(chat.send("Go")), "model_bad_answer")
    raw.append(answer({"content": "x"} | {"tool_calls": [{"index": -1}] * 50}))
    failed(events_of(chat.send("Go")), "model_bad_answer")
