"""What a process loads before the first run needs it; imports models and the AWS clients."""

from __future__ import annotations

import logging
import threading

from django.db import connection

from tools_library.choices import ToolType
from tools_library.models import Tool
from voiceassist.foundation.providers import aws

log = logging.getLogger(__name__)


def start_aws() -> threading.Thread:
    """Load AWS's SDK in a thread, which takes a second, where any tool will need it."""
    thread = threading.Thread(target=_load, name="aws-sdk", daemon=True)
    thread.start()
    return thread


def _load() -> None:
    try:
        needed = Tool.unscoped.filter(
            tool_type=ToolType.LAMBDA, is_active=True, archived_at=None
        ).exists()
    except Exception:
        log.exception("the database could not be asked for Lambda tools; the first run loads more")
        return
    finally:
        connection.close()
    if needed:
        aws.warm()
