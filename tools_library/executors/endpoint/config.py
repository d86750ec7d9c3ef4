"""What an endpoint tool stores, in document 002's shape; imports pydantic and the engine."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from tools_library.engine.response import Mapped
from tools_library.executors.addressed import Addressed

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
BodyType = Literal["json", "form", "text"]

_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_FIELD_PATH = r"^[^.\s]{1,100}(\.[^.\s]{1,100}){0,9}$"
_NO_JSON = (
    'The body would be JSON all the same. Write "body_type": "form" for a form, "text" for any '
    "other text, or remove this."
)
_ONE_NAME = re.compile(r"\$\{[^{}]+\}")


class ResponseHandling(BaseModel):
    """Dotted paths into the answer's JSON; a number is the place in a list.

    With `success_values` a run succeeded when the success field holds one of them; without, when
    it does not say false.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    success_field: str = Field("success", pattern=_FIELD_PATH)
    message_field: str = Field("message", pattern=_FIELD_PATH)
    data_field: str = Field("data", pattern=_FIELD_PATH)
    success_values: tuple[Any, ...] | None = Field(None, min_length=1, max_length=20)

    @field_validator("success_values")
    @classmethod
    def _comparable(cls, values: tuple[Any, ...] | None) -> tuple[Any, ...] | None:
        if any(isinstance(each, (list, dict)) for each in values or ()):
            raise ValueError("Write texts, numbers, true, false or null.")
        return values

    @property
    def mapped(self) -> Mapped:
        """The same for the engine."""
        fields = (self.success_field, self.message_field, self.data_field)
        return Mapped(*fields, self.success_values or ())


class EndpointConfig(Addressed):
    """One HTTP request, as a template, and how its answer is read.

    Without `request_body_template` a POST, PUT or PATCH sends the arguments as its body, as JSON or
    as a form. Without `query` a GET or DELETE sends as query those arguments that its URL does not
    use. With `"envelope": "vapi"` request and answer have the form of Vapi's tool servers.
    """

    type: Literal["endpoint"] = "endpoint"
    method: Method = "POST"
    query: dict[str, Any] | None = Field(None, max_length=100)
    envelope: Literal["vapi"] | None = None
    body_type: BodyType = "json"
    request_body_template: Any = None
    response_handling: ResponseHandling = ResponseHandling()
    follow_redirects: bool = False
    connect_timeout: float | None = Field(None, ge=0.1, le=60)
    execution_timeout: float | None = Field(None, gt=0, le=900)

    @field_validator("method", mode="before")
    @classmethod
    def _upper(cls, method: Any) -> Any:
        return method.upper() if isinstance(method, str) else method

    @field_validator("envelope")
    @classmethod
    def _posted(cls, envelope: str | None, info: ValidationInfo) -> str | None:
        if envelope and info.data.get("method", "POST") != "POST":
            raise ValueError("Requests in this envelope are sent with POST.")
        return envelope

    @field_validator("body_type")
    @classmethod
    def _plain_json(cls, body_type: str, info: ValidationInfo) -> str:
        if info.data.get("envelope") and body_type != "json":
            raise ValueError("The envelope is JSON; remove this.")
        return body_type

    @field_validator("request_body_template")
    @classmethod
    def _fits_type(cls, template: Any, info: ValidationInfo) -> Any:
        if template is None:
            return None
        if info.data.get("envelope"):
            raise ValueError("The envelope decides on the body; remove this.")
        body_type = info.data.get("body_type", "json")
        whole = isinstance(template, str) and _ONE_NAME.fullmatch(template)
        if body_type == "text" and not isinstance(template, str):
            raise ValueError("A body of type text is one text.")
        if body_type == "json" and not (whole or isinstance(template, (dict, list))):
            raise ValueError(
                'Write an object, a list, or one name such as "${parameters}"; for other text '
                'write "body_type": "text".'
            )
        if body_type == "form" and not (isinstance(template, dict) or whole):
            raise ValueError('A form is an object of names and values, or "${parameters}".')
        return template

    @property
    def templates(self) -> dict[str, Any]:
        """The parts that may hold `${}`, by field."""
        body = self.request_body_template
        return {**super().templates, "query": self.query, "request_body_template": body}

    def problems(self) -> dict[str, str]:
        """Return what the outbound door has against its addresses, and the body's type."""
        found = super().problems()
        if self.body_type == "text" and self.request_body_template is None:
            found["request_body_template"] = "Write the text that is sent."
        return found | self._untrue_type()

    @property
    def sends_body(self) -> bool:
        """Whether there is a body at all."""
        return self.method in _WITH_BODY or self.request_body_template is not None

    def _untrue_type(self) -> dict[str, str]:
        """Return what is wrong with an own Content-Type: it must say what the body is."""
        for name, value in self.headers.items():
            kind = value.partition(";")[0].strip().lower()
            if name.lower() != "content-type" or "${" in kind or not self.sends_body:
                continue
            if self.body_type == "form" and kind != "application/x-www-form-urlencoded":
                return {f"headers.{name}": 'The body is a form ("body_type": "form"). Remove this.'}
            if self.body_type == "json" and "json" not in kind:
                return {f"headers.{name}": _NO_JSON}
        return {}
