"""Which hosts and credentials a configuration uses; imports the kinds and templating."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from tools_library.choices import ToolType
from tools_library.engine.registry import executor_for, kinds
from tools_library.engine.templating import texts_in
from tools_library.executors.base import Configuration
from voiceassist.foundation import templating
from voiceassist.foundation.outbound import OutboundError, read_rule
from voiceassist.foundation.templating import CONTEXT_NAMES, TemplateError

_NO_TEXT = frozenset({"code", "allowed_hosts"})
"""What is no template and no address: a program, and rules."""


@dataclass(frozen=True)
class Reach:
    """What a tool can touch: `host:port` or rules for its addresses, names of its credentials.

    `rights` is what else needs a yes, in words, such as a role that a tool takes on.
    """

    hosts: frozenset[str] = field(default_factory=frozenset)
    credentials: frozenset[str] = field(default_factory=frozenset)
    rights: frozenset[str] = field(default_factory=frozenset)

    def __or__(self, other: Reach) -> Reach:
        """Return both together."""
        return Reach(
            self.hosts | other.hosts,
            self.credentials | other.credentials,
            self.rights | other.rights,
        )

    def beyond(self, other: Reach) -> Reach:
        """Return what this has and the other has not."""
        return Reach(
            self.hosts - other.hosts,
            self.credentials - other.credentials,
            self.rights - other.rights,
        )

    def __bool__(self) -> bool:
        """Whether there is anything."""
        return bool(self.hosts or self.credentials or self.rights)

    def listed(self) -> str:
        """Return it for a sentence."""
        hosts = [f"the host {host}" for host in sorted(self.hosts)]
        names = [f"the credential {name}" for name in sorted(self.credentials)]
        return ", ".join([*hosts, *names, *sorted(self.rights)])


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
    typed = _typed(tool_type, configuration)
    # What does not fit its kind cannot run either; read as a whole it hides nothing.
    templates = known if typed is None else typed.templates
    credentials = set() if typed is None else set(typed.secret_names.values())
    parameters |= frozenset(fixed_parameters)
    for text in texts_in([templates, fixed_parameters], keys=True):
        named = {name.partition(".")[0] for name in _names(text)}
        credentials |= named - CONTEXT_NAMES - parameters
    hosts = {_host(text) for text in (*texts_in(known), *texts_in(fixed_parameters))}
    hosts |= {_rule(entry) for entry in texts_in(configuration.get("allowed_hosts"))}
    rights = frozenset() if typed is None else typed.rights
    if tool_type == ToolType.BUILTIN:  # it sends text to whomever its arguments name
        rights |= {f"the credential {name} in what a built-in tool sends" for name in credentials}
    return Reach(frozenset(filter(None, hosts)), frozenset(credentials), rights)


def _typed(tool_type: str, configuration: Mapping[str, Any]) -> Configuration | None:
    """Return the configuration as its kind reads it; None: it does not fit, or there is no kind."""
    if tool_type not in kinds():
        return None
    own = {name: value for name, value in configuration.items() if name != "timeout"}
    try:
        typed: Configuration = executor_for(tool_type).config.model_validate(own)
    except ValidationError:
        return None
    return typed


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
