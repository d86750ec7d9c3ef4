"""The envelope of Vapi's tool servers: what is sent, and answers that are not to the letter."""

import pytest

from tools_library.engine.errors import ToolResponseError
from tools_library.engine.response import Mapped
from tools_library.engine.types import ToolCall, ToolSpec
from tools_library.executors.endpoint.vapi import is_envelope, message, read

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}


def read_all(answer, mapped=Mapped()):  # noqa: B008 - frozen
    warnings = []
    return read(answer, "run-1", mapped, warnings), warnings


def result(value, **more):
    return {"results": [{"toolCallId": "run-1", "result": value, **more}]}


def test_the_message_names_the_call_in_every_form_that_servers_read():
    spec = ToolSpec("get_weather", "endpoint", {}, SCHEMA, "read", 0)
    context = {
        "call_sid": "CA1", "assistant_id": 7, "assistant_name": "Ada", "organization_id": 3,
        "phone_number": "+12025550123", "phone_numbers": {"from": "+12025550123", "to": None},
    }  # fmt: skip
    sent = message(spec, ToolCall("run-1", {"city": "Oslo"}, context, 5.0), 1_700_000_000_000)
    inner = sent["message"]
    assert (inner["type"], inner["timestamp"]) == ("tool-calls", 1_700_000_000_000)
    (call,) = inner["toolCallList"]
    assert (call["id"], call["name"], call["arguments"]) == (
        "run-1", "get_weather", {"city": "Oslo"},
    )  # fmt: skip
    assert call["function"] == {"name": "get_weather", "arguments": {"city": "Oslo"}}
    (both,) = inner["toolWithToolCallList"]
    assert both["name"] == "get_weather" and both["toolCall"] == call
    assert inner["call"]["id"] == "CA1" and inner["call"]["customer"]["number"] == "+12025550123"
    assert inner["assistant"] == {"id": "7", "name": "Ada"}


def test_an_answer_to_the_letter_has_no_warning():
    assert read_all(result("It rains.")) == ({"success": True, "message": "It rains."}, [])
    failed = {"results": [{"toolCallId": "run-1", "error": "No such city."}]}
    assert read_all(failed) == ({"success": False, "message": "No such city."}, [])
    as_text = read_all(result('{"success": false, "message": "No", "data": [1]}'))
    assert as_text == ({"success": False, "message": "No", "data": [1]}, [])


def test_results_in_another_order_are_told_apart_by_their_id():
    answer = {"results": [{"toolCallId": "run-2", "result": "other"}, *result("mine")["results"]]}
    assert read_all(answer) == ({"success": True, "message": "mine"}, [])


@pytest.mark.parametrize(
    ("answer", "output", "warned"),
    [
        (result("two\r\nlines\n"), {"success": True, "message": "two lines "}, "line breaks"),
        (result({"a": 1}), {"success": True, "message": "", "data": {"a": 1}}, "not a text"),
        (result([1, 2]), {"success": True, "message": "", "data": [1, 2]}, "not a text"),
        (result(7), {"success": True, "message": "7"}, "not a text"),
        (result(None), {"success": True, "message": ""}, "empty"),
        (result("yes", error="no"), {"success": False, "message": "no"}, "error counts"),
        ({"results": [{"result": "x"}]}, {"success": True, "message": "x"}, "no toolCallId"),
        ({"results": [{"toolCallId": "?", "result": "x"}]}, {"success": True, "message": "x"},
         "not that of the call"),
        ({"results": {"toolCallId": "run-1", "result": "x"}}, {"success": True, "message": "x"},
         "one object"),
        ({"toolCallId": "run-1", "result": "x"}, {"success": True, "message": "x"}, "no list"),
        ({"results": [*result("x")["results"]] * 2}, {"success": True, "message": "x"}, "several"),
        ({"error": {"code": 5}}, {"success": False, "message": '{"code": 5}'}, "not a text"),
    ],
)  # fmt: skip
def test_each_allowance_is_a_warning(answer, output, warned):
    got, warnings = read_all(answer)
    assert got == output and any(warned in each for each in warnings), warnings


@pytest.mark.parametrize(
    "answer",
    [None, "text", [], {}, {"success": True}, {"results": []}, {"results": ["x", 1]},
     {"results": [{"toolCallId": "a"}, {"toolCallId": "b"}]}],
)  # fmt: skip
def test_an_answer_without_a_result_for_the_call_is_none(answer):
    with pytest.raises(ToolResponseError) as caught:
        read_all(answer)
    assert caught.value.code == "bad_response"


def test_a_bad_status_counts_only_without_the_envelope():
    assert is_envelope({"results": []}) and is_envelope({"error": "x"})
    assert not is_envelope({"message": "x"}) and not is_envelope(None)


def test_an_object_is_read_by_the_tools_own_fields():
    mapped = Mapped("ok", "text", "rows")
    assert read_all(result({"ok": False, "text": "No.", "rows": []}), mapped)[0] == {
        "success": False, "message": "No.", "data": [],
    }  # fmt: skip
