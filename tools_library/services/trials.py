"""Trying a tool out: really run and written down, before its review or even before it is saved.

Imports validation, the reviews' rule for tests, and the steps of a run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from tools_library.approvals import reviews, trying
from tools_library.choices import ExecutionStatus, TriggerContext
from tools_library.engine.cleaning import Uncleanable, clean
from tools_library.engine.merging import merge
from tools_library.models import AssistantTool, Tool, ToolExecution, ToolVersion
from tools_library.services import (
    catalog,
    execution,
    finishing,
    leases,
    limits,
    reporting,
    running,
    validation,
)
from tools_library.services.catalog import flat_definition
from voiceassist.assistants.models import Assistant
from voiceassist.foundation.errors import InvalidInput
from voiceassist.organizations.current import Actor, KeyUser, person_of
from voiceassist.organizations.models import Organization

UNSAVED = "draft"
"""What stands for the version of a tool that is not saved."""

_OF_A_VERSION = (
    "name", "tool_type", "configuration", "function_definition", "side_effect",
    "timeout_seconds", "retry_attempts", "require_confirmation",
)  # fmt: skip


@dataclass(frozen=True)
class Trial:
    """What a tool is tried with.

    Args:
        parameters: its arguments, as the model would give them.
        by: who tries it; their role decides what a tool without a review may touch.
        assistant: in whose name, and with whose configuration where the tool is assigned to it.
        configuration: merged over the tool's for this run alone.
        context: names that templates may use, such as `phone_number`.
    """

    parameters: Mapping[str, Any]
    by: Actor | None
    assistant: Assistant | None = None
    configuration: Mapping[str, Any] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)


def try_tool(tool: Tool, trial: Trial) -> ToolExecution:
    """Run a saved tool and wait for its end; in no transaction.

    Raises:
        InvalidInput: the configuration of this trial cannot run, by field.
        NotReviewed: it would use hosts or credentials that nobody has approved.
        ToolConfigurationError: the tool has no version that can run.
    """
    assignment = None
    if trial.assistant is not None:
        rows = AssistantTool.objects.of(tool.organization_id).select_related("pinned_version")
        assignment = rows.filter(assistant=trial.assistant, tool=tool).first()
    entry = catalog.for_tool(tool, assignment)
    version = ToolVersion.objects.of(tool.organization_id).get(pk=entry.version_id)
    as_assigned = merge(version.configuration, entry.custom_configuration)
    configuration = merge(as_assigned, trial.configuration)
    custom = _patch(version.configuration, configuration)
    if trial.configuration:
        _check(version, configuration)
    allowed = _allowed(version, configuration, custom, trial)
    origin = execution.Origin(
        organization_id=tool.organization_id,
        trigger=TriggerContext.TEST,
        assistant_id=trial.assistant.pk if trial.assistant else None,
        user_id=_user_id(trial.by),
        api_key_id=trial.by.key.pk if isinstance(trial.by, KeyUser) else None,
        context=_context(tool.organization, trial),
        beyond_review=allowed,
    )
    as_tried = replace(entry, custom_configuration=custom)
    return execution.run_and_wait(as_tried, dict(trial.parameters), origin)


def try_unsaved(
    organization: Organization, values: Mapping[str, Any], trial: Trial
) -> ToolExecution:
    """Run a tool that is not saved, here and now; its row names no tool. In no transaction.

    Its own policy asks nobody, and it is never async: who tries it is who builds it.

    Raises:
        InvalidInput: names each field that must change, as saving does.
        NotReviewed: it would use hosts or credentials that nobody has approved.
    """
    same = Tool.objects.of(organization).filter(name=str(values.get("name") or "")[:100])
    tidy = validation.clean_tool(organization, values, same.filter(archived_at=None).first())
    behaviour = {name: value for name, value in tidy["behaviour"].items() if name not in _NOT_HERE}
    version = ToolVersion(
        organization_id=organization.pk,
        version=UNSAVED,
        behaviour=behaviour,
        **{name: tidy[name] for name in _OF_A_VERSION},
    )
    allowed = _let_try(version, version.configuration, trial.by)
    row = _unsaved_row(organization, version, trial, allowed)
    limited = None if allowed else trying.approved_reach(organization.pk)
    with transaction.atomic():
        reporting.store(row)
    with leases.keeper.kept(row.pk):
        outcome = running.run_version(row, version, limited)
    finishing.finish(row, outcome)
    return row


_NOT_HERE = ("execution_mode", "approval", "escalate_after_s")


def _unsaved_row(
    organization: Organization, version: ToolVersion, trial: Trial, allowed: bool
) -> ToolExecution:
    now = timezone.now()
    seconds = limits.timeout_seconds(
        version.side_effect,
        version.timeout_seconds,
        version.configuration,
        TriggerContext.TEST,
    )
    return ToolExecution(
        organization=organization,
        tool_name=version.name,
        tool_version=UNSAVED,
        assistant=trial.assistant,
        user_id=_user_id(trial.by),
        input_parameters=_cleaned("parameters", trial.parameters),
        context=_cleaned("context", _context(organization, trial)),
        side_effect=version.side_effect,
        trigger_context=TriggerContext.TEST,
        status=ExecutionStatus.RUNNING,
        started_at=now,
        deadline_at=now + timedelta(seconds=seconds),
        lease_until=leases.until(),
        beyond_review=allowed,
    )


def _allowed(
    version: ToolVersion, configuration: Mapping[str, Any], custom: Mapping[str, Any], trial: Trial
) -> bool:
    """Return whether the run may go beyond what was approved; no question where it was."""
    if reviews.is_approved(version, custom):
        return False
    return _let_try(version, configuration, trial.by)


def _let_try(version: ToolVersion, configuration: Mapping[str, Any], by: Actor | None) -> bool:
    return trying.allowed_for_test(
        version.organization_id,
        version.tool_type,
        configuration,
        flat_definition(version.function_definition, version.name, "")["parameters"],
        version.behaviour.get("fixed_parameters", {}),
        by=by,
    )


def _check(version: ToolVersion, configuration: Mapping[str, Any]) -> None:
    """Judge a configuration as it would run.

    Raises:
        InvalidInput: by field.
    """
    judged = {name: value for name, value in configuration.items() if name != "timeout"}
    parameters = flat_definition(version.function_definition, version.name, "")["parameters"]
    fixed = version.behaviour.get("fixed_parameters", {})
    errors = validation.check_configuration(
        version.organization_id, version.tool_type, judged, parameters, fixed
    )
    if errors:
        raise InvalidInput(errors)


def _context(organization: Organization, trial: Trial) -> dict[str, Any]:
    named = {"organization_name": organization.name}
    if trial.assistant is not None:
        named["assistant_name"] = trial.assistant.name
    return {**named, **trial.context}


def _cleaned(name: str, value: Any) -> dict[str, Any]:
    try:
        cleaned: dict[str, Any] = clean(dict(value))
    except (Uncleanable, RecursionError) as error:
        raise InvalidInput({name: f"This cannot be taken: {error}."}) from None
    return cleaned


def _user_id(by: Actor | None) -> int | None:
    person = person_of(by)
    return person.pk if person else None


def _patch(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return what RFC 7396 merges over `before` to get `after`."""
    patch: dict[str, Any] = {name: None for name in before if name not in after}
    for name, value in after.items():
        old = before.get(name)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            if inner := _patch(old, value):
                patch[name] = inner
        elif name not in before or old != value or isinstance(old, bool) != isinstance(value, bool):
            patch[name] = value
    return patch
