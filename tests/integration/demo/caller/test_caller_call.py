"""Whole simulated calls on real sockets: webhooks, TwiML, statuses, and every way to an end."""

import asyncio

import pytest

from voiceassist.demo import scenario as scenarios


async def hang_up_at_once(socket):
    await socket.until(lambda: socket.named("media"))
    await socket.close()


async def test_everything_is_signed_and_statuses_come_in_order(product, caller):
    report = await caller(scenarios.HangUp()).run()
    assert product.bad_signatures == []
    _, form = product.posts[0]
    assert form["CallSid"] == report.call_sid
    assert (form["CallStatus"], form["Direction"]) == ("ringing", "inbound")
    assert (form["From"], form["To"]) == ("+12025550142", "+12025550100")
    assert product.statuses() == [("in-progress", "0"), ("completed", "1")]
    events = [form["StreamEvent"] for path, form in product.posts if path == "/stream-status"]
    assert events == ["stream-started", "stream-stopped"]
    assert report.ended_by == "caller"


async def test_the_next_verb_follows_when_the_server_closes(product, caller):
    product.pages["/next"] = product.stream("<Hangup/>")
    product.pages["/twilio/voice"] = product.stream(f"<Redirect>{product.url}/next</Redirect>")
    product.talks = [hang_up_at_once, hang_up_at_once]
    report = await caller(scenarios.WaitForEnd()).run()
    assert report.ended_by == "server"
    assert report.verbs == ["Stream", "Redirect", "Stream", "HangUp"]
    assert report.reconnects == 1
    assert len(set(report.stream_sids)) == 2
    starts = [socket.named("start")[0]["start"]["callSid"] for socket in product.sockets]
    assert starts == [report.call_sid] * 2
    assert product.sockets[0].named("stop") == []


async def test_an_action_is_asked_before_the_following_verbs(product, caller):
    product.pages["/after"] = "<Response><Hangup/></Response>"
    product.pages["/twilio/voice"] = product.stream(
        "<Say>never</Say>", f'action="{product.url}/after"'
    )
    product.talks = [hang_up_at_once]
    report = await caller(scenarios.WaitForEnd()).run()
    assert report.verbs == ["Stream", "HangUp"]
    assert "/after" in product.paths()


async def test_the_phone_company_speaks_and_pauses(product, caller):
    product.pages["/twilio/voice"] = (
        '<Response><Say>Bye.</Say><Pause length="0.2"/><Hangup/></Response>'
    )
    report = await caller().run()
    assert [(words.who, words.text) for words in report.words] == [("phone", "Bye.")]
    assert report.verbs == ["Say", "Pause", "HangUp"]
    assert report.stream_sids == []


async def test_a_caller_put_through_leaves(product, caller):
    product.pages["/twilio/voice"] = "<Response><Dial>+12025550143</Dial></Response>"
    report = await caller().run()
    assert (report.ended_by, report.dialled) == ("transfer", ["+12025550143"])


async def test_a_refused_call_is_busy(product, caller):
    product.pages["/twilio/voice"] = '<Response><Reject reason="busy"/></Response>'
    report = await caller().run()
    assert report.error_code == "rejected"
    assert product.statuses() == [("busy", "0")]


async def test_a_lost_network_says_no_stop_and_the_call_goes_on(product, caller):
    product.pages["/next"] = "<Response><Hangup/></Response>"
    product.pages["/twilio/voice"] = product.stream(f"<Redirect>{product.url}/next</Redirect>")
    report = await caller(scenarios.Wait(ms=100), scenarios.LoseNetwork()).run()
    (socket,) = product.sockets
    await socket.until(lambda: socket.closed_with is not None)
    assert socket.named("stop") == []
    assert socket.closed_with in (1005, 1006)
    assert report.verbs == ["Stream", "Redirect", "HangUp"]


async def test_the_script_goes_on_in_the_next_stream(product, caller):
    product.pages["/twilio/voice"] = product.stream(
        f"<Redirect>{product.url}/twilio/voice</Redirect>"
    )
    steps = (scenarios.LoseNetwork(), scenarios.Keys(digits="7"), scenarios.HangUp())
    report = await caller(*steps).run()
    first, second = product.sockets
    await second.until(lambda: second.closed_with is not None)
    assert first.named("dtmf") == []
    assert [each["dtmf"]["digit"] for each in second.named("dtmf")] == ["7"]
    assert report.ended_by == "caller"


