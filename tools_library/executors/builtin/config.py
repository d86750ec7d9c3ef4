"""What a tool of type `builtin` stores: which one, and its options; imports pydantic, registry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import ConfigDict, ValidationError, field_validator

from tools_library.executors.base import Configuration
from tools_library.executors.builtin import registry


class BuiltinConfig(Configuration):
    """`builtin` names the tool; every other field is an option of that tool."""

    model_config = ConfigDict(extra="allow", frozen=True)

    type: Literal["builtin"] = "builtin"
    builtin: str
    execution_timeout: float | None = None

    @field_validator("builtin")
    @classmethod
    def _known(cls, name: str) -> str:
        if registry.find(name) is None:
            raise ValueError(f"{name!r} is not known; use {', '.join(registry.names())}.")
        return name

    @property
    def options(self) -> Configuration:
        """The typed options of the tool.

        Raises:
            ValidationError: they do not have its shape.
        """
        builtin = registry.find(self.builtin)
        assert builtin is not None  # noqa: S101 - the validator above
        return builtin.options.model_validate(dict(self.model_extra or {}))

    @property
    def templates(self) -> dict[str, Any]:
        """The options' parts that may hold `${}`; none where they are wrong altogether."""
        try:
            return self.options.templates
        except ValidationError:
            return {}

    def not_its_own(self, organization_id: int) -> dict[str, str]:
        """Return what the options name that is another's; nothing where they are wrong anyway."""
        try:
            return self.options.not_its_own(organization_id)
        except ValidationError:
            return {}

    def problems(self) -> dict[str, str]:
        """Return what is wrong with the options."""
        try:
            return self.options.problems()
        except ValidationError as error:
            return {_path(each): f"{each['msg']}." for each in error.errors()}


def _path(error: Mapping[str, Any]) -> str:
    return ".".join(str(step) for step in error["loc"])
