"""Runs that end by a call from outside: their signed address, and what it takes.

Imports models and finishing. A run waits for such a call where its tool is `async` and its
configuration hands the address out, as `${callback_url}` or `context["callback_url"]`.
"""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import Collection
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.crypto import salted_hmac

from tools_library.approvals.reach import reach_of
from tools_library.choices import FINAL_STATUSES
from tools_library.engine.cleaning import Uncleanable
from tools_library.engine.engine import answered
from tools_library.engine.errors import ToolConfigurationError
from tools_library.engine.merging import merge
from tools_library.engine.schema import declared_names
from tools_library.models import SentSecrets, ToolExecution, ToolVersion
from tools_library.services.catalog import flat_definition
from tools_library.services.finishing import finish, output_of
from tools_library.services.rows import one
from tools_library.services.secrets import OrganizationSecrets
from voiceassist.foundation import crypto
from voiceassist.foundation.errors import InvalidInput, VoiceAssistError
from voiceassist.foundation.jobs import give_back_connections
from voiceassist.organizations.services.key_rotation import Encrypted

NAME = "callback_url"
MAX_BYTES = 64_000
START_SECONDS = 30.0
"""How long the service may take to accept the work; its outcome has the run's whole time."""
SENT = Encrypted(SentSecrets, "encrypted_values", lambda row: f"run {row.execution.execution_id}")
"""What `KeptSecrets` keeps; a rotation of keys takes it along."""

_MESSAGE_MAX = 4_000
_log = logging.getLogger(__name__)
_ENDED = "This run has ended already; nothing was changed."


class NotExpected(VoiceAssistError):
    """No run waits at this address."""

    code = "not_found"


class AlreadyEnded(VoiceAssistError):
    """The run has its outcome."""

    code = "already_ended"


def address(execution_id: UUID | str) -> str:
    """Return where to post how the run went: JSON `{"success", "message", "data"?}`, once."""
    return f"{settings.PUBLIC_URL}/api/tools/callback/{execution_id}/{signature(execution_id)}"


def signature(execution_id: UUID | str) -> str:
    """Return what proves that the address was handed out by this platform."""
    mac = salted_hmac("tools_library.callback", str(execution_id), algorithm="sha256")
    return mac.hexdigest()


def expected(execution: ToolExecution, version: ToolVersion) -> bool:
    """Return whether the run's outcome comes by its address, not as the tool's own answer."""
    if not execution.is_async:
        return False
    parts = (version.configuration, execution.custom_configuration, version.behaviour)
    return NAME in json.dumps(parts)


class KeptSecrets(OrganizationSecrets):
    """The credentials of a run that waits for a report; what it makes of them is kept until then.

    The report comes to another process, and its service may echo the token or signature it was
    sent.
    """

    def __init__(self, execution: ToolExecution, only: Collection[str] | None = None) -> None:
        super().__init__(execution.organization_id, only)
        super().hide(signature(execution.execution_id))
        self._execution = execution
        self._made: list[str] = []

    def hide(self, derived: str) -> None:
        """Mask `derived` from now on, here and in the report."""
        made = derived not in self._known and derived not in self._values.values()
        super().hide(derived)
        if made:
            self._made.append(derived)
            SentSecrets.unscoped.update_or_create(
                execution=self._execution,
                organization_id=self._organization_id,
                defaults={"encrypted_values": crypto.encrypt(json.dumps(self._made))},
            )
            give_back_connections()


def forget_sent() -> int:
    """Delete what was kept for reports of runs that have ended; return how many."""
    ended = SentSecrets.unscoped.filter(execution__status__in=FINAL_STATUSES)
    return ended.delete()[0]


def receive(execution_id: UUID, signed: str, body: Any) -> None:
    """End a run with what came to its address.

    Raises:
        NotExpected: the address is not one of ours.
        InvalidInput: names each part of the body that must change.
        AlreadyEnded: it has ended, by an earlier call or at its deadline.
    """
    if not hmac.compare_digest(signed.encode(), signature(execution_id).encode()):
        raise NotExpected("There is no run at this address.")
    execution = one(execution_id)
    if execution is None or not execution.is_async:
        raise NotExpected("There is no run at this address.")
    output = _output(body)
    if execution.status in FINAL_STATUSES:
        raise AlreadyEnded(_ENDED)
    if not finish(execution, answered(_masked(execution, output))):
        raise AlreadyEnded(_ENDED)


def _masked(execution: ToolExecution, output: dict[str, Any]) -> dict[str, Any]:
    """Return the report without the credentials that the tool sends: a service may echo them."""
    secrets = OrganizationSecrets(execution.organization_id)
    secrets.hide(signature(execution.execution_id))
    for name in _credentials(execution) & secrets.names():
        with suppress(ToolConfigurationError):  # what cannot be read was not sent either
            secrets.reveal(name)
    for made in _kept(execution):
        secrets.hide(made)
    masked: dict[str, Any] = secrets.mask(output)
    return masked


def _kept(execution: ToolExecution) -> list[str]:
    row = SentSecrets.unscoped.filter(execution=execution).first()
    if row is None:
        return []
    try:
        made: list[str] = json.loads(crypto.decrypt(row.encrypted_values))
    except crypto.UnreadableSecret as error:  # the report counts all the same
        _log.warning("Run %s: %s", execution.execution_id, error.public_message)
        return []
    return made


def _credentials(execution: ToolExecution) -> frozenset[str]:
    version = execution.definition
    if version is None:
        return frozenset()
    configuration = merge(version.configuration, execution.custom_configuration)
    parameters = flat_definition(version.function_definition, version.name, "")["parameters"]
    fixed = version.behaviour.get("fixed_parameters", {})
    reach = reach_of(version.tool_type, configuration, declared_names(parameters), fixed)
    return reach.credentials


def _output(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise InvalidInput({"": 'Post a JSON object: {"success": true, "message": "…"}.'})
    errors = {}
    if not isinstance(body.get("success"), bool):
        errors["success"] = "Write true or false."
    message = body.get("message", "")
    if not isinstance(message, str) or len(message) > _MESSAGE_MAX:
        errors["message"] = f"Write a text of at most {_MESSAGE_MAX:,} characters."
    if errors:
        raise InvalidInput(errors)
    try:
        return output_of(body["success"], message, body.get("data"))
    except (Uncleanable, RecursionError) as error:
        raise InvalidInput({"data": f"This cannot be kept: {error}."}) from None
