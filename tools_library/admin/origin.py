"""Where a run was asked for, as a link; imports Django only, and knows pages by their names."""

from __future__ import annotations

import re
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

_ID = re.compile(r"[0-9]{1,18}")


def place(row: Any, call: Any) -> SafeString:
    """Return a link to the conversation or call that a run or question belongs to.

    Args:
        row: an approval or execution; whoever reads these in the admin may read conversations.
        call: the call, where it was one and is still there.
    """
    if call is not None:
        return _link("calls:detail", call.pk, str(call))
    if row.source_kind == "conversation" and _ID.fullmatch(row.source_id):
        page = "admin:conversations_conversation_change"
        return _link(page, row.source_id, f"Conversation {row.source_id}")
    return SafeString("–")


def _link(page: str, key: Any, text: str) -> SafeString:
    return format_html('<a class="va-link" href="{}">{}</a>', reverse(page, args=[key]), text)
