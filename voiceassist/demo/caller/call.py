"""One simulated call from the ring to its end: TwiML verb after verb, stream after stream.

Imports the caller's parts and the demo's scenarios and voice; no Django, nothing of the product.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from voiceassist.demo import scenario as scenarios
from voiceassist.demo.caller import twiml as verbs
from voiceassist.demo.caller.dialling import Leg
from voiceassist.demo.caller.line import Line, StreamRefused
from voiceassist.demo.caller.messages import Writer
from voiceassist.demo.caller.notes import Notes
from voiceassist.demo.caller.report import CallReport
from voiceassist.demo.caller.script import PlayFile, Script, Step, prepare
from voiceassist.demo.caller.webhooks import Answer, Origin, Unreachable, Webhooks, sign
from voiceassist.demo.voice import Voice

SAY_S_PER_CHARACTER = 0.065
VERBS_MAX = 50
STATUSES = ("initiated", "ringing", "in-progress", "completed")
_EVENTS = {"answered": "in-progress"}

OnEvent = Callable[[str, str], None]


class _Over(Exception):
    """The call is over; `ended_by` as in the report."""

    def __init__(self, ended_by: str, code: str = "", text: str = "") -> None:
        super().__init__(text)
        self.ended_by, self.code, self.text = ended_by, code, text


class SimulatedCall:
    """One caller. `run()` rings and returns the report when the call is over; it never raises.

    Args:
        url: the product's origin; webhooks go to `{url}/twilio/voice` and `…/status`.
        auth_token: signs webhooks and handshakes.
        scenario: whose `caller` steps are played; by name or itself. Default: `demo`.
        audio: 8 kHz μ-law to say instead of a scenario.
        seconds: the caller hangs up after that time at the latest.
        twiml: an outgoing call that was answered: no voice webhook, go on from here.
        voice: shared by many callers, so that each phrase is made once.
        on_event: told `(what, text)` as it happens: `ringing`, `answered`, `said`, `heard`,
            `phone_said`, `pressed`, `cleared` (ms played before), `stream_closed`, `dialled`.
        status_callback: where statuses go; empty for nowhere. Default: `{url}/twilio/status`.
        status_events: which statuses are posted, in REST's words (`answered`) or the form's.
        public_url: the product's PUBLIC_URL, where that is another than the address rung.
    """

    def __init__(
        self,
        url: str,
        auth_token: str,
        *,
        account_sid: str,
        to: str,
        from_: str,
        scenario: str | scenarios.Scenario | None = None,
        audio: bytes | None = None,
        seconds: float | None = None,
        call_sid: str | None = None,
        twiml: str | None = None,
        voice: Voice | None = None,
        on_event: OnEvent | None = None,
        status_callback: str | None = None,
        status_events: Iterable[str] = STATUSES,
        public_url: str | None = None,
    ) -> None:
        self.call_sid = call_sid or "CA" + secrets.token_hex(16)
        self._origin = Origin(url.rstrip("/"), (public_url or url).rstrip("/"))
        self._auth_token = auth_token
        self._account_sid = account_sid
        self._seconds = seconds
        self._twiml = twiml
        self._outgoing = twiml is not None
        self._to, self._from = to, from_
        self._voice = voice
        self._notes = Notes(self.call_sid, from_, to, on_event)
        self._webhooks = Webhooks(self._origin, auth_token, self._notes.posted)
        self._status_callback = (
            f"{self._origin.public}/twilio/status" if status_callback is None else status_callback
        )
        self._status_events = {_EVENTS.get(event, event) for event in status_events}
        self._status = "ringing"
        self._sequence = 0
        self._posts: asyncio.Queue[tuple[str, str, dict[str, str]] | None] = asyncio.Queue()
        self._new_twiml: str | None = None
        self._hung_up = self._put_through = False
        self._order = asyncio.Event()
        self._line: Line | None = None
        self._scenario, self._steps = _steps(scenario, audio)
        self._spoken: dict[str, list[str]] = {}
        self._script = Script(self._steps, self._spoken, self._notes.happened)

    # --- from outside ---------------------------------------------------------------------

    def hang_up(self) -> None:
        """End the call from outside, as REST's `Status=completed` does."""
        self._hung_up = True
        self._order.set()

    def replace_twiml(self, twiml: str) -> None:
        """Go on with other TwiML, as REST's `Twiml=` does: the stream ends with `stop`."""
        self._new_twiml = twiml
        self._order.set()

    def inject(self, text: str) -> None:
        """Send a text frame on the open stream as it is; nothing where none is open."""
        if self._line is not None:
            self._line.send_raw(text)

    @property
    def status(self) -> str:
        """The call's status in Twilio's words."""
        return self._status

    # --- the call -------------------------------------------------------------------------

    async def run(self) -> CallReport:
        """Ring, talk, end; return what it was like."""
        voice = self._voice or Voice()
        poster = asyncio.create_task(self._post_in_order())
        try:
            scenario = self._scenario
            words = await prepare(self._steps, scenario.language, scenario.name, voice)
            self._spoken.update(words)
            over = await self._within_limits()
        finally:
            if self._voice is None:
                voice.close()
        self._set_status("busy" if over.code == "rejected" else "completed")
        self._posts.put_nowait(None)
        await poster
        return self._notes.report(over.ended_by, over.code, over.text)

    async def _within_limits(self) -> _Over:
        try:
            async with asyncio.timeout(self._seconds):
                await self._proceed()
        except TimeoutError:
            self._stop_line()
            return _Over("time_limit")
        except _Over as over:
            return over
        except Unreachable as error:
            return _Over("error", "unreachable", str(error))
        except verbs.BadTwiml as error:
            return _Over("error", "bad_twiml", str(error))
        return _Over("server")

    async def _proceed(self) -> None:
        self._notes.happened("ringing", self._to)
        if self._outgoing:
            self._set_status("initiated", "ringing")
        text = self._twiml if self._twiml is not None else await self._ring()
        for _ in range(VERBS_MAX):
            text = await self._perform(text)
        raise _Over("error", "bad_twiml", f"More than {VERBS_MAX} TwiML documents in one call.")

    async def _ring(self) -> str:
        self._notes.rang()
        return await self._fetch("voice", f"{self._origin.public}/twilio/voice")

    async def _dial(self, verb: verbs.Dial) -> str | None:
        if verb.caller_id and verb.caller_id not in (self._to, self._from):
            raise verbs.BadTwiml(f"13214: the callerId {verb.caller_id} is none of this account's.")
        self._notes.happened("dialled", verb.number)
        leg = Leg(verb, self._scenario.callee, self._form(), self._post)
        other = await leg.talk(self._wait)
        if other is not None:
            return other
        self._put_through |= leg.answered
        return await self._fetch("dial", verb.action, leg.result()) if verb.action else None

    def _post(self, what: str, url: str, form: dict[str, str]) -> None:
        self._posts.put_nowait((what, url, form))

    async def _fetch(self, what: str, url: str, more: dict[str, str] | None = None) -> str:
        answer = await self._webhooks.post(what, url, {**self._form(), **(more or {})})
        if answer.status != 200:
            raise _Over("error", *_refusal(what, url, answer))
        return answer.text

    async def _perform(self, text: str) -> str:
        """Run one TwiML document; return the next one."""
        self._notes.twiml.append(text)
        for verb in verbs.parse(text):
            if self._order.is_set() and (other := self._obey()) is not None:
                return other
            self._notes.verbs.append(type(verb).__name__)
            following = await self._verb(verb)
            if following is not None:
                return following
        if self._order.is_set() and (other := self._obey()) is not None:
            return other
        raise _Over(self._other_side())

    def _other_side(self) -> str:
        return "transfer" if self._put_through else "server"

    async def _verb(self, verb: verbs.Verb) -> str | None:
        if isinstance(verb, verbs.HangUp):
            raise _Over(self._other_side())
        if isinstance(verb, verbs.Reject):
            raise _Over("server", "rejected", f"The call was refused as {verb.reason}.")
        if isinstance(verb, verbs.Redirect):
            return await self._fetch("redirect", verb.url)
        self._answered()
        if isinstance(verb, verbs.Stream):
            return await self._stream(verb)
        if isinstance(verb, verbs.Dial):
            return await self._dial(verb)
        if isinstance(verb, verbs.Say):
            self._notes.happened("phone_said", verb.text)
            return await self._wait(len(verb.text) * SAY_S_PER_CHARACTER)
        return await self._wait(verb.seconds)

    def _answered(self) -> None:
        if self._status != "in-progress":
            self._set_status("in-progress")
            self._notes.happened("answered", "")

    async def _wait(self, seconds: float) -> str | None:
        try:
            await asyncio.wait_for(self._order.wait(), seconds)
        except TimeoutError:
            return None
        return self._obey()

    def _obey(self) -> str | None:
        """Do what was asked from outside: end the call, or return the new TwiML."""
        if self._hung_up:
            raise _Over("outside")
        self._order.clear()
        text, self._new_twiml = self._new_twiml, None
        return text

    # --- a stream -------------------------------------------------------------------------

    async def _stream(self, verb: verbs.Stream) -> str | None:
        sid = "MZ" + secrets.token_hex(16)
        line = Line(Writer(self._account_sid, self.call_sid, sid), sid, self._notes.happened)
        try:
            signature = sign(self._auth_token, verb.url)
            await line.open(self._origin.reach(verb.url), signature, verb.parameters)
        except StreamRefused as refusal:
            self._stream_event(verb, sid, "stream-error", str(refusal))
            self._notes.refused(str(refusal))
            return await self._after(verb)
        self._line = line
        self._notes.opened(line)
        self._stream_event(verb, sid, "stream-started")
        try:
            outcome = await self._talk(line)
        finally:
            self._line = None
            self._stop_line(line)
            await line.gone()
            self._stream_event(verb, sid, "stream-stopped")
            self._notes.happened("stream_closed", "")
        if outcome == "hang_up":
            raise _Over("caller")
        return self._obey() if outcome == "order" else await self._after(verb)

    async def _after(self, verb: verbs.Stream) -> str | None:
        return await self._fetch("action", verb.action) if verb.action else None

    async def _talk(self, line: Line) -> str:
        """Talk until something ends the stream; return what did."""
        script = asyncio.create_task(self._script.run(line))
        order = asyncio.create_task(self._order.wait())
        try:
            ends: set[asyncio.Future[Any]] = {script, order, line.closed}
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            if line.closed.done():
                return "closed"
            if order.done():
                return "order"
            outcome = script.result()
            if outcome == "lose_network":
                line.lose()
            return outcome
        finally:
            script.cancel()
            order.cancel()
            await asyncio.gather(script, order, return_exceptions=True)

    def _stop_line(self, line: Line | None = None) -> None:
        line = line or self._line
        if line is not None and not line.closed.done():
            line.stop()

    # --- webhooks -------------------------------------------------------------------------

    def _form(self) -> dict[str, str]:
        return {
            "AccountSid": self._account_sid,
            "ApiVersion": "2010-04-01",
            "CallSid": self.call_sid,
            "CallStatus": self._status,
            "Direction": "outbound-api" if self._outgoing else "inbound",
            "From": self._from,
            "To": self._to,
            "Caller": self._from,
            "Called": self._to,
        }

    def _set_status(self, *statuses: str) -> None:
        for status in statuses:
            self._status = status
            sequence, self._sequence = self._sequence, self._sequence + 1
            known = status if status in STATUSES else "completed"
            if self._status_callback and known in self._status_events:
                now = datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S +0000")
                extra = {"SequenceNumber": str(sequence), "Timestamp": now}
                if known == "completed":
                    extra["CallDuration"] = str(self._notes.duration_ms() // 1000)
                form = {**self._form(), **extra, "CallbackSource": "call-progress-events"}
                self._posts.put_nowait(("status", self._status_callback, form))

    def _stream_event(self, verb: verbs.Stream, sid: str, event: str, error: str = "") -> None:
        if not verb.status_callback:
            return
        form = {
            "AccountSid": self._account_sid,
            "CallSid": self.call_sid,
            "StreamSid": sid,
            "StreamName": verb.name or sid,
            "StreamEvent": event,
            "Timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
        }
        if error:
            form["StreamError"] = error
        self._posts.put_nowait(("stream-status", verb.status_callback, form))

    async def _post_in_order(self) -> None:
        """Callbacks never hold the call up; one that fails is noted and forgotten."""
        while (post := await self._posts.get()) is not None:
            try:
                await self._webhooks.post(*post)
            except Unreachable:
                self._notes.posted(post[0], post[1], Answer(0, "", 0))


def _steps(
    scenario: str | scenarios.Scenario | None, audio: bytes | None
) -> tuple[scenarios.Scenario, list[Step]]:
    chosen = scenario or scenarios.DEFAULT
    loaded = scenarios.load(chosen) if isinstance(chosen, str) else chosen
    if audio is None:
        return loaded, list(loaded.caller)
    return loaded, [scenarios.Listen(), PlayFile(audio), scenarios.Listen()]


def _refusal(what: str, url: str, answer: Answer) -> tuple[str, str]:
    if answer.status == 403:
        return "refused", (
            f"{url} answered 403: it refuses the signature. TWILIO_AUTH_TOKEN here must be the "
            "server's, and the address rung must be the server's PUBLIC_URL."
        )
    return "webhook_failed", f"The {what} webhook {url} answered {answer.status}: " + (
        answer.text[:200] or "(nothing)"
    )
