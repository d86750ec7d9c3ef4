"""What a tool that was not reviewed may touch in a test: hosts and credentials already approved.

Imports reviews and the reach of configurations.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools_library.approvals import reviews
from tools_library.approvals.choices import ReviewStatus
from tools_library.approvals.errors import NotReviewed
from tools_library.approvals.people import may
from tools_library.approvals.reach import Reach, reach_of
from tools_library.choices import TriggerContext
from tools_library.engine.schema import declared_names
from tools_library.engine.types import Network
from tools_library.models import ToolExecution, ToolReview, ToolVersion
from tools_library.services.catalog import flat_definition
from voiceassist.foundation.outbound import OutboundError, Rules
from voiceassist.organizations.current import Actor
from voiceassist.organizations.services import audit

_NAMES_HOSTS = frozenset({"endpoint", "python_function", "mcp"})
_NOWHERE = frozenset({"nowhere.invalid"})
"""An empty list would let every host pass."""


def allowed_for_test(
    organization_id: int,
    tool_type: str,
    configuration: Mapping[str, Any],
    parameters: Mapping[str, Any],
    fixed_parameters: Mapping[str, Any],
    *,
    by: Actor | None,
) -> bool:
    """Let somebody try a tool that nobody has reviewed; return whether it may go beyond.

    True: whoever tries it may approve it, and that is on record; the test is not limited. False:
    it keeps within `approved_reach`, and its runs must be held to that.

    Args:
        configuration: as it would run, the assistant's part merged in.
        parameters: the JSON schema of its arguments.
        fixed_parameters: of its behaviour.
        by: who tries it, a person or a key; None: the platform itself.

    Raises:
        NotReviewed: names the hosts, credentials and rights that nobody has approved.
    """
    wanted = reach_of(tool_type, configuration, declared_names(parameters), fixed_parameters)
    return let_try(organization_id, wanted, by=by)


def let_try(organization_id: int, wanted: Reach, *, by: Actor | None) -> bool:
    """Let somebody use what a tool reaches, before a review; as `allowed_for_test`.

    Raises:
        NotReviewed: names the hosts, credentials and rights that nobody has approved.
    """
    if not reviews.needs_another(organization_id, by):
        return True
    more = wanted.beyond(approved_reach(organization_id))
    if not more:
        return False
    if may(by, organization_id, reviews.APPROVE):
        _record(organization_id, more, by)
        return True
    raise NotReviewed(
        f"This test would use {more.listed()}, which nobody has approved yet. Ask an admin to "
        "approve the tool, or to run the test."
    )


def limits_of(execution: ToolExecution, version: ToolVersion) -> Reach | None:
    """Return what a claimed run is held to; None: it is not limited.

    Raises:
        NotReviewed: the version was not reviewed, and this is no test.
    """
    try:
        reviews.check(version, execution.custom_configuration)
    except NotReviewed:
        if execution.trigger_context != TriggerContext.TEST:
            raise
        return None if execution.beyond_review else approved_reach(execution.organization_id)
    return None


def within(network: Network, limited: Reach, tool_type: str) -> Network:
    """Return the organization's network, narrowed to the hosts of a reach.

    Where the credential itself says what is called, as for a database, holding a run to approved
    credentials is enough.
    """
    if tool_type not in _NAMES_HOSTS:
        return network
    rules = Rules(network.allow, network.deny)
    hosts = frozenset(host for host in limited.hosts if _lets(rules, host))
    return Network(hosts or _NOWHERE, network.deny)


def approved_reach(organization_id: int) -> Reach:
    """Return the hosts and credentials of all approved versions of an organization."""
    rows = ToolReview.objects.of(organization_id).filter(
        status=ReviewStatus.APPROVED, version__tool__archived_at=None
    )
    seen = Reach()
    for review in rows.select_related("version").iterator(500):
        version = review.version
        definition = flat_definition(version.function_definition, version.name, "")
        names = declared_names(definition["parameters"])
        fixed = version.behaviour.get("fixed_parameters", {})
        seen |= reach_of(version.tool_type, review.configuration, names, fixed)
    return seen


def _lets(rules: Rules, host: str) -> bool:
    name, _, port = host.removeprefix("*.").rpartition(":")
    try:
        rules.check_host(name or port, int(port) if name else 443)
    except OutboundError:
        return False
    return True


def _record(organization_id: int, more: Reach, by: Actor | None) -> None:
    audit.record(
        organization_id,
        "tool.test_allowed",
        by=by,
        kind="tool",
        data={
            "hosts": sorted(more.hosts),
            "credentials": sorted(more.credentials),
            "rights": sorted(more.rights),
        },
    )
