"""What a Python tool stores, in document 002's shape; imports pydantic and the sandbox."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator

from tools_library.executors.base import Configuration
from tools_library.sandbox import policy
from tools_library.sandbox.client import sandbox
from voiceassist.foundation import outbound

CredentialName = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class PythonFunctionConfig(Configuration):
    """Code that defines `execute_tool(parameters, context)`, and what it may use.

    `environment_variables` names credentials; the code reads their values from
    `context["environment_variables"]`. With `allowed_hosts` its `requests` reach no other host.
    """

    type: Literal["python_function"] = "python_function"
    code: str = Field(min_length=1)
    allowed_imports: tuple[str, ...] = Field((), max_length=50)
    execution_timeout: float | None = Field(None, gt=0, le=900)
    memory_limit_mb: int = Field(128, ge=16, le=512)
    environment_variables: tuple[CredentialName, ...] = Field((), max_length=50)
    allowed_hosts: tuple[str, ...] = Field((), max_length=100)

    @field_validator("code")
    @classmethod
    def _short(cls, code: str) -> str:
        if len(code.encode("utf-8", "replace")) > policy.MAX_SOURCE_BYTES:
            raise ValueError(
                f"The code is longer than {policy.MAX_SOURCE_BYTES // 1024} KB; shorten it."
            )
        return code

    @field_validator("allowed_imports")
    @classmethod
    def _importable(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [name for name in names if name not in policy.IMPORTABLE]
        if unknown:
            raise ValueError(
                f"{unknown[0][:60]} cannot be imported in tools. These can: "
                f"{', '.join(sorted(policy.IMPORTABLE))}."
            )
        return names

    @field_validator("allowed_hosts")
    @classmethod
    def _hosts(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        try:
            outbound.Rules(frozenset(hosts))
        except outbound.OutboundError as error:
            raise ValueError(error.public_message) from None
        return hosts

    @property
    def secret_names(self) -> dict[str, str]:
        """The credentials it names: field path → name."""
        return {
            f"environment_variables.{index}": name
            for index, name in enumerate(self.environment_variables)
        }

    def problems(self) -> dict[str, str]:
        """Return what is wrong with the code, judged in the sandbox without running it."""
        found = sandbox().validate(self.code, self.allowed_imports)
        if not found:
            return {}
        return {"code": "\n".join(_placed(each.message, each.line, each.column) for each in found)}


def _placed(message: str, line: int | None, column: int | None) -> str:
    if line is None:
        return message
    return f"Line {line}, column {column}: {message}" if column else f"Line {line}: {message}"
