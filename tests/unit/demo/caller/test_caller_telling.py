"""What people read about simulated calls."""

from voiceassist.demo import call_telling
from voiceassist.demo.caller import CallReport

RUN = {
    "execution_id": "1",
    "tool_name": "lookup_order",
    "input_parameters": {"order_id": "1042"},
    "status": "success",
    "duration_ms": 12,
    "message": "It is on its way.",
}


def told(*events, runs=()):
    lines = []
    telling = call_telling.Telling(lines.append)
    for event in events:
        telling.happened(*event)
    for rows in runs:
        telling.runs(rows)
    return lines


def report(**values):
    return CallReport("CA1", "+12025550142", "+12025550100", "server", 1000, **values)


def test_each_speaker_has_a_name_and_a_time():
    lines = told(("answered", ""), ("heard", "Hello."), ("said", "Hi."), ("phone_said", "Bye."))
    assert [line.split() for line in lines] == [
        ["0:00", "Assistant", "Hello."],
        ["0:00", "Caller", "Hi."],
        ["0:00", "Phone", "line", "Bye."],
    ]


def test_long_words_are_folded_under_each_other():
    lines = told(("heard", "word " * 60))
    assert len(lines) > 2
    assert all(len(line) <= call_telling.WIDTH for line in lines)
    assert all(line.startswith(" " * 21 + "word") for line in lines[1:])


def test_keys_and_interruptions_are_told():
    keys, cut = told(("pressed", "#"), ("cleared", "1480"))
    assert keys.endswith("presses #")
    assert "1.5 s" in cut


def test_a_run_is_told_once_when_it_is_over():
    running = {**RUN, "status": "running", "duration_ms": None}
    (line,) = told(runs=([running], [RUN], [RUN]))
    assert line.endswith("lookup_order(order_id: 1042) → success in 12 ms. It is on its way.")


def test_figures_are_sentences():
    lines = call_telling.figures(
        report(first_greeting_ms=54, turn_latency_ms=[1034, 487, 5], barge_in_ms=[122])
    )
    assert lines == [
        "First words: 54 ms after the ring.",
        "Answers: 1034 ms, 487 ms and 5 ms after the caller's words.",
        "Interrupted: silent 122 ms after the caller cut in.",
    ]
    assert call_telling.figures(report()) == []


def test_many_calls_are_summed_up():
    calls = [
        {
            "ended_reason": reason,
            "tool_executions": [RUN],
            "latency": call_telling.latency(report(first_greeting_ms=ms, turn_latency_ms=[ms])),
            "caller": report(error_code=error).to_json(),
        }
        for ms, reason, error in ((10, "assistant_ended", ""), (30, "", "unreachable"))
    ]
    summary = call_telling.many(calls)
    assert summary["ended_reasons"] == {"assistant_ended": 1, "unreachable": 1}
    assert summary["tool_runs"] == {"success": 2}
    assert summary["first_greeting_ms"] == {"median": 20, "p95": 30, "most": 30}
    text = "\n".join(call_telling.many_text(summary))
    assert "2 calls: 1 assistant_ended, 1 unreachable." in text
    assert "Tools: 2 success." in text
