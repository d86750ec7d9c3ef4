"""The simulated phone at the other end of outgoing calls: it rings, answers, talks, is updated.

Imports the simulated caller; no Django.
"""

import asyncio
import contextlib
import logging

from voiceassist.demo.caller import SimulatedCall
from voiceassist.demo.caller.webhooks import Answer, Origin, Unreachable, Webhooks
from voiceassist.demo.stand_ins.account import Account
from voiceassist.demo.stand_ins.behaviour import Behaviour
from voiceassist.demo.stand_ins.twilio.call import WAITING, PhoneCall
from voiceassist.demo.stand_ins.twilio.statuses import Statuses, form_of
from voiceassist.demo.voice import Voice

logger = logging.getLogger(__name__)

HANG_UP = "<Response><Hangup/></Response>"
# Outgoing calls hold whole addresses: each is reached where it says.
_AS_WRITTEN = Origin(url="", public="")


class Phone:
    """One call's other end; `task` ends after the last status callback."""

    def __init__(
        self, call: PhoneCall, account: Account, behaviour: Behaviour, voice: Voice
    ) -> None:
        self.call = call
        self._account = account
        self._behaviour = behaviour
        self._voice = voice
        self._webhooks = Webhooks(_AS_WRITTEN, account.auth_token, _heed)
        self._statuses = Statuses(call, self._webhooks, behaviour)
        self._stopped = asyncio.Event()
        self._twiml = call.order.twiml
        self._talk: SimulatedCall | None = None
        self.task = asyncio.create_task(self._live())

    # --- from the REST API ----------------------------------------------------------------

    def end(self) -> None:
        """Ends the call, in whatever state it is."""
        self._stopped.set()
        if self._talk is not None:
            self._talk.hang_up()

    def replace_twiml(self, twiml: str) -> None:
        """Goes on with other TwiML; before the answer it takes the place of the first one."""
        self._twiml = twiml
        if self._talk is not None:
            self._talk.replace_twiml(twiml)

    async def fetch(self, url: str) -> str:
        """TwiML from the product; a hang-up where it gives none."""
        try:
            answer = await self._webhooks.post("twiml", url, form_of(self.call))
        except Unreachable as error:
            logger.warning("no TwiML: %s", error)
            return HANG_UP
        return answer.text if answer.status == 200 and answer.text else HANG_UP

    async def close(self) -> None:
        """Drops the call without a word."""
        self.task.cancel()
        self._statuses.drop()
        await asyncio.gather(self.task, return_exceptions=True)

    # --- the call -------------------------------------------------------------------------

    async def _live(self) -> None:
        try:
            last = await self._ring() or await self._talk_to_the_end()
        except Exception:
            logger.exception("the simulated phone broke")
            last = "failed"
        self._statuses.turn(last)
        await self._statuses.finish()

    async def _ring(self) -> str:
        """Rings; returns the last status of a call that nobody answers."""
        self._statuses.turn("initiated")
        self._statuses.turn("ringing")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopped.wait(), self._behaviour.phone_ring_ms / 1000)
            return "canceled"
        outcome = self._behaviour.phone_outcome
        return "" if outcome == "answer" else outcome

    async def _talk_to_the_end(self) -> str:
        call, order = self.call, self.call.order
        self._statuses.turn("in-progress")
        twiml = self._twiml or await self.fetch(order.url)
        self._talk = SimulatedCall(
            _AS_WRITTEN.url,
            self._account.auth_token,
            account_sid=call.account_sid,
            to=order.to,
            from_=order.from_,
            scenario=self._behaviour.phone_scenario,
            seconds=order.time_limit_s,
            call_sid=call.sid,
            twiml=twiml,
            voice=self._voice,
            # This phone tells of statuses itself: it knows those before the answer too.
            status_callback="",
        )
        if self._stopped.is_set():
            return "completed"
        report = await self._talk.run()
        call.report = report.to_json()
        return "completed"

    @property
    def is_waiting(self) -> bool:
        """Whether nobody has answered yet."""
        return self.call.status in WAITING


def _heed(what: str, url: str, answer: Answer) -> None:
    logger.debug("%s %s answered %s", what, url, answer.status)
