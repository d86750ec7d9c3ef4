"""Which hosts and credentials a configuration uses; imports the kinds and templating."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from tools_library.engine.registry import executor_for, kinds
from voiceassist.foundation import templating
from voiceassist.foundation.outbound import OutboundError, read_rule
from voiceassist.foundation.templating import CONTEXT_NAMES, TemplateError

_NO_TEXT = frozenset({"code", "allowed_hosts"})
"""What is no template and no address: a program, and rules."""


@dataclass(frozen=True)
class Reach:
    """What a tool can touch: `host:port` or rules for its addresses, names of its credentials."""

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
    known = {name: value for name, value in configuration.items() if name not in _NO_TEXT}
    parameters |= frozenset(fixed_parameters)
    templates, credentials = _declared(tool_type, configuration)
    for text in (*_texts(templates), *_texts(fixed_parameters)):
        named = {name.partition(".")[0] for name in _names(text)}
        credentials |= named - CONTEXT_NAMES - parameters
    hosts = {_host(text) for text in (*_texts(known), *_texts(fixed_parameters))}
    hosts |= {_rule(entry) for entry in _texts(configuration.get("allowed_hosts"))}
    return Reach(frozenset(filter(None, hosts)), frozenset(credentials))


def _declared(tool_type: str, configuration: Mapping[str, Any]) -> tuple[Any, set[str]]:
    """Return what may hold `${}`, and the credentials that are named outside of that."""
    known = {name: value for name, value in configuration.items() if name != "timeout"}
    if tool_type not in kinds():
        return known, set()
    try:
        typed = executor_for(tool_type).config.model_validate(known)
    except ValidationError:
        return known, set()  # it cannot run either
    return typed.templates, set(typed.secret_names.values())


def _names(text: str) -> tuple[str, ...]:
    try:
        return templating.names(text)
    except TemplateError:
        return ()


def _rule(entry: str) -> str:
    """Return an entry of a list of hosts as it is compared, or nothing."""
    try:
        return read_rule(entry)
    except OutboundError:
        return ""


def _host(text: str) -> str:
    """Return `host:port` where the text is an address as a whole, else nothing."""
    if "://" not in text[:20] or any(character.isspace() for character in text):
        return ""
    try:
        parts = urlsplit(text)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme.lower(), 0)
    except ValueError:
        return ""
    host = parts.hostname or ""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}" if host else ""


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _texts(inner)
