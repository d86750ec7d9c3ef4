"""The leg that `<Dial>` rings: it answers, is busy or nobody is there, and what is posted of it.

Imports the demo's scenarios; knows no sockets.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable

from voiceassist.demo import scenario as scenarios
from voiceassist.demo.caller.twiml import Dial

Post = Callable[[str, str, dict[str, str]], None]
Wait = Callable[[float], Awaitable[str | None]]

_ENDS = {"answers": "completed"}


class Leg:
    """One callee: `ring` tells whether somebody answered; forms are as the phone company's.

    Args:
        form: of the call that is put through.
        post: queues a status callback: what, address, form.
    """

    def __init__(
        self, verb: Dial, callee: scenarios.Callee, form: dict[str, str], post: Post
    ) -> None:
        self._verb, self._callee, self._post = verb, callee, post
        self._sid = "CA" + secrets.token_hex(16)
        self._talked_s = 0
        self._form = {
            **form,
            "CallSid": self._sid,
            "ParentCallSid": form["CallSid"],
            "Direction": "outbound-dial",
            "From": verb.caller_id or form["From"],
            "To": verb.number,
        }

    async def talk(self, wait: Wait) -> str | None:
        """Ring and talk; return other TwiML where that was asked for meanwhile.

        Args:
            wait: for seconds; returns TwiML that takes the place of all this.
        """
        self._tell("initiated", "initiated")
        self._tell("ringing", "ringing")
        ring_s = min(self._callee.ring_ms / 1000, self._verb.timeout_s)
        other = await wait(ring_s)
        if other is None and self.answered:
            self._tell("answered", "in-progress")
            other = await wait(self._callee.talks_ms / 1000)
            self._talked_s = self._callee.talks_ms // 1000
        self._tell("completed", self.outcome)
        return other

    @property
    def answered(self) -> bool:
        """Whether somebody takes the call."""
        return self._callee.outcome == "answers"

    @property
    def outcome(self) -> str:
        """The leg's last status."""
        return _ENDS.get(self._callee.outcome, self._callee.outcome)

    def result(self) -> dict[str, str]:
        """Return what the verb's `action` gets besides the call's own form."""
        result = {"DialCallStatus": self.outcome, "DialBridged": str(self.answered).lower()}
        if self.answered:
            result["DialCallDuration"] = str(self._talked_s)
        return {**result, "DialCallSid": self._sid}

    def _tell(self, event: str, status: str) -> None:
        if self._verb.status_callback and event in self._verb.status_events:
            form = {**self._form, "CallStatus": status, "CallbackSource": "call-progress-events"}
            self._post("status", self._verb.status_callback, form)
