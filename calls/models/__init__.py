"""Calls, what was said in them, where callers were put through to, and media tickets."""

from calls.models.call import Call
from calls.models.media_ticket import MediaTicket
from calls.models.transcript_item import TranscriptItem
from calls.models.transfer import Transfer

__all__ = ["Call", "MediaTicket", "TranscriptItem", "Transfer"]
