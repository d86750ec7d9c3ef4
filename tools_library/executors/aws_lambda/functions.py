"""Which functions there are to choose from, for whoever builds a tool; imports the AWS clients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings

from tools_library.engine.errors import ToolError
from tools_library.engine.secrets import Secrets
from tools_library.executors.aws_lambda import access, refusals
from tools_library.executors.aws_lambda.config import Credentials
from tools_library.executors.door_faults import tool_error
from voiceassist.foundation.outbound import OutboundError
from voiceassist.foundation.providers import aws

MOST = 500
TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Function:
    """A function as a list shows it; `timeout_s` and `memory_mb` are its own limits."""

    name: str
    description: str
    runtime: str
    timeout_s: int
    memory_mb: int


def list_functions(
    region: str, credentials: Credentials, secrets: Secrets, organization_id: int | None
) -> tuple[Function, ...]:
    """Return the functions of a region by name, the first `MOST` of them.

    Raises:
        ToolError: AWS refuses or is not reached; the public message is for staff to read.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    found: list[Function] = []
    try:
        with aws.within(TIMEOUT_S):
            allowed = settings.AWS_HOST_CREDENTIALS_FOR
            keys = access.keys(credentials, region, secrets, organization_id, allowed)
            for page in aws.lambda_client(region, keys).get_paginator("list_functions").paginate():
                found += [_function(entry) for entry in page.get("Functions", [])]
                if len(found) >= MOST:
                    break
    except OutboundError as error:
        raise tool_error(error, "AWS Lambda") from None
    except ClientError as error:
        what = f"the list of functions in {region}"
        raise refusals.refused(error, what, secrets.mask) from None
    except BotoCoreError as error:
        raise refusals.unreadable(error, secrets.mask) from None
    except (KeyError, TypeError, ValueError) as error:
        raise ToolError("AWS Lambda answered with something unreadable.") from error
    return tuple(sorted(found[:MOST], key=lambda each: each.name.lower()))


def _function(entry: object) -> Function:
    if not isinstance(entry, Mapping):
        raise TypeError(entry)
    return Function(
        name=str(entry["FunctionName"]),
        description=str(entry.get("Description") or ""),
        runtime=str(entry.get("Runtime") or ""),
        timeout_s=int(entry.get("Timeout") or 0),
        memory_mb=int(entry.get("MemorySize") or 0),
    )
