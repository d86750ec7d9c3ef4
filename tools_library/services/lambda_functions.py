"""Which AWS functions a tool could invoke, for whoever builds it; imports the AWS kind, reviews."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools_library.approvals import trying
from tools_library.approvals.reach import Reach
from tools_library.choices import ToolType
from tools_library.executors.aws_lambda.config import LambdaConfig
from tools_library.executors.aws_lambda.functions import Function, list_functions
from tools_library.services import validation
from tools_library.services.secrets import OrganizationSecrets
from voiceassist.foundation.errors import InvalidInput
from voiceassist.organizations.current import Actor
from voiceassist.organizations.models import Organization

_ANY_FUNCTION = "any"


def of(
    organization: Organization, configuration: Mapping[str, Any], *, by: Actor | None
) -> tuple[Function, ...]:
    """Return the functions that a configuration's credentials see in its region, by name.

    Asks AWS, which takes up to ten seconds; in no transaction.

    Args:
        configuration: of a Lambda tool, which need not name its function yet.
        by: who asks; as in a test, credentials that nobody has approved need who may approve.

    Raises:
        InvalidInput: region or credentials cannot be used, by field.
        NotReviewed: nobody has approved these credentials.
        ToolError: AWS refuses or is not reached; the public message is for staff to read.
    """
    asked = {name: configuration.get(name) for name in ("aws_region", "credentials")}
    asked = {name: value for name, value in asked.items() if value is not None}
    asked["function_name"] = _ANY_FUNCTION
    kind = ToolType.LAMBDA.value
    if errors := validation.check_configuration(organization.pk, kind, asked, {}):
        raise InvalidInput(errors)
    typed = LambdaConfig.model_validate(asked)
    wanted = Reach(
        credentials=frozenset(typed.secret_names.values()), rights=typed.credentials.rights
    )
    trying.let_try(organization.pk, wanted, by=by)
    secrets = OrganizationSecrets(organization.pk, only=wanted.credentials)
    return list_functions(typed.aws_region, typed.credentials, secrets, organization.pk)
