"""Putting a caller through from the call's page: whom one may choose, refusals, what came of it."""

import re
from types import SimpleNamespace

import pytest

from calls.models import Transfer
from calls.services import control
from tests.factories.pages import (
    make_assistant,
    make_call,
    make_ended_call,
    make_organization,
    make_user,
)
from voiceassist.assistants.services import drafts, publishing

pytestmark = pytest.mark.django_db
SALES = "+12025550143"


@pytest.fixture
def north():
    return make_organization("north")


@pytest.fixture
def call(north):
    assistant = make_assistant(north)
    numbers = [f"Sales: {SALES}", "+12025550155"]
    settings = {"enabled": True, "transfer_numbers": numbers}
    assistant.tools_settings = assistant.tools_settings | {"transfer_call": settings}
    drafts.save(assistant)
    version = publishing.publish(assistant, None)
    return make_call(north, assistant=assistant, assistant_version=version)


@pytest.fixture
def desk(north, call, client, monkeypatch):
    """An operator's browser, and what the process that holds the call was told."""
    client.force_login(make_user(north, "operator"))
    told = []
    monkeypatch.setattr(control, "broadcast", lambda group, message: told.append(message))
    return SimpleNamespace(client=client, page=f"/calls/{call.pk}", told=told)


def body(response):
    return response.content.decode()


def test_staff_chooses_among_the_destinations_of_the_assistant(desk):
    shown = body(desk.client.get(desk.page))
    options = re.findall(r'<option value="([^"]*)">([^<]*)</option>', shown)
    assert options == [
        ("", "Choose…"),
        ("Sales", "Sales, +1 202 555 0143"),
        ("+12025550155", "+1 202 555 0155"),
    ]
    answer = desk.client.post(f"{desk.page}/transfer", {"to": "Sales"}, follow=True)
    assert [(each["number"], each["name"]) for each in desk.told] == [(SALES, "Sales")]
    assert "put through to Sales" in body(answer)


def test_a_number_that_is_written_counts_and_htmx_is_led_back_to_the_call(desk):
    given = {"to": "Sales", "number": " +1 202 555 0166 "}
    answer = desk.client.post(f"{desk.page}/transfer", given, headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == desk.page
    assert (desk.told[0]["number"], desk.told[0]["name"]) == ("+12025550166", "+12025550166")


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({}, "to", "Choose somebody"),
        ({"to": "Nobody"}, "to", "no phone number"),
        ({"number": "12"}, "number", "Write it with the country"),
        ({"number": "<script>"}, "number", "Write it with the country"),
    ],
)
def test_what_is_wrong_stands_at_its_field_with_what_was_given(desk, given, field, words):
    for headers in ({}, {"HX-Request": "true"}):
        answer = desk.client.post(f"{desk.page}/transfer", given, headers=headers, follow=True)
        assert words in body(answer)
        assert '<script>"' not in body(answer)
    marked = re.search(r'<(?:input|select)[^>]*name="(\w+)"[^>]*aria-invalid="true"', body(answer))
    assert marked.group(1) == field
    assert desk.told == []


def test_a_caller_is_put_through_once(desk, call, north):
    Transfer.unscoped.create(organization=north, call=call, to_number=SALES, name="Sales")
    htmx = {"HX-Request": "true"}
    answer = desk.client.post(f"{desk.page}/transfer", {"to": "Sales"}, headers=htmx)
    assert "being put through already" in body(answer)
    assert desk.told == []


def test_the_page_tells_how_transfers_stand_and_asks_again_only_while_it_lives(desk, call, north):
    row = Transfer.unscoped.create(
        organization=north, call=call, to_number=SALES, name="<b>Sales</b>", status="dialling"
    )
    shown = body(desk.client.get(desk.page))
    assert "Dialling" in shown
    assert "&lt;b&gt;Sales&lt;/b&gt;" in shown
    assert "<b>Sales" not in shown
    ask = re.search(r'hx-get="([^"]*/transfers\?seen=[^"]*)"', shown).group(1)
    assert desk.client.get(ask).status_code == 204
    Transfer.unscoped.filter(pk=row.pk).update(status="busy")
    assert "Busy" in body(desk.client.get(ask))
    type(call).unscoped.filter(pk=call.pk).update(status="completed")
    ended = body(desk.client.get(ask))
    assert "Busy" in ended
    assert "hx-get" not in ended


def test_nobody_transfers_who_may_not_and_no_call_that_is_over(desk, call, north, client):
    over = make_ended_call(north)
    assert "Transfer this call?" not in body(desk.client.get(f"/calls/{over.pk}"))
    answer = desk.client.post(f"/calls/{over.pk}/transfer", {"number": SALES}, follow=True)
    assert "not in progress" in body(answer)
    client.force_login(make_user(north, "viewer"))
    assert "Transfer this call?" not in body(client.get(desk.page))
    assert client.post(f"{desk.page}/transfer", {"to": "Sales"}).status_code == 403
    client.force_login(make_user(make_organization("south"), "operator"))
    assert client.post(f"{desk.page}/transfer", {"to": "Sales"}).status_code == 404
    assert client.get(f"{desk.page}/transfers").status_code == 404
    assert desk.told == []
