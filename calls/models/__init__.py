"""Calls, what was said in them, and the tickets that open their media sockets."""

from calls.models.call import Call
from calls.models.media_ticket import MediaTicket
from calls.models.transcript_item import TranscriptItem

__all__ = ["Call", "MediaTicket", "TranscriptItem"]
