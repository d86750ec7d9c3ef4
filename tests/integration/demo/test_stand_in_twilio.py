"""The Twilio stand-in, driven by the vendor's SDK, ringing a tiny product of the test's own."""

import asyncio
import contextlib
import json
import socket
from urllib.parse import parse_qsl

import pytest
import uvicorn
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from voiceassist.demo.stand_ins import StandInServer
from voiceassist.demo.stand_ins.account import Account

TO, FROM = "+12025550177", "+12025550100"
ALL = ["initiated", "ringing", "answered", "completed"]
HANG_UP = "<Response><Hangup/></Response>"
WAIT = "<Response><Pause length='600'/></Response>"
SID, TOKEN = Account().sid, Account().auth_token


class Product:
    """Answers every webhook with `twiml`, and streams by saying nothing; keeps what came."""

    def __init__(self):
        self.twiml = HANG_UP
        self.status = 200
        self.posts = []
        self.streams = []
        self.events = asyncio.Queue()

    async def __call__(self, scope, receive, send):
        await (self._stream if scope["type"] == "websocket" else self._post)(scope, receive, send)

    async def _post(self, scope, receive, send):
        body = (await receive())["body"].decode()
        form = dict(parse_qsl(body, keep_blank_values=True))
        query = scope["query_string"].decode()
        path = scope["path"] + (f"?{query}" if query else "")
        headers = {key.decode(): value.decode() for key, value in scope["headers"]}
        form["signed"] = RequestValidator(TOKEN).validate(
            self.url + path, form, headers["x-twilio-signature"]
        )
        self.posts.append((path, form))
        self.events.put_nowait((path, form.get("CallStatus")))
        head = [(b"content-type", b"text/xml")]
        await send({"type": "http.response.start", "status": self.status, "headers": head})
        await send({"type": "http.response.body", "body": self.twiml.encode()})

    async def _stream(self, scope, receive, send):
        headers = {key.decode(): value.decode() for key, value in scope["headers"]}
        address = f"ws{self.url[4:]}{scope['path']}"
        assert RequestValidator(TOKEN).validate(address, {}, headers["x-twilio-signature"])
        await receive()
        await send({"type": "websocket.accept"})
        kinds = []
        self.streams.append(kinds)
        while (message := await receive())["type"] == "websocket.receive":
            kinds.append(json.loads(message["text"])["event"])
            if kinds[-1] == "start":
                self.events.put_nowait(("stream", "start"))
        self.events.put_nowait(("stream", "closed"))

    async def until(self, path, status):
        async with asyncio.timeout(60):
            while await self.events.get() != (path, status):
                pass

    def statuses(self):
        return [
            form["CallStatus"] for path, form in self.posts if path.startswith("/twilio/status")
        ]


@pytest.fixture
async def product():
    made = Product()
    listener = socket.create_server(("127.0.0.1", 0))
    made.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    server = uvicorn.Server(uvicorn.Config(made, lifespan="off", log_config=None))
    server.capture_signals = contextlib.nullcontext
    serving = asyncio.create_task(server.serve([listener]))
    yield made
    server.should_exit = True
    await serving


class Line:
    """The SDK, in threads, aimed at a stand-in."""

    def __init__(self, server, product, sid=SID, token=TOKEN):
        class Redirected(TwilioHttpClient):
            def request(self, method, url, *args, **kwargs):
                url = url.replace("https://api.twilio.com", server.url)
                return super().request(method, url, *args, **kwargs)

        self._client = Client(sid, token, http_client=Redirected(timeout=60))
        self._product = product

    async def create(self, **changes):
        callback = f"{self._product.url}/twilio/status?call=7"
        order = {
            "to": TO,
            "from_": FROM,
            "twiml": HANG_UP,
            "status_callback": callback,
            "status_callback_event": ALL,
            **changes,
        }
        return await asyncio.to_thread(self._client.calls.create, **order)

    async def fetch(self, sid):
        return await asyncio.to_thread(self._client.calls(sid).fetch)

    async def update(self, sid, **changes):
        return await asyncio.to_thread(self._client.calls(sid).update, **changes)


@pytest.fixture
async def server():
    async with StandInServer() as made:
        made.behave(phone_ring_ms=20)
        yield made


@pytest.fixture
def line(server, product):
    return Line(server, product)


STATUS = "/twilio/status?call=7"


