"""Putting the caller through: the sentence is heard, then the stream closes; pure.

Whoever closes the stream writes down where to; the phone company asks for the next verb and is
told to dial. A model's call ends with what comes of that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import proxy

from calls.bridge.ports import Ending, Transfer

if TYPE_CHECKING:
    from calls.bridge.session import Session


class Transfers:
    """The transfers of one session; at most one is under way."""

    def __init__(self, session: Session) -> None:
        self._session: Session = proxy(session)

    def begin(self, transfer: Transfer, sentence: str, *, gentle: bool) -> None:
        """Say `sentence` (if any) and put the caller through once it was heard.

        Args:
            gentle: the caller may still speak up and stay.
        """
        ending = Ending("transferred", transfer=transfer, tool_call_id=transfer.tool_call_id)
        self._session.close(ending, sentence, gentle=gentle)

    def ordered(self, transfer: Transfer) -> None:
        """Staff puts the caller through, whatever the caller says meanwhile.

        A farewell that gives in to the caller gives in to staff too.
        """
        self._session.endings.give_way()
        sentence = self._session.plan.sentences["transferring"]
        self.begin(transfer, sentence, gentle=False)
