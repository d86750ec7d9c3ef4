"""What an AWS Lambda tool stores, in document 002's shape; imports pydantic and the engine."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from tools_library.executors.base import Configuration
from tools_library.executors.endpoint.config import ResponseHandling

_NAME = (
    r"^(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}(-[a-z]+)+-\d:)?(\d{12}:)?(function:)?"
    r"[a-zA-Z0-9-_]{1,140}(:(\$LATEST|[a-zA-Z0-9-_]{1,128}))?$"
)
_ROLE = r"^arn:aws[a-zA-Z-]*:iam::\d{12}:role/[A-Za-z0-9_+=,.@/-]+$"

REGION = r"^(eusc-)?[a-z]{2}(-[a-z]{2,12}){1,2}-\d{1,2}$"

CredentialName = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class Credentials(BaseModel):
    """Who invokes: stored keys or, where the operator allows it, the server's own; maybe as a role.

    The `*_field` ones name credentials of the organization.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: Literal["keys", "host"] = "keys"
    access_key_field: CredentialName | None = None
    secret_key_field: CredentialName | None = None
    session_token_field: CredentialName | None = None
    profile: str | None = Field(None, pattern=r"^[A-Za-z0-9_.@+-]{1,64}$")
    role_arn: str | None = Field(None, max_length=600, pattern=_ROLE)
    external_id: str | None = Field(
        None, min_length=2, max_length=1_224, pattern=r"^[A-Za-z0-9_+=,.@:/-]+$"
    )

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        fields = (self.access_key_field, self.secret_key_field, self.session_token_field)
        if self.source == "keys" and not (self.access_key_field and self.secret_key_field):
            raise ValueError(
                "Name the credentials that hold the AWS keys in access_key_field and "
                "secret_key_field."
            )
        if self.source == "keys" and self.profile:
            raise ValueError('profile belongs to "source": "host"; remove one of them.')
        if self.source == "host" and any(fields):
            raise ValueError('"source": "host" takes no key fields; remove one or the other.')
        if self.external_id and (self.source == "host" or not self.role_arn):
            raise ValueError(
                "external_id goes with role_arn and your own keys; for the server's own keys the "
                "platform sends voiceassist-<organization id>."
            )
        return self

    @property
    def rights(self) -> frozenset[str]:
        """What is more than stored keys, in words."""
        named = set()
        if self.source == "host":
            named.add(f"the server's own AWS keys{f' of {self.profile}' if self.profile else ''}")
        if self.role_arn:
            named.add(f"the role {self.role_arn}")
        return frozenset(named)


class LambdaConfig(Configuration):
    """One invocation. Without `payload_template` the function gets the arguments as its event."""

    type: Literal["lambda"] = "lambda"
    function_name: str = Field(max_length=256, pattern=_NAME)
    aws_region: str = Field(pattern=REGION)
    invocation_type: Literal["RequestResponse", "Event"] = "RequestResponse"
    payload_template: dict[str, Any] | list[Any] | Literal["${parameters}"] = "${parameters}"
    credentials: Credentials
    response_handling: ResponseHandling = ResponseHandling()
    execution_timeout: float | None = Field(None, gt=0, le=900)
    daily_cap_usd: float | None = Field(None, gt=0, le=10_000)

    @field_validator("daily_cap_usd")
    @classmethod
    def _measurable(cls, cap: float | None, info: ValidationInfo) -> float | None:
        if cap is not None and info.data.get("invocation_type") == "Event":
            raise ValueError(
                "AWS does not report what an Event invocation costs, so no cap can be kept; use "
                "RequestResponse or remove the cap."
            )
        return cap

    @property
    def templates(self) -> dict[str, Any]:
        """The parts that may hold `${}`, by field."""
        return {"payload_template": self.payload_template}

    @property
    def secret_names(self) -> dict[str, str]:
        """The credentials it names: field path → name."""
        named = {
            path: getattr(self.credentials, path)
            for path in ("access_key_field", "secret_key_field", "session_token_field")
        }
        return {f"credentials.{path}": name for path, name in named.items() if name}

    @property
    def rights(self) -> frozenset[str]:
        """The function, and what invokes it where that is more than stored keys."""
        function = f"the AWS Lambda function {self.function_name} in {self.aws_region}"
        return self.credentials.rights | {function}
