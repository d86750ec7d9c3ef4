"""Logs: JSON lines in production, readable lines in demo and development."""

from __future__ import annotations

from typing import Any

import structlog


def logging_config(*, readable: bool, stream: str = "ext://sys.stderr") -> dict[str, Any]:
    """Return Django's LOGGING; values given as `extra` become fields of the line."""
    renderer: Any = (
        # Plain: the richer one prints every local variable, passwords and callers' words too.
        structlog.dev.ConsoleRenderer(
            colors=False, exception_formatter=structlog.dev.plain_traceback
        )
        if readable
        else structlog.processors.JSONRenderer()
    )
    shared: list[Any] = [
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    if not readable:
        shared.append(structlog.processors.format_exc_info)
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        "foreign_pre_chain": shared,
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": formatter},
        "handlers": {
            "stream": {"class": "logging.StreamHandler", "formatter": "lines", "stream": stream}
        },
        "root": {"handlers": ["stream"], "level": "INFO"},
        "loggers": {
            "django.server": {"level": "WARNING"},
            "uvicorn.access": {"level": "WARNING"},
            "uvicorn.error": {"level": "WARNING"},
            "httpx2": {"level": "WARNING"},  # a line for each step of a model
            "picows": {"level": "WARNING"},
            "botocore": {"level": "WARNING"},
            # It would write addresses with the keys in them, and complain of each burst.
            "urllib3": {"level": "ERROR"},
            "twilio": {"level": "WARNING"},
        },
    }