async def test_a_call_rings_is_answered_and_ends(line, product, server):
    call = await line.create()
    assert (call.status, call.direction, call.to, call._from) == (
        "queued",
        "outbound-api",
        TO,
        FROM,
    )
    assert call.sid.startswith("CA")
    assert len(call.sid) == 34
    assert call.date_created is not None
    assert call.duration is None
    await product.until(STATUS, "completed")
    assert product.statuses() == ["initiated", "ringing", "in-progress", "completed"]
    forms = [form for path, form in product.posts]
    assert all(form["signed"] for form in forms)
    assert [form["SequenceNumber"] for form in forms] == ["0", "1", "2", "3"]
    assert {form["CallSid"] for form in forms} == {call.sid}
    ended = await line.fetch(call.sid)
    assert (ended.status, ended.duration) == ("completed", forms[-1]["CallDuration"])
    assert int(ended.duration) >= 1, "part of a second counts as one"
    assert ended.end_time >= ended.start_time
    (kept,) = await server.calls()
    assert kept.report["call_sid"] == call.sid


async def test_a_stream_of_the_twiml_is_opened_and_stopped(line, product):
    stream = f"<Connect><Stream url='ws{product.url[4:]}/media/token'/></Connect>"
    call = await line.create(twiml=f"<Response>{stream}</Response>")
    await product.until("stream", "start")
    assert (await line.fetch(call.sid)).status == "in-progress"
    await line.update(call.sid, status="completed")
    await product.until("stream", "closed")
    await product.until(STATUS, "completed")
    assert product.streams[0][:2] == ["connected", "start"]
    assert product.streams[0][-1] == "stop"


async def test_new_twiml_ends_the_stream_and_goes_on(line, product):
    stream = f"<Connect><Stream url='ws{product.url[4:]}/media/token'/></Connect>"
    call = await line.create(twiml=f"<Response>{stream}</Response>")
    await product.until("stream", "start")
    updated = await line.update(
        call.sid, twiml="<Response><Dial><Number>+12025550143</Number></Dial></Response>"
    )
    assert updated.status == "in-progress"
    await product.until("stream", "closed")
    assert product.streams[0][-1] == "stop"
    await product.until(STATUS, "completed")


async def test_a_new_address_is_fetched(line, product):
    product.twiml = WAIT
    call = await line.create(twiml=WAIT)
    await product.until(STATUS, "in-progress")
    product.twiml = HANG_UP
    await line.update(call.sid, url=f"{product.url}/next")
    await product.until(STATUS, "completed")
    (form,) = [form for path, form in product.posts if path == "/next"]
    assert form["signed"]
    assert form["CallStatus"] == "in-progress"


async def test_an_address_in_place_of_twiml_is_fetched_when_answered(line, product):
    await line.create(twiml="ignored", url=f"{product.url}/voice")
    await product.until(STATUS, "completed")
    (form,) = [form for path, form in product.posts if path == "/voice"]
    assert (form["signed"], form["Direction"], form["To"]) == (True, "outbound-api", TO)


async def test_an_address_that_answers_badly_ends_the_call(line, product):
    product.status = 500
    await line.create(twiml="", url=f"{product.url}/voice")
    await product.until(STATUS, "completed")
    assert product.statuses()[-1] == "completed"


@pytest.mark.parametrize("outcome", ["busy", "no-answer", "failed"])
async def test_nobody_answers(line, product, server, outcome):
    server.behave(phone_outcome=outcome)
    call = await line.create()
    await product.until(STATUS, outcome)
    assert product.statuses() == ["initiated", "ringing", outcome]
    ended = await line.fetch(call.sid)
    assert (ended.status, ended.duration, ended.start_time) == (outcome, None, None)


async def test_a_ringing_call_is_cancelled(line, product, server):
    server.behave(phone_ring_ms=600_000)
    call = await line.create()
    await product.until(STATUS, "ringing")
    await line.update(call.sid, status="canceled")
    await product.until(STATUS, "canceled")
    assert (await line.fetch(call.sid)).status == "canceled"


async def test_a_live_call_takes_no_notice_of_canceled(line, product):
    call = await line.create(twiml=WAIT)
    await product.until(STATUS, "in-progress")
    assert (await line.update(call.sid, status="canceled")).status == "in-progress"
    await line.update(call.sid, status="completed")
    await product.until(STATUS, "completed")


async def test_the_time_limit_ends_a_call(line, product):
    await line.create(twiml=WAIT, time_limit=1)
    await product.until(STATUS, "completed")
    assert product.statuses()[-1] == "completed"


