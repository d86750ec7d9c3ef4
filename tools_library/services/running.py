"""One stored execution as one run of the engine; imports models and the engine, writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from django.utils import timezone

from tools_library.approvals import trying
from tools_library.approvals.reach import Reach
from tools_library.behaviour import Behaviour
from tools_library.engine import engine
from tools_library.engine.deadline import SystemClock
from tools_library.engine.errors import (
    ToolConfigurationError,
    ToolError,
    ToolNotAllowed,
    ToolTimeout,
)
from tools_library.engine.merging import merge
from tools_library.engine.registry import executor_for
from tools_library.engine.types import Network, SideEffect, ToolCall, ToolOutcome, ToolSpec
from tools_library.models import ToolExecution, ToolVersion
from tools_library.services import callbacks, lambda_costs, limits
from tools_library.services.catalog import flat_definition
from tools_library.services.secrets import OrganizationSecrets
from voiceassist.foundation import outbound
from voiceassist.foundation.jobs import give_back_connections
from voiceassist.organizations.models import Organization

_CLOCK = SystemClock()


def run(execution: ToolExecution) -> ToolOutcome:
    """Run a claimed execution within what is left of its deadline; never raises for its faults."""
    try:
        version = _version(execution)
        limited = trying.limits_of(execution, version)
    except ToolError as error:
        return engine.failed(error)
    return run_version(execution, version, limited)


def run_version(
    execution: ToolExecution, version: ToolVersion, limited: Reach | None
) -> ToolOutcome:
    """The same with a version at hand, which may be one that is not stored: a tool being built.

    Args:
        limited: the hosts and credentials that the run is held to; None: the organization's.
    """
    try:
        spec = _spec(execution, version)
        lambda_costs.check_cap(execution, spec.configuration)
        executor = executor_for(version.tool_type)
        call = _call(execution, version, limited)
    except ToolError as error:
        return engine.failed(error)
    give_back_connections()  # the tool may take seconds; others need the connection
    with outbound.on_behalf_of(execution.organization_id):
        return engine.run(spec, call, executor, _CLOCK)


def merged_configuration(
    configuration: Mapping[str, Any], custom: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the tool's configuration with the assistant's own merged over it (RFC 7396)."""
    merged: dict[str, Any] = merge(configuration, custom)
    return merged


def _version(execution: ToolExecution) -> ToolVersion:
    tool, version = execution.tool, execution.definition
    if tool is None or version is None:
        raise ToolConfigurationError("The tool was removed before it could run.")
    if tool.archived_at is not None or not tool.is_active:
        raise ToolNotAllowed(f"The tool {tool.name} is switched off.")
    return version


def _call(execution: ToolExecution, version: ToolVersion, limited: Reach | None) -> ToolCall:
    if execution.deadline_at is None:
        raise ToolConfigurationError("The run has no deadline.")
    left = (execution.deadline_at - timezone.now()).total_seconds()
    if left <= 0:
        raise ToolTimeout("The tool was not started in time.", detail="It waited for a worker.")
    only = None if limited is None else limited.credentials
    secrets, context = OrganizationSecrets(execution.organization_id, only), _context(execution)
    if callbacks.expected(execution, version):
        left = min(left, callbacks.START_SECONDS)
        context[callbacks.NAME] = callbacks.address(execution.execution_id)
        secrets = callbacks.KeptSecrets(execution, only)
    return ToolCall(
        execution_id=str(execution.execution_id),
        arguments=execution.input_parameters,
        context=context,
        timeout_seconds=left,
        secrets=secrets,
        network=_network(execution.organization, limited, version.tool_type),
    )


def _network(organization: Organization, limited: Reach | None, tool_type: str) -> Network:
    network = Network(frozenset(organization.outbound_allow), frozenset(organization.outbound_deny))
    return network if limited is None else trying.within(network, limited, tool_type)


def _context(execution: ToolExecution) -> dict[str, Any]:
    """Return the names templates may use; what the origin did not give is null."""
    own = {
        "assistant_id": execution.assistant_id,
        "organization_id": execution.organization_id,
        "user_id": execution.user_id,
        "trigger_context": execution.trigger_context,
        "execution_id": str(execution.execution_id),
    }
    unknown = dict.fromkeys(
        ("call_sid", "phone_number", "phone_numbers", "assistant_name", "organization_name",
         "conversation_id", callbacks.NAME)
    )  # fmt: skip
    return {**unknown, **execution.context, **own}


def _spec(execution: ToolExecution, version: ToolVersion) -> ToolSpec:
    merged = merged_configuration(version.configuration, execution.custom_configuration)
    merged.pop("timeout", None)
    definition = flat_definition(version.function_definition, version.name, "")
    return ToolSpec(
        name=version.name,
        kind=version.tool_type,
        configuration=merged,
        parameters=definition["parameters"],
        side_effect=cast(SideEffect, version.side_effect),
        retry_attempts=limits.retry_attempts(version.side_effect, version.retry_attempts),
        behaviour=Behaviour.model_validate(version.behaviour),
    )
