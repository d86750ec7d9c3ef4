"""Which tools an MCP server has, for whoever builds one on it; imports the MCP kind and reviews."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools_library.approvals import trying
from tools_library.approvals.reach import reach_of
from tools_library.choices import ToolType
from tools_library.engine.types import Network
from tools_library.executors.mcp.config import McpServer
from tools_library.executors.mcp.executor import McpTool, list_tools
from tools_library.services import validation
from tools_library.services.secrets import OrganizationSecrets
from voiceassist.foundation import outbound
from voiceassist.foundation.errors import InvalidInput
from voiceassist.organizations.current import Actor
from voiceassist.organizations.models import Organization

_ANY_TOOL = "any"


def of(
    organization: Organization, configuration: Mapping[str, Any], *, by: Actor | None
) -> tuple[McpTool, ...]:
    """Return the tools of the server that a configuration names, in its order.

    Asks the server, which takes up to fifteen seconds; in no transaction.

    Args:
        configuration: of an MCP tool, which need not name the server's tool yet.
        by: who asks; as in a test, hosts and credentials that nobody has approved need who may
            approve.

    Raises:
        InvalidInput: the address or its proof cannot be used, by field.
        NotReviewed: nobody has approved this host or these credentials.
        ToolError: the server refuses or is not reached; the public message is for staff to read.
    """
    asked = {**configuration, "tool": _ANY_TOOL}
    kind = ToolType.MCP.value
    if errors := validation.check_configuration(organization.pk, kind, asked, {}):
        raise InvalidInput(errors)
    wanted = reach_of(kind, asked, frozenset(), {})
    trying.let_try(organization.pk, wanted, by=by)
    named = {name: asked[name] for name in McpServer.model_fields if name in asked}
    secrets = OrganizationSecrets(organization.pk, only=wanted.credentials)
    rules = Network(frozenset(organization.outbound_allow), frozenset(organization.outbound_deny))
    with outbound.on_behalf_of(organization.pk):
        return list_tools(McpServer.model_validate(named), secrets, rules, organization.pk)
