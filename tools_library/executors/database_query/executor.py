"""Reads rows from a database at a checked address; imports the engine, the door and psycopg."""

from __future__ import annotations

from typing import Any, ClassVar

import psycopg
from pydantic import ValidationError

from tools_library.engine import templating
from tools_library.engine.deadline import Deadline
from tools_library.engine.errors import ToolConfigurationError, ToolError, ToolTimeout
from tools_library.engine.schema import declared_names
from tools_library.engine.types import RunsAt, ToolCall, ToolResult, ToolSpec
from tools_library.executors.database_query import address, faults, reading
from tools_library.executors.database_query.config import DatabaseQueryConfig
from tools_library.executors.door_faults import tool_error
from tools_library.executors.http import rules
from voiceassist.foundation import outbound

_TRACED = 2_000


class DatabaseQueryExecutor:
    """Binds the values, reads in a read-only transaction, tells the rows."""

    runs_at: ClassVar[RunsAt] = "worker"
    config: ClassVar[type[DatabaseQueryConfig]] = DatabaseQueryConfig

    def execute(self, spec: ToolSpec, call: ToolCall, deadline: Deadline) -> ToolResult:
        """Run the query once; `data` is `{"rows", "row_count", "truncated"}`.

        Raises:
            ToolError: see `tools_library.engine.errors`.
        """
        config = _config(spec)
        declared = declared_names(spec.parameters)
        names = templating.Names(call.context, call.arguments, declared, call.secrets)
        values = templating.render(config.parameters, names)
        trace: dict[str, Any] = {"request": {"query": config.query[:_TRACED], "parameters": values}}
        try:
            found = _read(config, call, values, deadline)
        except ToolError as error:
            error.trace = trace
            raise
        trace["response"] = {"row_count": len(found.rows), "truncated": found.truncated}
        return ToolResult(_output(found), trace)


def _config(spec: ToolSpec) -> DatabaseQueryConfig:
    try:
        return DatabaseQueryConfig.model_validate(spec.configuration)
    except ValidationError as error:
        raise ToolConfigurationError(
            "The tool's configuration is not complete; staff must mend it.", detail=str(error)
        ) from None


def _read(
    config: DatabaseQueryConfig, call: ToolCall, values: dict[str, Any], deadline: Deadline
) -> reading.Rows:
    where = address.read(call.secrets.reveal(config.dsn_credential), call.secrets)
    left = min(deadline.remaining, config.execution_timeout)
    before = deadline.remaining
    try:
        addresses = outbound.connect_checked(
            where.host,
            where.port,
            ports=(where.port,),
            timeout=left,
            rules=rules(call.network),
        )
        left -= before - deadline.remaining
        return reading.read(
            where.dialled(addresses[:3], left), config.query, values, config.row_limit, left
        )
    except outbound.OutboundError as error:
        raise tool_error(error, "The database") from None
    except reading.OutOfTime:
        raise ToolTimeout("The database did not answer in time.") from None
    except reading.NoConnection as error:
        raise faults.connection_error(error.error, call.secrets.mask) from None
    except psycopg.Error as error:
        raise faults.query_error(error, call.secrets.mask) from None


def _output(found: reading.Rows) -> dict[str, Any]:
    count = len(found.rows)
    words = f"{count or 'No'} row{'' if count == 1 else 's'} found."
    if found.truncated:
        words = f"There are more rows than can be told; these are the first {count}."
        words = words if count else "The first row is too large to be told."
    data = {"rows": found.rows, "row_count": count, "truncated": found.truncated}
    return {"success": True, "message": words, "data": data}
