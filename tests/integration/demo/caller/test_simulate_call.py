"""`manage.py simulate_call`: what it rings, prints and says when something is wrong.

A whole call with transcript and tools is driven from outside in `tests/embedded`.
"""

import asyncio
import json
import threading
import wave
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.integration.demo.caller.product import TOKEN, Product, serving
from voiceassist.demo import mulaw
from voiceassist.demo.management.commands import simulate_call

OUR_NUMBER = "+12025550123"
pytestmark = pytest.mark.django_db(transaction=True)


class Running:
    """The test's product in a loop of its own, since the command brings its own, too."""

    def __init__(self, port: int) -> None:
        self.product = Product()
        self._port = port
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        async with serving(self.product, self._port):
            self.product.pages["/twilio/voice"] = self.product.stream()
            self._ready.set()
            await self._stop.wait()

    def __enter__(self) -> Product:
        self._thread.start()
        assert self._ready.wait(60)
        return self.product

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(60)


@pytest.fixture
def line(settings, monkeypatch):
    from tests.factories.calls import make_line

    settings.TWILIO_AUTH_TOKEN = TOKEN
    # This product stores nothing, so that there is nothing to wait for.
    monkeypatch.setattr(simulate_call, "WAIT_FOR_END_S", 0)
    return make_line(slug="shop", name="Shop")


@pytest.fixture
def rung(line, free_port):
    with Running(free_port) as product:
        yield product


def ring(*arguments: str, assistant: str = "shop", **options) -> str:
    out = StringIO()
    call_command("simulate_call", *arguments, assistant=assistant, stdout=out, **options)
    return out.getvalue()


def complaint(*arguments: str, **options) -> str:
    with pytest.raises(CommandError) as error:
        ring(*arguments, **options)
    return str(error.value)


def test_an_unknown_assistant_is_answered_with_those_there_are(line):
    assert complaint(assistant="nobody").endswith("There are: shop")


def test_without_any_assistant_it_says_how_to_get_one(db):
    assert "make run" in complaint(assistant="demo")


def test_an_assistant_without_a_number_cannot_be_rung(line):
    from tests.factories.assistants import make_assistant

    make_assistant(line.organization, slug="silent")
    assert "No phone number" in complaint(assistant="silent")


def test_two_of_the_same_name_are_told_apart_by_their_organization(line, rung):
    from tests.factories.assistants import make_assistant, make_number
    from tests.factories.organizations import make_organization

    other = make_organization(slug="other")
    make_number(other, "+12025550177", make_assistant(other, slug="shop"))
    text = complaint()
    assert "other/shop" in text
    assert f"{line.organization.slug}/shop" in text
    rung.pages["/twilio/voice"] = "<Response><Hangup/></Response>"
    ring("--url", rung.url, assistant="other/shop")
    assert rung.posts[0][1]["To"] == "+12025550177"


def test_no_server_says_how_to_start_one(line):
    text = complaint("--url", "http://127.0.0.1:9")
    assert "http://127.0.0.1:9" in text
    assert "make run" in text


def test_a_refused_signature_is_explained(rung):
    rung.pages["/twilio/voice"] = 403
    assert "TWILIO_AUTH_TOKEN" in complaint("--url", rung.url)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--scenario", "nix"], "Choose one of: barge_in, confirmation, demo"),
        (["--audio", "/nowhere/x.wav"], "Cannot open"),
        (["--url", "127.0.0.1:8000"], "http://127.0.0.1:8000"),
        (["--url", "http://127.0.0.1:8000/path"], "no origin"),
        (["--calls", "0"], "between 1 and"),
        (["--seconds", "-1"], "more than 0"),
    ],
)
def test_wrong_arguments_are_explained(line, arguments, words):
    assert words in complaint(*arguments)


def test_json_is_all_that_is_printed(rung):
    printed = json.loads(ring("--url", rung.url, "--seconds", "0.5", "--json"))
    assert {"transcript", "tool_executions", "latency", "ended_reason"} <= set(printed)
    assert printed["caller"]["ended_by"] == "time_limit"
    assert printed["caller"]["to_number"] == OUR_NUMBER


def test_several_calls_are_summed_up(rung):
    options = ("--url", rung.url, "--seconds", "0.5", "--calls", "3")
    printed = json.loads(ring(*options, "--json"))
    assert printed["summary"]["calls"] == len(printed["calls"]) == 3
    assert "3 calls" in ring(*options)


def test_people_read_who_was_rung_and_how_it_ended(rung):
    text = ring("--url", rung.url, "--seconds", "0.5")
    assert text.startswith(f"Ringing Shop ({OUR_NUMBER}) on {rung.url}")
    assert "--seconds were over" in text
    assert "DATABASE_URL" in text


def test_a_wav_file_is_said(rung, tmp_path: Path):
    file, sound = tmp_path / "words.wav", b"\x00\x30" * 1600
    with wave.open(str(file), "wb") as opened:
        opened.setparams((1, 2, 16000, 0, "NONE", ""))
        opened.writeframes(sound)
    expected = mulaw.from_pcm16(sound, 16000)

    async def talk(socket):
        await socket.until(lambda: socket.named("media"))
        await socket.play(b"\x20" * 800)
        await socket.until(lambda: expected in socket.audio())
        await socket.close()

    rung.talks = [talk]
    text = ring("--url", rung.url, "--audio", str(file))
    assert len(expected) == 800
    assert "[audio file]" in text
    assert "The other side ended the call" in text
