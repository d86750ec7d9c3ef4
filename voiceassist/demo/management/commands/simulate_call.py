"""`manage.py simulate_call`: rings the server as the phone company does, and tells about it."""

from __future__ import annotations

import asyncio
import json
from argparse import ArgumentTypeError
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from voiceassist.demo import call_rows, mulaw
from voiceassist.demo import scenario as scenarios
from voiceassist.demo.call_telling import Telling, figures, latency, many, many_text
from voiceassist.demo.caller import CallReport, SimulatedCall
from voiceassist.demo.voice import Voice

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
WAIT_FOR_END_S = 5.0
LOOK_S = 0.25
STAGGER_S = 0.05
CALLS_MAX = 1000
_ENDS = {
    "caller": "The caller hung up.",
    "server": "The other side ended the call.",
    "transfer": "The caller was put through.",
    "outside": "The call was ended from outside.",
    "time_limit": "The caller hung up when --seconds were over.",
}


def _origin(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/"):
        raise ArgumentTypeError(f"{value!r} is no origin; write it as http://127.0.0.1:8000")
    return value.rstrip("/")


def _count(value: str) -> int:
    if not value.isdigit() or not 1 <= int(value) <= CALLS_MAX:
        raise ArgumentTypeError(f"{value!r} is not between 1 and {CALLS_MAX}")
    return int(value)


def _seconds(value: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        seconds = 0
    if not 0 < seconds < float("inf"):
        raise ArgumentTypeError(f"{value!r} is not a number of seconds, more than 0")
    return seconds


class Command(BaseCommand):
    """Simulated calls from the command line."""

    requires_system_checks = ()  # they load every route; the phone rings sooner without
    help = (
        "Ring an assistant of a running server as the phone company does, and print what was "
        "said, which tools ran and how the call ended."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what to ring and how."""
        parser.add_argument("--assistant", required=True, metavar="SLUG", help="who is rung")
        parser.add_argument(
            "--url", type=_origin, default=f"http://127.0.0.1:{settings.PORT}", help="the server"
        )
        says = parser.add_mutually_exclusive_group()
        says.add_argument("--scenario", metavar="NAME", help=", ".join(scenarios.names()))
        says.add_argument("--audio", type=Path, metavar="FILE.wav", help="say this instead")
        parser.add_argument("--calls", type=_count, default=1, metavar="N", help="so many at once")
        parser.add_argument("--seconds", type=_seconds, metavar="S", help="hang up after S seconds")
        parser.add_argument("--json", action="store_true", help="print one JSON object only")

    def handle(self, *args: Any, **options: Any) -> None:
        """Ring, wait for the end, print.

        Raises:
            CommandError: a wrong argument, an unreachable server, or a call that failed.
        """
        try:
            assistant, number = call_rows.number_of(options["assistant"])
            scenario = scenarios.load(options["scenario"] or scenarios.DEFAULT)
            audio = mulaw.read_wav(options["audio"]) if options["audio"] else None
        except (call_rows.CannotRing, scenarios.ScenarioError, mulaw.AudioFileError) as error:
            raise CommandError(str(error)) from error
        self._options = options
        self._number, self._scenario, self._audio = number, scenario, audio
        if not options["json"]:
            url = options["url"]
            self._say(f"Ringing {assistant.name} ({number}) on {url}")
            self._say(f"Watch it live on {url}/calls\n\n")
        try:
            results = asyncio.run(self._all())
        except KeyboardInterrupt:
            raise CommandError("You hung up; the server noted the end.") from None
        self._finish(results)

    # --- ringing --------------------------------------------------------------------------

    def _call(
        self, index: int, voice: Voice, on_event: Callable[[str, str], None]
    ) -> SimulatedCall:
        url = self._options["url"]
        return SimulatedCall(
            url,
            settings.TWILIO_AUTH_TOKEN,
            account_sid=settings.TWILIO_ACCOUNT_SID,
            from_=f"+120255501{10 + index % 90:02}",
            to=self._number,
            scenario=self._scenario,
            audio=self._audio,
            seconds=self._options["seconds"],
            voice=voice,
            on_event=on_event,
            public_url=_public_url(url),
        )

    async def _all(self) -> list[dict[str, Any]]:
        voice = Voice()
        database = ThreadPoolExecutor(1, thread_name_prefix="rows")
        try:
            if self._options["calls"] == 1:
                return [await self._one(voice, database)]
            return await self._many(voice, database)
        finally:
            voice.close()
            database.submit(connections.close_all).result()
            database.shutdown()

    async def _one(self, voice: Voice, database: ThreadPoolExecutor) -> dict[str, Any]:
        telling = Telling((lambda text: None) if self._options["json"] else self._say)
        call = self._call(0, voice, telling.happened)
        watch = asyncio.create_task(self._watch(call.call_sid, telling, database))
        try:
            report = await call.run()
        finally:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)
        result = await self._result(report, database)
        telling.runs(result["tool_executions"], over=True)
        if not any(words.who == "assistant" for words in report.words):
            self._tell_stored(telling, result)
        return result

    async def _many(self, voice: Voice, database: ThreadPoolExecutor) -> list[dict[str, Any]]:
        async def ring(index: int) -> dict[str, Any]:
            await asyncio.sleep(index * STAGGER_S)
            report = await self._call(index, voice, lambda what, text: None).run()
            result = await self._result(report, database)
            if not self._options["json"]:
                self._say(f"  {index + 1:>4}  {_end_text(report, result)}")
            return result

        return await asyncio.gather(*(ring(index) for index in range(self._options["calls"])))

    async def _watch(self, call_sid: str, telling: Telling, database: ThreadPoolExecutor) -> None:
        """Tell of tool runs while the call goes on."""
        loop = asyncio.get_running_loop()

        def rows() -> list[dict[str, Any]]:
            call = call_rows.call_of(call_sid)
            return call_rows.executions(call) if call else []

        while True:
            await asyncio.sleep(LOOK_S)
            telling.runs(await loop.run_in_executor(database, rows))

    async def _result(self, report: CallReport, database: ThreadPoolExecutor) -> dict[str, Any]:
        """Wait until the server has stored the end, then read everything."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + (0 if report.error_code else WAIT_FOR_END_S)
        while True:
            complete = await loop.run_in_executor(database, _is_complete, report.call_sid)
            if complete or loop.time() >= deadline:
                return await loop.run_in_executor(database, _result, report)
            await asyncio.sleep(LOOK_S)

    # --- telling --------------------------------------------------------------------------

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    def _tell_stored(self, telling: Telling, result: dict[str, Any]) -> None:
        """A model that hides no words is only known from what the product wrote down."""
        if result["transcript"] and not self._options["json"]:
            self._say("\n  Written down by the server:")
            for item in result["transcript"]:
                telling.line(item["role"].capitalize(), item["text"], item["at_ms"])

    def _finish(self, results: list[dict[str, Any]]) -> None:
        single = len(results) == 1
        if self._options["json"]:
            whole = results[0] if single else {"summary": many(results), "calls": results}
            self._say(json.dumps(whole, indent=2, default=str, ensure_ascii=False))
        elif single:
            self._tell_end(results[0])
        else:
            self._say("\n" + "\n".join(many_text(many(results))))
        broken = [each["caller"] for each in results if each["caller"]["error_code"]]
        if broken:
            raise CommandError(_help(broken[0], self._options["url"]))

    def _tell_end(self, result: dict[str, Any]) -> None:
        if result["caller"]["error_code"]:
            return
        self._say("\n" + result["ending"])
        if result["ended_detail"]:
            self._say(result["ended_detail"])
        for line in result["figures"]:
            self._say(line)
        for warning in result["caller"]["warnings"]:
            self._say(f"Warning {warning['code']}: {warning['text']}")
        if result["call_id"]:
            self._say(f"See it on {self._options['url']}/calls/{result['call_id']}")


def _public_url(url: str) -> str:
    """What the server signs for: its PUBLIC_URL, where `url` is that server from inside."""
    here, public = urlsplit(url), urlsplit(settings.PUBLIC_URL)
    inside = here.hostname in LOOPBACK and (
        public.hostname not in LOOPBACK or public.port == here.port
    )
    return str(settings.PUBLIC_URL) if inside else url


def _is_complete(call_sid: str) -> bool:
    return call_rows.is_complete(call_rows.call_of(call_sid))


def _result(report: CallReport) -> dict[str, Any]:
    call = call_rows.call_of(report.call_sid)
    result: dict[str, Any] = {
        "call_id": call.pk if call else None,
        "call_sid": report.call_sid,
        "ended_reason": call.ended_reason if call else "",
        "ended_detail": call.ended_detail if call else "",
        "duration_ms": report.duration_ms,
        "latency": latency(report),
        "transcript": call_rows.transcript(call) if call else [],
        "tool_executions": call_rows.executions(call) if call else [],
        "caller": report.to_json(),
        "figures": figures(report),
    }
    label = call.get_ended_reason_display() if call and call.ended_reason else ""
    return result | {"ending": _ending(report, label)}


def _ending(report: CallReport, label: str) -> str:
    seconds = f"{report.duration_ms / 1000:.0f} s"
    if label:
        return f"{label} after {seconds}."
    return (
        f"{_ENDS.get(report.ended_by, '')} It lasted {seconds}. Its end is not in this database: "
        "DATABASE_URL must be the server's for transcript and tools."
    )


def _end_text(report: CallReport, result: dict[str, Any]) -> str:
    runs = ", ".join(f"{run['tool_name']} {run['status']}" for run in result["tool_executions"])
    return f"{report.error or result['ending']} {runs}".strip()


def _help(caller: dict[str, Any], url: str) -> str:
    if caller["error_code"] == "unreachable":
        return f"No server answers on {url}. Start one with `make run`, or name another: --url"
    return str(caller["error"])
