"""Whose keys a run invokes with: stored ones, the server's own where allowed, a role's."""

from __future__ import annotations

from collections.abc import Collection

from tools_library.engine.errors import ToolConfigurationError, ToolRefused
from tools_library.engine.secrets import Secrets
from tools_library.executors.aws_lambda.config import Credentials
from voiceassist.foundation.providers import aws


def keys(
    credentials: Credentials,
    region: str,
    secrets: Secrets,
    organization_id: int | None,
    host_allowed: Collection[str],
) -> aws.Keys:
    """Return what signs the request; call it inside `aws.within`.

    Args:
        host_allowed: who may use the server's own keys, as `ID` or `ID:profile`, with the
            organization's id.

    Raises:
        ToolConfigurationError: a credential is missing.
        ToolRefused: the server's own keys are not for this organization.
        botocore.exceptions.ClientError, OutboundError: the role was not given.
    """
    base = (
        _stored(credentials, secrets)
        if credentials.source == "keys"
        else _host(credentials.profile or "", organization_id, host_allowed)
    )
    if credentials.role_arn is None:
        return base
    # With the server's keys a tenant must not choose the external id: it is what tells a role's
    # owner that the request comes from their organization and not from another one.
    ours = f"voiceassist-{organization_id}"
    external = ours if credentials.source == "host" else credentials.external_id or ""
    role = aws.assume_role(region, base, credentials.role_arn, ours, external)
    for value in (role.secret_access_key, role.session_token):
        secrets.hide(value)
    return role


def _stored(credentials: Credentials, secrets: Secrets) -> aws.Keys:
    def reveal(name: str | None) -> str:
        return secrets.reveal(name).strip() if name else ""

    found = aws.Keys(
        reveal(credentials.access_key_field),
        reveal(credentials.secret_key_field),
        reveal(credentials.session_token_field),
    )
    if not found.access_key_id or not found.secret_access_key:
        raise ToolConfigurationError("The tool's AWS keys are empty; staff must mend them.")
    return found


def _host(profile: str, organization_id: int | None, allowed: Collection[str]) -> aws.Keys:
    wanted = f"{organization_id}:{profile}" if profile else str(organization_id)
    if organization_id is None or wanted not in allowed:
        raise ToolRefused(
            "The tool may not use the server's own AWS keys; staff must store keys for it.",
            detail=f"Whoever runs the server can allow it as {wanted} in AWS_HOST_CREDENTIALS_FOR.",
        )
    found = aws.host_keys(profile)
    if found is None:
        where = f"no profile {profile!r}" if profile else "no AWS keys"
        raise ToolConfigurationError(
            "The server has no AWS keys of its own; staff must store keys for the tool.",
            detail=f"The server has {where}.",
        )
    return found