async def test_only_what_was_ordered_is_told(line, product):
    await line.create(status_callback_event=["completed"])
    await product.until(STATUS, "completed")
    assert product.statuses() == ["completed"]
    assert product.posts[0][1]["SequenceNumber"] == "3"


async def test_without_events_only_the_end_is_told(line, product):
    await line.create(status_callback_event=[])
    await product.until(STATUS, "completed")
    assert product.statuses() == ["completed"]


async def test_statuses_repeat_and_overtake_on_demand(line, product, server):
    server.behave(phone_repeat_statuses=True, phone_shuffle_statuses=True)
    await line.create()
    await product.until(STATUS, "in-progress")
    await product.until(STATUS, "in-progress")
    assert product.statuses() == [
        *["ringing"] * 2,
        *["initiated"] * 2,
        *["completed"] * 2,
        *["in-progress"] * 2,
    ]
    numbers = [form["SequenceNumber"] for path, form in product.posts]
    assert numbers == ["1", "1", "0", "0", "3", "3", "2", "2"]


REFUSED = {
    "no number": ({"to": ""}, 21201),
    "a short number": ({"to": "+1202"}, 21211),
    "a number without a country": ({"to": "2025550177"}, 21211),
    "no own number": ({"from_": ""}, 21213),
    "a wrong own number": ({"from_": "me"}, 21212),
    "neither twiml nor url": ({"twiml": ""}, 21205),
    "a url that is none": ({"twiml": "", "url": "voice"}, 21205),
    "a callback that is none": ({"status_callback": "status"}, 21205),
    "an unknown event": ({"status_callback_event": ["hung-up"]}, 21626),
    "too much twiml": ({"twiml": "a" * 4001}, 20001),
    "a wrong timeout": ({"timeout": 0}, 21208),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_wrong_orders_are_refused(line, product, name):
    changes, code = REFUSED[name]
    with pytest.raises(TwilioRestException) as refused:
        await line.create(**changes)
    assert (refused.value.status, refused.value.code) == (400, code)
    assert refused.value.msg
    assert product.posts == []


@pytest.mark.parametrize(
    "account", [{"token": "wrong"}, {"sid": "AC" + "1" * 32}], ids=["token", "sid"]
)
async def test_another_account_is_refused(server, product, account):
    with pytest.raises(TwilioRestException) as refused:
        await Line(server, product, **account).create()
    assert (refused.value.status, refused.value.code) == (401, 20003)


async def test_an_unknown_call_is_not_found(line):
    for action in (line.fetch("CA" + "0" * 32), line.update("CA" + "0" * 32, twiml=HANG_UP)):
        with pytest.raises(TwilioRestException) as refused:
            await action
        assert (refused.value.status, refused.value.code) == (404, 20404)


async def test_a_call_that_has_ended_cannot_be_changed(line, product):
    call = await line.create()
    await product.until(STATUS, "completed")
    for changes in ({"twiml": HANG_UP}, {"status": "completed"}):
        with pytest.raises(TwilioRestException) as refused:
            await line.update(call.sid, **changes)
        assert (refused.value.status, refused.value.code) == (400, 21220)


async def test_wrong_updates_are_refused(line, product):
    call = await line.create(twiml=WAIT)
    await product.until(STATUS, "in-progress")
    for changes in ({"status": "busy"}, {"twiml": ""}):
        with pytest.raises(TwilioRestException) as refused:
            await line.update(call.sid, **changes)
        assert refused.value.code == 20001


async def test_errors_have_the_vendors_shape(server):
    async with asyncio.timeout(60):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        path = f"/2010-04-01/Accounts/{Account().sid}/Calls.json"
        writer.write(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        answer = (await reader.read()).decode()
        writer.close()
    head, _, body = answer.partition("\r\n\r\n")
    assert "401" in head.splitlines()[0]
    assert "www-authenticate: Basic" in head
    assert json.loads(body) == {
        "code": 20003,
        "message": "Authenticate",
        "more_info": "https://www.twilio.com/docs/errors/20003",
        "status": 401,
    }


async def test_stopping_the_stand_ins_drops_live_calls(product):
    async with StandInServer() as server:
        server.behave(phone_ring_ms=20)
        await Line(server, product).create(twiml=WAIT)
        await product.until(STATUS, "in-progress")
    assert product.statuses()[-1] == "in-progress"
