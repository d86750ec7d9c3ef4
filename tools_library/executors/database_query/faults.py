"""What a database says instead of rows, as errors that model and staff understand; no address."""

from __future__ import annotations

import re
from collections.abc import Callable

import psycopg

from tools_library.engine.errors import (
    ToolArgumentsError,
    ToolConfigurationError,
    ToolError,
    ToolRefused,
    ToolResponseError,
    ToolTimeout,
    ToolTransportError,
)

_SERVERS_WORDS = re.compile(r"(?:FATAL|ERROR): +([^\n]{1,300})")
Mask = Callable[[str], str]

_PASSING = ("08", "40", "53", "57", "58")


def connection_error(error: psycopg.Error, mask: Mask) -> ToolError:
    """Return the error for a database that let nobody in; only the server's own words are shown.

    Args:
        mask: hides secrets, before anything is cut.
    """
    said = _SERVERS_WORDS.findall(mask(str(error)))
    if not said:
        return ToolTransportError("The database could not be reached.")
    passing = bool(re.search(r"too many|remaining connection|starting up|shutting down", said[-1]))
    if passing:
        return ToolTransportError("The database takes no connection now.", detail=said[-1])
    return ToolConfigurationError(
        "The database does not let the tool in; staff must mend its credential.", detail=said[-1]
    )


def query_error(error: psycopg.Error, mask: Mask) -> ToolError:
    """Return the error for a statement that did not work; see `connection_error`."""
    state = error.sqlstate or ""
    said = mask(str(error.diag.message_primary or ""))[:300]
    detail = f"{state}: {said}" if state else type(error).__name__
    if state == "57014":
        return ToolTimeout("The database did not answer in time.", detail=detail)
    if state == "25006":
        return ToolRefused(
            "The tool's query would change data, and tools may only read; staff must mend it.",
            detail=detail,
        )
    if state.startswith("22"):
        return ToolArgumentsError(f"The database cannot take these values: {said}.", detail=detail)
    if state.startswith(_PASSING):
        return ToolTransportError("The database is not able to answer now.", detail=detail)
    if state.startswith(("42", "0A", "26", "3D", "3F", "25", "P0")):
        return ToolConfigurationError(
            "The tool's query does not work; staff must mend it.", detail=detail
        )
    if not state and isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return ToolTransportError("The connection to the database broke.", detail=detail)
    return ToolResponseError("The database answered with something unusable.", detail=detail)
