"""Pages as a browser without script gets them: who sees what, and what it costs to show it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from calls.models import Call
from calls.services import control
from calls.views import start as start_view
from tests.factories.pages import (
    PASSWORD,
    make_assistant,
    make_call,
    make_ended_call,
    make_organization,
    make_user,
    run_tool,
    say,
)
from voiceassist.organizations.models import Membership, Organization

pytestmark = pytest.mark.django_db

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)> \u202eرحبا 👩‍👩‍👧"


@pytest.fixture
def north() -> Organization:
    return make_organization("north")


@pytest.fixture
def page(north: Organization, client: Client) -> Client:
    client.force_login(make_user(north, "operator"))
    return client


def body(response: object) -> str:
    return response.content.decode()


def test_root_leads_to_the_calls_and_they_to_the_sign_in(client: Client) -> None:
    assert client.get("/").url == "/calls"
    assert client.get("/calls").url == "/accounts/login/?next=/calls"


def test_signing_in_with_a_wrong_password_says_what_to_do(
    client: Client, north: Organization
) -> None:
    user = make_user(north)
    wrong = client.post("/accounts/login/", {"login": user.email, "password": "wrong"})
    assert "E-mail or password is wrong." in body(wrong)
    assert 'id="password-error"' in body(wrong)
    right = client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    assert right.url == "/calls"
    assert "Calls" in body(client.get("/calls"))


@pytest.mark.parametrize("path", ["/calls", "/calls/", "/calls/new", "/calls/new/"])
def test_pages_answer_with_and_without_a_slash(page: Client, path: str) -> None:
    assert page.get(path).status_code == 200


def test_a_viewer_reads_but_starts_and_ends_nothing(client: Client, north: Organization) -> None:
    client.force_login(make_user(north, "viewer"))
    call = make_call(north)
    shown = body(client.get(f"/calls/{call.pk}"))
    assert "End call" not in shown.split("<dialog")[0]
    assert "Note to the assistant" not in shown
    for path in ("/calls/new", f"/calls/{call.pk}/end", f"/calls/{call.pk}/note"):
        refused = client.post(path)
        assert refused.status_code == 403
        assert "This needs the role operator or above. Ask an admin of North." in body(refused)


def test_another_organizations_call_is_not_there(page: Client) -> None:
    foreign = make_ended_call(make_organization("south"), from_number="+12025550199")
    assert page.get(f"/calls/{foreign.pk}").status_code == 404
    assert page.post(f"/calls/{foreign.pk}/end").status_code == 404
    assert page.post(f"/calls/{foreign.pk}/note", {"text": "hi"}).status_code == 404
    assert "555 0199" not in body(page.get("/calls"))


def test_somebody_of_two_organizations_chooses_and_switches(client: Client) -> None:
    north, south = make_organization("north"), make_organization("south")
    user = make_user(north)
    Membership.unscoped.create(organization=south, user=user, role="viewer")
    make_ended_call(south, from_number="+12025550177")
    client.force_login(user)
    asked = client.get("/calls", follow=True)
    assert "Where do you want to work?" in body(asked)
    client.post("/organizations/choose", {"organization": "south", "next": "/calls"})
    assert "555 0177" in body(client.get("/calls"))
    client.post("/organizations/choose", {"organization": "north", "next": "/calls"})
    assert "555 0177" not in body(client.get("/calls"))


def queries(act: Callable[[], object]) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        act()
    return len(captured)


def test_the_list_costs_the_same_at_ten_and_at_a_thousand(
    page: Client, north: Organization
) -> None:
    assistant = make_assistant(north)
    now = timezone.now()

    def fill(count: int) -> None:
        Call.unscoped.bulk_create(
            Call(
                organization=north,
                assistant=assistant,
                direction="inbound",
                from_number="+12025550134",
                to_number="+12025550100",
                status="in-progress" if number % 2 else "completed",
                started_at=now - dt.timedelta(hours=number),
            )
            for number in range(count)
        )

    fill(10)
    page.get("/calls")
    few = queries(lambda: page.get("/calls"))
    fill(990)
    assert queries(lambda: page.get("/calls")) == few
    few = queries(lambda: page.get("/calls/live"))
    assert few <= 6


def test_a_call_costs_the_same_with_two_and_with_forty_rows(
    page: Client, north: Organization
) -> None:
    call = make_ended_call(north, assistant=make_assistant(north))
    say(call, 1, "Hello")
    run_tool(call)
    page.get(f"/calls/{call.pk}")
    few = queries(lambda: page.get(f"/calls/{call.pk}"))
    for position in range(2, 40):
        say(call, position, "More")
        run_tool(call)
    assert queries(lambda: page.get(f"/calls/{call.pk}")) == few


def test_filters_find_by_number_words_assistant_status_and_day(
    page: Client, north: Organization
) -> None:
    desk, night = make_assistant(north, "Front Desk"), make_assistant(north, "Night Desk")
    first = make_ended_call(north, assistant=desk, from_number="+12025550111")
    second = make_ended_call(
        north,
        assistant=night,
        from_number="+12025550122",
        status="no-answer",
        started_at=timezone.now() - dt.timedelta(days=3),
    )
    say(first, 1, "The bicycle is ready")
    day = timezone.localtime(second.started_at).date().isoformat()
    for query, found, missing in [
        ("q=BICYCLE", first, second),
        ("q=555+0122", second, first),
        (f"assistant={night.pk}", second, first),
        ("status=no-answer", second, first),
        (f"day={day}", second, first),
    ]:
        shown = body(page.get(f"/calls?{query}"))
        assert f'href="/calls/{found.pk}"' in shown, query
        assert f'href="/calls/{missing.pk}"' not in shown, query
    nothing = body(page.get("/calls?q=zebra"))
    assert "Nothing matches “zebra”" in nothing
    assert "Clear filters" in nothing
    for nonsense in ("assistant=x", "day=never", "status=odd", "cursor=odd", "q=%00"):
        assert page.get(f"/calls?{nonsense}").status_code == 200


def test_paging_goes_through_all_calls_and_back(page: Client, north: Organization) -> None:
    at = timezone.now() - dt.timedelta(days=1)
    # Equal times in the middle: only the id tells them apart.
    made = [
        make_ended_call(north, started_at=at - dt.timedelta(minutes=max(0, number - 30)))
        for number in range(60)
    ]
    newest_first = sorted(made, key=lambda call: (call.started_at, call.pk), reverse=True)

    def ids(html: str) -> list[int]:
        return [int(pk) for pk in re.findall(r'href="/calls/(\d+)"', html)]

    def link(html: str, rel: str) -> str:
        found = re.search(rf'rel="{rel}" href="([^"]+)"', html)
        return found[1].replace("&amp;", "&") if found else ""

    html = body(page.get("/calls"))
    pages = [ids(html)]
    while older := link(html, "next"):
        html = body(page.get(older))
        pages.append(ids(html))
    assert [pk for ids_ in pages for pk in ids_] == [call.pk for call in newest_first]
    back = [ids(html)]
    while newer := link(html, "prev"):
        html = body(page.get(newer))
        back.append(ids(html))
    assert back == pages[::-1]


def test_the_live_card_is_sent_again_only_when_it_looks_different(
    page: Client, north: Organization
) -> None:
    call = make_call(north)
    card = body(page.get("/calls/live"))
    assert "1 live call" in card
    again = re.search(r'hx-get="([^"]+)"', card)[1]
    assert page.get(again).status_code == 204
    say(call, 1, "Good ")  # as far as it is generated
    assert "“Good”" in body(page.get(again))


def test_a_call_is_read_in_the_order_of_the_conversation(page: Client, north: Organization) -> None:
    call = make_ended_call(north, assistant=make_assistant(north), ended_detail="said goodbye")
    say(call, 3, "Thursday at eleven or later", status="interrupted", heard_text="Thursday at")
    say(call, 1, "Hello, how can I help?", latency_ms=380)
    say(call, 2, "A bike, please", role="caller")
    run_tool(call, "find_bike", started_at=call.answered_at + dt.timedelta(milliseconds=2500))
    shown = body(page.get(f"/calls/{call.pk}"))
    order = [
        "Answered",
        "Hello, how can I help?",
        "A bike, please",
        "find_bike",
        "Thursday at",
        "Interrupted: the caller heard 2 of 5 words",
        "Ended by the assistant: said goodbye</p></div></li>",
    ]
    places = [shown.rindex(words) for words in order]
    assert places == sorted(places)
    assert "data-unheard> eleven or later</span>" in shown
    assert "380 ms" in shown
    assert "402 ms" in shown


def test_a_wait_of_no_length_is_not_shown(page: Client, north: Organization) -> None:
    call = make_ended_call(north)
    for position, wait in enumerate([0, None, 0, 380], start=1):
        say(call, position, "Words", latency_ms=wait)
    shown = body(page.get(f"/calls/{call.pk}"))
    assert "0 ms" not in shown.replace("380 ms", "")
    assert shown.count("380 ms") == 2
    assert "380 ms, typical" in shown


@pytest.mark.parametrize("status", ["queued", "ringing", "in-progress"])
def test_the_note_form_is_shown_while_the_call_is_in_progress(
    page: Client, north: Organization, status: str
) -> None:
    call = make_call(north, status=status)
    shown = body(page.get(f"/calls/{call.pk}"))
    (card,) = re.findall(r'<section class="card" aria-labelledby="no-h"[^>]*>', shown)
    assert (" hidden" in card) == (status != "in-progress")


def test_hostile_words_stay_words(page: Client, north: Organization) -> None:
    call = make_call(north, from_number=HOSTILE[:40], instruction=HOSTILE, ended_detail=HOSTILE)
    say(call, 1, HOSTILE + "é" * 5000, role="caller")
    run_tool(call, input_parameters={"a": HOSTILE}, output_result={"b": HOSTILE}, message=HOSTILE)
    for path in (f"/calls/{call.pk}", "/calls", "/calls/live", f"/calls?q={HOSTILE}"):
        shown = body(page.get(path))
        assert "<script>alert" not in shown
        assert "<img" not in shown
        assert "&lt;script&gt;alert" in shown


def test_a_run_is_read_in_the_order_in_which_it_ran(page: Client, north: Organization) -> None:
    call, turned = make_call(north), "\u202egnp.exe\u2066"
    run_tool(call, turned, input_parameters={turned: 1}, output_result={"b": turned})
    shown = body(page.get(f"/calls/{call.pk}"))
    assert "\u202e" not in shown and shown.count(r"\u202egnp.exe\u2066") == 3


def test_pages_hold_the_strict_policy(page: Client, north: Organization) -> None:
    call = make_call(north)
    make_assistant(north)
    for path in ("/calls", f"/calls/{call.pk}", "/calls/new", "/calls/0"):
        response = page.get(path)
        policy = response["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        shown = body(response)
        assert not re.search(r"<script(?![^>]*\bsrc=)", shown)
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=", shown)


def test_not_found_says_so_calmly(page: Client) -> None:
    missing = page.get("/nowhere")
    assert missing.status_code == 404
    assert "This page is not here" in body(missing)


def test_starting_a_call_rings_and_leads_to_its_page(
    page: Client, north: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def ring(organization, number, instruction, assistant, by):
        asked.append((organization, number, instruction, assistant, by.email))
        return make_call(organization, status="queued", direction="outbound")

    monkeypatch.setattr(start_view, "start_call", ring)
    assistant = make_assistant(north)
    sent = {"userPhone": "+1 202 555 0134", "instruction": "Sing", "assistant_id": assistant.pk}
    answer = page.post("/calls/new", sent)
    call = Call.unscoped.get()
    assert answer.url == f"/calls/{call.pk}"
    assert asked == [(north, "+1 202 555 0134", "Sing", assistant, "operator.north@example.com")]
    page.post("/calls/new", sent | {"instruction": "", "quick": "rap"})
    assert "rap battle" in asked[1][2]


def test_a_wrong_start_form_says_where_and_keeps_what_was_typed(
    page: Client, north: Organization
) -> None:
    assistant = make_assistant(north)
    sent = {"userPhone": "202 555 01", "instruction": " ", "assistant_id": assistant.pk}
    answer = page.post("/calls/new", sent)
    shown = body(answer)
    assert answer.status_code == 400
    assert 'value="202 555 01"' in shown
    for name in ("userPhone", "instruction"):
        assert f'id="{name}-error"' in shown
    assert "+1 202 555 0100" in shown
    foreign = make_assistant(make_organization("south"))
    other = page.post("/calls/new", sent | {"assistant_id": foreign.pk})
    assert 'id="assistant_id-error"' in body(other)
    assert not Call.unscoped.exists()


def test_nobody_can_ring_before_an_assistant_is_published(page: Client) -> None:
    assert "No assistant can ring yet" in body(page.get("/calls/new"))


def test_ending_and_noting_reach_the_call(
    page: Client, north: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = []
    monkeypatch.setattr(control, "_tell", lambda call, action, **more: told.append((action, more)))
    call = make_call(north)
    assert page.post(f"/calls/{call.pk}/end").url == f"/calls/{call.pk}"
    assert "The call is being ended" in body(page.get(f"/calls/{call.pk}"))
    given = page.post(
        f"/calls/{call.pk}/note/", {"text": "Be brief"}, headers={"HX-Request": "true"}
    )
    assert "Note given." in body(given)
    empty = page.post(f"/calls/{call.pk}/note", {"text": " "}, headers={"HX-Request": "true"})
    assert "Write the note first." in body(empty)
    assert told == [("end", {}), ("note", {"text": "Be brief"})]


def test_an_ended_call_cannot_be_ended_again(page: Client, north: Organization) -> None:
    call = make_ended_call(north)
    answer = page.post(f"/calls/{call.pk}/end", follow=True)
    assert "This call is over already." in body(answer)
    assert "data-opens" not in body(answer)
