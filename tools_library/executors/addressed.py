"""What kinds that call an address store in common; imports pydantic, the engine, the door."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from pydantic import Field, field_validator

from tools_library.engine.templating import origin_has_names
from tools_library.executors.authentication import HEADER_NAME, RESERVED_HEADERS, Authentication
from tools_library.executors.base import Configuration
from voiceassist.foundation import outbound, templating


class Addressed(Configuration):
    """Where requests go and how they prove who sends them."""

    ours: ClassVar[frozenset[str]] = RESERVED_HEADERS
    """Headers, in lower case, that the platform sets."""

    url: str = Field(max_length=4_000)
    headers: dict[str, str] = Field(default_factory=dict, max_length=50)
    authentication: Authentication = Authentication()

    @field_validator("url")
    @classmethod
    def _fixed_origin(cls, url: str) -> str:
        if not url.lower().startswith(("http://", "https://")):
            raise ValueError("Write the whole address, beginning with https:// (or http://).")
        if origin_has_names(url):
            raise ValueError(
                "Scheme, host and port must be written out; ${} works only after them."
            )
        return url

    @field_validator("headers")
    @classmethod
    def _not_ours(cls, headers: dict[str, str]) -> dict[str, str]:
        for name in headers:
            if not HEADER_NAME.fullmatch(name):
                raise ValueError(f"{name[:60]!r} is not the name of a header.")
            if name.lower() in cls.ours:
                raise ValueError(f"The header {name} is set by the platform; remove it.")
        return headers

    @property
    def templates(self) -> dict[str, Any]:
        """The parts that may hold `${}`, by field."""
        return {"url": self.url, "headers": dict(self.headers)}

    @property
    def secret_names(self) -> dict[str, str]:
        """The credentials it names outside of templates: field path → name."""
        named = self.authentication.secret_names
        return {f"authentication.{field}": name for field, name in named.items()}

    def problems(self) -> dict[str, str]:
        """Return what the outbound door has against its addresses and headers; looks no name up."""
        # A name server that is slow today must not stop a save.
        found = {"url": _refusal(outbound.check_spelling, _filled(self.url))}
        if self.authentication.token_url:
            found["authentication.token_url"] = _refusal(
                outbound.check_spelling, self.authentication.token_url
            )
        for name, value in self.headers.items():
            found[f"headers.{name}"] = _refusal(outbound.check_header, name, _filled(value))
        return {field: text for field, text in found.items() if text}


def _filled(template: str) -> str:
    """Return a template with a harmless value in each place; what a run fills in is judged then."""
    return templating.fill(template, lambda name: "x")


def _refusal(check: Callable[..., None], *judged: str) -> str:
    try:
        check(*judged)
    except outbound.OutboundError as error:
        return error.public_message
    return ""
