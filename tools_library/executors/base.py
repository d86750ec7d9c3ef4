"""What every kind's stored configuration has in common; imports pydantic only."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class Configuration(BaseModel):
    """Base of each kind's configuration: frozen, and no unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @property
    def templates(self) -> dict[str, Any]:
        """The parts that may hold `${}`, by field."""
        return {}

    @property
    def secret_names(self) -> dict[str, str]:
        """The credentials it names outside of templates: field path → name."""
        return {}

    @property
    def rights(self) -> frozenset[str]:
        """What it touches besides hosts and credentials, in words: a review approves these too."""
        return frozenset()

    def not_its_own(self, organization_id: int) -> dict[str, str]:
        """Return field path → what it names that belongs to somebody else than the organization.

        Asked at save; a run asks for itself, since what is owned may go later.
        """
        return {}

    def problems(self) -> dict[str, str]:
        """Return field path → what is wrong beyond the shape, such as code that does not compile.

        Asked at save only, never before a run; may take a moment, calls nobody outside.
        """
        return {}