async def test_ending_from_outside_says_stop(product, caller):
    call = caller(scenarios.WaitForEnd())

    async def talk(socket):
        await socket.until(lambda: socket.named("media"))
        call.hang_up()

    product.talks = [talk]
    report = await call.run()
    (socket,) = product.sockets
    await socket.until(lambda: socket.closed_with is not None)
    assert len(socket.named("stop")) == 1
    assert report.ended_by == "outside"
    assert product.statuses()[-1] == ("completed", "1")


async def test_other_twiml_ends_the_stream_and_is_run(product, caller):
    call = caller(scenarios.WaitForEnd())
    product.pages["/twilio/voice"] = product.stream("<Say>never</Say>")

    async def talk(socket):
        await socket.until(lambda: socket.named("media"))
        call.replace_twiml("<Response><Say>Hold on.</Say><Dial>+12025550143</Dial></Response>")

    product.talks = [talk]
    report = await call.run()
    (socket,) = product.sockets
    await socket.until(lambda: socket.closed_with is not None)
    assert len(socket.named("stop")) == 1
    assert [words.text for words in report.words] == ["Hold on."]
    assert report.ended_by == "transfer"


async def test_an_outgoing_call_goes_on_from_its_twiml(product, caller):
    events = ["initiated", "answered", "completed"]
    call = caller(scenarios.HangUp(), twiml=product.stream(), status_events=events)
    report = await call.run()
    assert "/twilio/voice" not in product.paths()
    assert product.statuses() == [("initiated", "0"), ("in-progress", "2"), ("completed", "3")]
    assert dict(product.posts[0][1])["Direction"] == "outbound-api"
    assert report.ended_by == "caller"


async def test_nowhere_is_a_place_for_statuses(product, caller):
    await caller(scenarios.HangUp(), status_callback="").run()
    assert product.statuses() == []


async def test_the_caller_hangs_up_when_its_time_is_over(product, caller):
    report = await caller(scenarios.Wait(ms=9000), seconds=2.0).run()
    assert report.ended_by == "time_limit"
    (socket,) = product.sockets
    await socket.until(lambda: socket.closed_with is not None)
    assert len(socket.named("stop")) == 1


async def test_a_server_behind_a_public_name_is_rung_from_inside(product, caller):
    product.public = "https://voice.example.com"
    product.pages["/twilio/voice"] = product.stream()
    report = await caller(scenarios.HangUp(), public_url=product.public).run()
    assert product.bad_signatures == []
    assert len(report.stream_sids) == 1


async def test_a_closed_port_is_an_error_in_the_report(caller):
    report = await caller(url="http://127.0.0.1:9").run()
    assert (report.ended_by, report.error_code) == ("error", "unreachable")
    assert "127.0.0.1:9" in report.error


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (403, "refused"),
        (500, "webhook_failed"),
        ("<html>", "bad_twiml"),
        ("<Response><Sing/></Response>", "bad_twiml"),
    ],
)
async def test_what_a_webhook_can_get_wrong_is_told(product, caller, answer, code):
    product.pages["/twilio/voice"] = answer
    report = await caller().run()
    assert (report.ended_by, report.error_code) == ("error", code)
    assert report.error


async def test_a_refused_socket_is_reported_as_the_phone_company_does(product, caller):
    product.refuse_sockets = True
    report = await caller().run()
    assert report.error_code == "stream_refused"
    assert "31920" in report.error
    assert "403" in report.error
    (form,) = [form for path, form in product.posts if path == "/stream-status"]
    assert form["StreamEvent"] == "stream-error"
    assert "31920" in form["StreamError"]


async def test_events_are_told_as_they_happen(product, caller):
    told = []
    product.pages["/twilio/voice"] = product.stream("<Say>Bye.</Say>")
    product.talks = [hang_up_at_once]
    await caller(scenarios.WaitForEnd(), on_event=lambda *event: told.append(event)).run()
    assert told == [
        ("ringing", "+12025550100"),
        ("answered", ""),
        ("stream_closed", ""),
        ("phone_said", "Bye."),
    ]


async def test_many_callers_in_one_loop_keep_the_pace(product, caller):
    calls = [caller(scenarios.Wait(ms=1000), scenarios.HangUp()) for _ in range(20)]
    reports = await asyncio.gather(*(call.run() for call in calls))
    assert {report.ended_by for report in reports} == {"caller"}
    # 50 on a quiet machine; none is starved by the others, and none hurries.
    assert all(10 <= report.frames_out <= report.duration_ms / 20 + 5 for report in reports)
    assert len({report.call_sid for report in reports}) == 20
