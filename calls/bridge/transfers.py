"""Putting the caller through: the sentence is heard, then the stream closes; pure.

Whoever closes the stream writes down where to; the phone company asks for the next verb and is
told to dial. A model's call ends with what comes of that, or here if it does not come to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from calls.bridge.ports import Ending, Transfer

if TYPE_CHECKING:
    from calls.bridge.session import Session

CALLED_OFF = "The caller spoke up before being put through, so the transfer did not take place."
NOT_REACHED = "The call took another end before the caller could be put through."


class Transfers:
    """The transfers of one session; at most one is under way."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def begin(self, transfer: Transfer, sentence: str, *, gentle: bool) -> None:
        """Say `sentence` (if any) and put the caller through once it was heard.

        Args:
            gentle: the caller may still speak up and stay.
        """
        self._session.close(Ending("transferred", transfer=transfer), sentence, gentle=gentle)

    def ordered(self, transfer: Transfer) -> None:
        """Staff puts the caller through, whatever the caller says meanwhile.

        A farewell that gives in to the caller gives in to staff too.
        """
        self._session.endings.keep_call()
        sentence = self._session.plan.sentences["transferring"]
        self.begin(transfer, sentence, gentle=False)

    def called_off(self, ending: Ending) -> None:
        """An ending that was on its way does not take place: the caller spoke up."""
        if ending.transfer is not None and ending.transfer.tool_call_id:
            self._session.tools.finish_here(ending.transfer.tool_call_id, "cancelled", CALLED_OFF)
            again = "Call transferCall again if the caller still wants it."
            self._session.model.add_message("system", f"{CALLED_OFF} {again}")

    def ended(self, ending: Ending) -> None:
        """The session ends; a transfer that was on its way and is not this ending is over."""
        closing = self._session.endings.closing
        planned = closing.ending.transfer if closing is not None else None
        if planned is not None and planned.tool_call_id and ending.transfer is None:
            self._session.tools.finish_here(planned.tool_call_id, "cancelled", NOT_REACHED)
