"""What the model is told: fields it may see, a size it may have, failures in words that fit."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools_library.behaviour import Behaviour
from tools_library.engine.model_output import FAILED, only_visible, output_for_model
from tools_library.engine.types import ToolOutcome

ANSWER = {
    "order": {"id": 7, "status": "sent", "margin": 0.4},
    "lines": [{"name": "bell", "cost": 2}, {"name": "rim", "cost": 9}],
    "note": None,
}


def told(output, code="", **behaviour):
    status = "success" if output.get("success") else "error"
    outcome = ToolOutcome(status, output, code, detail="a line of the tool's code")
    return json.loads(output_for_model(outcome, Behaviour(**behaviour)))


def failed(code, exposure, message="KeyError: 'iban' in line 3", **more):
    return told({"success": False, "message": message, **more}, code=code, error_exposure=exposure)


@pytest.mark.parametrize(
    ("paths", "left"),
    [
        (["order.id", "order.status"], {"order": {"id": 7, "status": "sent"}}),
        (["lines.name"], {"lines": [{"name": "bell"}, {"name": "rim"}]}),
        (["lines.1.name"], {"lines": [{"name": "rim"}]}),
        (["order", "order.id"], {"order": ANSWER["order"]}),
        (["lines"], {"lines": ANSWER["lines"]}),
        (["nobody", "order.id.deeper", "lines.7"], None),
    ],
)
def test_only_allowed_fields_are_left_in_their_place(paths, left):
    assert only_visible(ANSWER, paths) == left


def test_what_is_no_object_is_not_on_a_list_of_fields():
    assert only_visible("the whole text", ["order"]) is None
    got = told({"success": True, "message": "ok", "data": "secret"}, visible_fields=["order"])
    assert "data" not in got and got["message"] == "ok"


def test_the_answer_itself_stays_whole():
    output = {"success": True, "message": "", "data": ANSWER}
    assert told(output, visible_fields=["order.id"])["data"] == {"order": {"id": 7}}
    assert output["data"] == ANSWER and "margin" in output["data"]["order"]


@given(
    most=st.integers(200, 2_000),
    message=st.text(max_size=3_000),
    data=st.none() | st.text(max_size=3_000) | st.lists(st.text(max_size=50), max_size=50),
)
def test_no_answer_is_longer_than_its_cap(most, message, data):
    output = {"success": True, "message": message, "data": data}
    text = output_for_model(ToolOutcome("success", output), Behaviour(answer_max_bytes=most))
    assert len(text.encode()) <= most
    assert json.loads(text)["success"] is True


@pytest.mark.parametrize("code", ["code_error", "lambda_error", "internal"])
def test_the_inside_of_a_tool_is_told_only_where_that_is_asked_for(code):
    assert "iban" not in json.dumps(failed(code, "auto"))
    assert "iban" not in json.dumps(failed(code, "summarized"))
    assert "iban" in failed(code, "passthrough")["message"]
    assert failed(code, "auto")["error_code"] == code


def test_what_a_tool_itself_answered_is_passed_on_unless_it_is_to_be_short():
    for code in ("", "bad_status"):
        passed = failed(code, "auto", "No such order", data={"id": 7})
        assert passed["message"] == "No such order" and passed["data"] == {"id": 7}
        short = failed(code, "summarized", "No such order", data={"id": 7})
        assert "No such order" not in short["message"] and "data" not in short


def test_hidden_failures_say_nothing_but_that():
    got = failed("bad_status", "hidden", data={"id": 7})
    assert got.pop("note") and got == {"success": False, "message": FAILED}


@pytest.mark.parametrize("exposure", ["auto", "summarized", "hidden"])
def test_what_the_model_must_mend_itself_is_always_told(exposure):
    got = failed("invalid_arguments", exposure, "`day` is required.")
    assert got["message"] == "`day` is required." and got["error_code"] == "invalid_arguments"


def test_successes_are_told_whatever_failures_are():
    got = told({"success": True, "message": "Done", "data": 1}, error_exposure="hidden")
    assert (got["message"], got["data"]) == ("Done", 1)


def test_every_text_is_told_plainly():
    told_ = told({"success": True, "message": "<<b>i>a", "data": {"<b>k": ["<\x00img src=x>b"]}})
    assert (told_["message"], told_["data"]) == ("a", {"k": ["b"]})
