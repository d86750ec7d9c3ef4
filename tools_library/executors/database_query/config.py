"""What a database query tool stores; imports pydantic and the reading of SQL."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, ValidationInfo, field_validator

from tools_library.executors.base import Configuration
from tools_library.executors.database_query import sql

ParameterName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,62}$")]


class DatabaseQueryConfig(Configuration):
    """One fixed statement; values come in through `%(name)s` and `parameters` alone.

    `dsn_credential` names the credential that holds the database's address:
    `postgresql://user:password@host:5432/name`, or the same as `host=… user=…`.
    """

    type: Literal["database_query"] = "database_query"
    dsn_credential: str = Field(min_length=1, max_length=100)
    query: str = Field(min_length=1, max_length=20_000)
    parameters: dict[ParameterName, Any] = Field(
        default_factory=dict, max_length=50, validate_default=True
    )
    row_limit: int = Field(50, ge=1, le=1_000)
    execution_timeout: float = Field(5, gt=0, le=60)

    @field_validator("query")
    @classmethod
    def _reads(cls, query: str) -> str:
        if problem := sql.problem_of(query):
            raise ValueError(problem)
        return query

    @field_validator("parameters")
    @classmethod
    def _belong(cls, parameters: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        query = info.data.get("query")
        if query is not None and (problem := sql.problem_of_names(query, parameters)):
            raise ValueError(problem)
        return parameters

    @property
    def templates(self) -> dict[str, Any]:
        """The parts that may hold `${}`, by field."""
        return {"parameters": self.parameters}

    @property
    def secret_names(self) -> dict[str, str]:
        """The credential it names."""
        return {"dsn_credential": self.dsn_credential}
