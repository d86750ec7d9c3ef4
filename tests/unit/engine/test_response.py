"""Answers from outside: mapping, garbage, encodings."""

import time

import pytest

from tools_library.engine.errors import ToolResponseError
from tools_library.engine.response import Mapped, parse_body, to_output


def test_dotted_fields_are_followed():
    answer = {"result": {"ok": "true", "text": "Fine"}, "items": [{"n": 1}]}
    mapped = Mapped("result.ok", "result.text", "items.0")
    assert to_output(answer, mapped) == {"success": True, "message": "Fine", "data": {"n": 1}}


def test_without_fields_an_answer_is_a_success_and_all_of_it_data():
    assert to_output({"temp": 3}, Mapped()) == {"success": True, "message": "", "data": {"temp": 3}}
    assert to_output([1, 2], Mapped()) == {"success": True, "message": "", "data": [1, 2]}
    assert to_output(None, Mapped()) == {"success": True, "message": ""}
    assert to_output("Hello", Mapped()) == {"success": True, "message": "Hello"}


@pytest.mark.parametrize(
    ("value", "truth"), [(0, False), (1, True), ("error", False), ("OK", True)]
)
def test_usual_ways_to_say_yes_and_no_are_understood(value, truth):
    assert to_output({"success": value}, Mapped())["success"] is truth


@pytest.mark.parametrize("value", ["perhaps", 2, None, [], {}])
def test_neither_yes_nor_no_is_a_bad_response(value):
    with pytest.raises(ToolResponseError) as caught:
        to_output({"success": value}, Mapped())
    assert caught.value.code == "bad_response"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<html>oops</html>", "application/json"),
        (b"[" * 100_000, "application/json"),
        (b'{"a": 1', "application/problem+json"),
        (b"\xff\xfe\x00binary", "text/plain"),
        (b'{"a":' * 60 + b"1" + b"}" * 60, "text/plain"),
    ],
)
def test_garbage_says_how_it_begins(body, kind):
    with pytest.raises(ToolResponseError) as caught:
        parse_body(body, kind)
    assert caught.value.code == "bad_response"
    assert body[:5].decode("utf-8", "replace").replace("\x00", "") in caught.value.detail
    assert len(caught.value.detail) < 400


def test_text_json_and_nothing_are_told_apart():
    assert parse_body(b"", "application/json") is None
    assert parse_body(b"  ", "text/plain") is None
    assert parse_body('\ufeff{"a": NaN}'.encode(), "") == {"a": None}
    assert parse_body(b"[almost json", "text/plain") == "[almost json"
    assert parse_body(b"plain", "text/plain") == "plain"
    assert parse_body(b"caf\xe9", "text/plain; charset=ISO-8859-1") == "café"
    assert parse_body("é".encode(), 'text/plain; charset="klingon"') == "é"


@pytest.mark.parametrize(
    "page",
    ["<!DOCTYPE html><title>Oops</title>", " \n<html lang=en>", "<!-- x --><!doctype HTML>"],
)
@pytest.mark.parametrize("kind", ["text/html", "text/plain", "application/json"])
def test_a_page_for_people_is_no_answer(page, kind):
    with pytest.raises(ToolResponseError) as caught:
        parse_body(page.encode(), kind)
    assert caught.value.code == "bad_response" and page.strip()[:8] in caught.value.detail


def test_many_comments_take_no_time():
    began = time.thread_time()
    assert parse_body(b"<!-- -->" * 50_000 + b"x", "text/plain")
    assert parse_body(b"<!--" * 100_000, "text/plain")
    assert time.thread_time() - began < 20


def test_plain_words_may_call_themselves_html():
    assert parse_body(b"Your order is on its way.", "text/html") == "Your order is on its way."


def test_an_object_that_names_a_key_twice_is_no_answer():
    with pytest.raises(ToolResponseError, match="unreadable") as caught:
        parse_body(b'{"success": false, "deep": {"a": 1, "a": 2}}', "application/json")
    assert "twice" in caught.value.detail


@pytest.mark.parametrize(
    ("value", "success"), [("done", True), ("Done", False), (1, True), (True, False), (None, True)]
)
def test_an_answer_may_have_its_own_words_for_success(value, success):
    mapped = Mapped("state", success_values=("done", 1, None))
    assert to_output({"state": value}, mapped)["success"] is success
    assert to_output({}, mapped)["success"] is False


@pytest.mark.parametrize("length", range(180, 200))
def test_no_excerpt_ends_in_half_a_secret(length):
    body = b"{" + b"x" * length + b"TOPSECRET" + b"y" * 50
    with pytest.raises(ToolResponseError) as caught:
        parse_body(body, "application/json", lambda text: text.replace("TOPSECRET", "*"))
    assert "TOP" not in caught.value.detail
