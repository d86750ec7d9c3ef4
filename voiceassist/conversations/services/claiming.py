"""Which page carries an automatic browser tool out: one, as long as its claim holds."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from voiceassist.conversations.choices import ProposalStatus
from voiceassist.conversations.models import Conversation, ToolProposal
from voiceassist.conversations.services.errors import NoSuchCall
from voiceassist.foundation.errors import InvalidInput

CLAIM = timedelta(seconds=30)
TAB_MAX = 64


def claim(conversation: Conversation, tool_call_id: str, tab: str) -> bool:
    """Let a page carry a call out; False where another one does, or it does not wait any more.

    The same page may claim again, which renews its time.

    Raises:
        InvalidInput: the page has no name.
        NoSuchCall: the conversation has no such call.
    """
    if not 1 <= len(tab) <= TAB_MAX:
        raise InvalidInput({"tab": f"Name your page with 1 to {TAB_MAX} characters."})
    own = ToolProposal.unscoped.filter(conversation=conversation, tool_call_id=tool_call_id)
    now = timezone.now()
    free = Q(claimed_by__in=("", tab)) | Q(claim_until__lt=now)
    waits = own.filter(free, status=ProposalStatus.PENDING_FRONTEND)
    if waits.update(claimed_by=tab, claim_until=now + CLAIM):
        return True
    if not own.exists():
        raise NoSuchCall(f"This conversation has no tool call {tool_call_id[:100]!r}.")
    return False
