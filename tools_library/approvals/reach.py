"""Which hosts and credentials a configuration uses; imports the kinds and templating."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from tools_library.engine.registry import executor_for, kinds
from voiceassist.foundation import templating
from voiceassist.foundation.templating import CONTEXT_NAMES, TemplateError


@dataclass(frozen=True)
class Reach:
    """What a tool can touch: `host:port` of its addresses, names of its credentials."""

    hosts: frozenset[str] = field(default_factory=frozenset)
    credentials: frozenset[str] = field(default_factory=frozenset)

    def __or__(self, other: Reach) -> Reach:
        """Return both together."""
        return Reach(self.hosts | other.hosts, self.credentials | other.credentials)

    def beyond(self, other: Reach) -> Reach:
        """Return what this has and the other has not."""
        return Reach(self.hosts - other.hosts, self.credentials - other.credentials)

    def __bool__(self) -> bool:
        """Whether there is anything."""
        return bool(self.hosts or self.credentials)

    def listed(self) -> str:
        """Return it for a sentence."""
        hosts = [f"the host {host}" for host in sorted(self.hosts)]
        names = [f"the credential {name}" for name in sorted(self.credentials)]
        return ", ".join(hosts + names)


def reach_of(
    tool_type: str,
    configuration: Mapping[str, Any],
    parameters: frozenset[str],
    fixed_parameters: Mapping[str, Any],
) -> Reach:
    """Return what a configuration, with the assistant's part merged in, uses.

    Args:
        parameters: names of the tool's arguments; `${}` of any other name that the platform does
            not know itself is a credential.
    """
    texts = [*_texts(configuration), *_texts(fixed_parameters)]
    credentials = {name.partition(".")[0] for text in texts for name in _names(text)}
    credentials -= CONTEXT_NAMES | parameters
    credentials |= set(_declared(tool_type, configuration))
    return Reach(frozenset(filter(None, map(_host, texts))), frozenset(credentials))


def _declared(tool_type: str, configuration: Mapping[str, Any]) -> Iterator[str]:
    if tool_type not in kinds():
        return
    known = {name: value for name, value in configuration.items() if name != "timeout"}
    try:
        yield from executor_for(tool_type).config.model_validate(known).secret_names.values()
    except ValidationError:
        return  # it cannot run either


def _names(text: str) -> tuple[str, ...]:
    try:
        return templating.names(text)
    except TemplateError:
        return ()


def _host(text: str) -> str:
    """Return `host:port` where the text is an address as a whole, else nothing."""
    if "://" not in text[:20] or any(character.isspace() for character in text):
        return ""
    try:
        parts = urlsplit(text)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme.lower(), 0)
    except ValueError:
        return ""
    return f"{parts.hostname}:{port}" if parts.hostname else ""


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _texts(inner)
