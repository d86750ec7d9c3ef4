"""The organization's credentials as one run sees them.

Imports the engine and the credentials' services.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from tools_library.engine.errors import ToolConfigurationError
from tools_library.engine.secrets import FixedSecrets
from voiceassist.foundation.crypto import UnreadableSecret
from voiceassist.foundation.jobs import give_back_connections
from voiceassist.organizations.services import credentials


class OrganizationSecrets(FixedSecrets):
    """Reads a credential when it is asked for, and the names once.

    Args:
        only: the names that this run may know; None: all of the organization.
    """

    def __init__(self, organization_id: int, only: Collection[str] | None = None) -> None:
        super().__init__()
        self._only = only
        self._organization_id = organization_id
        self._names: frozenset[str] | None = None

    def names(self) -> frozenset[str]:
        """Return which credentials the organization has."""
        if self._names is None:
            names = credentials.names(self._organization_id)
            give_back_connections()
            self._names = names if self._only is None else names.intersection(self._only)
        return self._names

    def _value(self, name: str) -> str | None:
        if self._only is not None and name not in self._only:
            return None
        if name not in self._values:
            try:
                self._values[name] = credentials.reveal(self._organization_id, name)
            except credentials.UnknownCredential:
                return None
            except UnreadableSecret as error:
                raise ToolConfigurationError(
                    f"The credential {name!r} cannot be read; staff must enter its value again.",
                    detail=error.public_message,
                ) from None
            finally:
                give_back_connections()  # what follows waits for somebody outside
        return self._values[name]


def without_secrets(
    organization_id: int, value: Mapping[str, Any], *, but: Collection[str] = ()
) -> dict[str, Any]:
    """Return a JSON object with every credential of the organization masked, used or not.

    Args:
        but: keys whose values hold none, and stay as they are.
    """
    secrets = FixedSecrets(credentials.all_values(organization_id))
    for name in secrets.names():
        secrets.reveal(name)
    return {name: inner if name in but else secrets.mask(inner) for name, inner in value.items()}
