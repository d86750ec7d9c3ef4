"""The text messages of an SMS conversation, as its admin page shows them; imports models."""

from __future__ import annotations

from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from voiceassist.conversations.choices import IncomingStatus, OutgoingStatus
from voiceassist.conversations.models import Conversation, IncomingText, OutgoingText

SHOWN = 100  # of each direction
_LONGEST = 200
_TONES: dict[str, str] = {
    OutgoingStatus.SENT: "ok",
    OutgoingStatus.FAILED: "bad",
    OutgoingStatus.STOPPED: "warn",
    IncomingStatus.SAID: "ok",
    IncomingStatus.ANSWERED: "ok",
    IncomingStatus.KEPT: "warn",
}


def texts(conversation: Conversation) -> SafeString:
    """Return the newest text messages in order, each with what has become of it."""
    theirs = conversation.incoming_texts.order_by("-pk")[:SHOWN]
    ours = conversation.outgoing_texts.order_by("-pk")[:SHOWN]
    rows: list[IncomingText | OutgoingText] = [*theirs, *ours]
    rows.sort(key=lambda row: row.created_at)
    lines = (
        (
            _TONES.get(row.status, "idle"),
            row.get_status_display(),
            timezone.localtime(row.created_at).strftime("%Y-%m-%d %H:%M:%S"),
            _about(row),
        )
        for row in rows
    )
    listed = format_html_join("", '<p><span class="va-pill va-{}">{}</span> {} · {}</p>', lines)
    return listed or SafeString("–")


def _about(row: IncomingText | OutgoingText) -> SafeString:
    said = format_html("<bdi>{}</bdi>", Truncator(row.text).chars(_LONGEST))
    if isinstance(row, IncomingText):
        answered = format_html("answered “<bdi>{}</bdi>”", row.reply) if row.reply else ""
        return _listed("they", said, answered)
    return _listed("we", said, row.error)


def _listed(*parts: str) -> SafeString:
    return format_html_join(" · ", "{}", ((part,) for part in parts if part))
