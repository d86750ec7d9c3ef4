"""`${name}` and `${a.b}` in configurations; imports our errors and the shared placeholders.

Names come from the context first, then from credentials or arguments: an argument can never stand
in for something the platform knows or keeps, nor a credential be sent in an argument's place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from tools_library.engine.errors import ToolArgumentsError, ToolConfigurationError
from tools_library.engine.secrets import Secrets
from voiceassist.foundation import templating as placeholders

CONTEXT_NAMES = placeholders.CONTEXT_NAMES

_WHOLE = re.compile(rf"\$\{{\s*({placeholders.NAME.pattern})\s*\}}")
_HEADER_UNSAFE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_MISSING = object()


def texts_in(value: Any, *, keys: bool = False) -> Iterator[str]:
    """Yield every text that a JSON value holds, at any depth.

    Args:
        keys: those of objects too, which may hold `${}` as well.
    """
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        if keys:
            yield from map(str, value)
        for inner in value.values():
            yield from texts_in(inner, keys=keys)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from texts_in(inner, keys=keys)


def names_in(template: Any) -> Iterator[str]:
    """Yield every name used anywhere in a template of strings, lists and objects.

    Raises:
        ToolConfigurationError: a `${` is not closed or holds no name.
    """
    if isinstance(template, str):
        try:
            yield from placeholders.names(template)
        except placeholders.TemplateError as error:
            raise ToolConfigurationError(error.public_message) from None
    elif isinstance(template, Mapping):
        for key, inner in template.items():
            yield from names_in(key)
            yield from names_in(inner)
    elif isinstance(template, list):
        for inner in template:
            yield from names_in(inner)


class Names:
    """The values a run's templates see: the context, the arguments, and optional ones as null.

    Args:
        context: names of the platform, such as `call_sid`.
        arguments: what the model gave; also under `parameters`.
        declared: names of all declared arguments; those not given are null.
        secrets: credentials that may be named; none where left out.
    """

    def __init__(
        self,
        context: Mapping[str, Any],
        arguments: Mapping[str, Any],
        declared: frozenset[str] = frozenset(),
        secrets: Secrets | None = None,
    ) -> None:
        self._context = {**context, "parameters": dict(arguments)}
        self._arguments = {**dict.fromkeys(declared), **arguments}
        self._declared = declared
        self._secrets = secrets

    def value(self, name: str) -> Any:
        """Return what `name` stands for.

        Raises:
            ToolConfigurationError: nothing is called that, or two things; the message names it.
        """
        first, *rest = name.split(".")
        value = self._first(first)
        for step in rest:
            value = self._step(first, value, step)
        if value is _MISSING:
            raise ToolConfigurationError(
                f"The tool's configuration uses ${{{name}}}, which is not known here; "
                "staff must mend it."
            )
        return value

    def _first(self, name: str) -> Any:
        if name in self._context:
            return self._context[name]
        if self._secrets is not None and name in self._secrets.names():
            if name in self._arguments:  # the credential was made after the tool
                raise ToolConfigurationError(
                    f"${{{name}}} is an argument of this tool and by now also a credential; staff "
                    "must rename one of them."
                )
            return self._secrets.reveal(name)
        return self._arguments.get(name, _MISSING)

    def _step(self, first: str, value: Any, step: str) -> Any:
        if isinstance(value, Mapping):
            absent = None if first == "parameters" and step in self._declared else _MISSING
            return value.get(step, absent)
        if isinstance(value, list) and step.isascii() and step.isdecimal() and len(step) < 6:
            return value[int(step)] if int(step) < len(value) else _MISSING
        return None if value is None else _MISSING


def render(template: Any, names: Names) -> Any:
    """Fill a structure; a string that is exactly one `${name}` becomes the value with its type.

    Raises:
        ToolConfigurationError: a name is unknown.
    """
    if isinstance(template, str):
        whole = _WHOLE.fullmatch(template)
        return names.value(whole.group(1)) if whole else render_text(template, names)
    if isinstance(template, Mapping):
        return {
            render_text(str(key), names): render(inner, names) for key, inner in template.items()
        }
    if isinstance(template, list):
        return [render(inner, names) for inner in template]
    return template


def render_text(template: str, names: Names, escape: Callable[[str], str] = str) -> str:
    """Fill a text; every inserted value goes through `escape`.

    Raises:
        ToolConfigurationError: a name is unknown.
    """

    try:
        return placeholders.fill(template, lambda name: escape(as_text(names.value(name))))
    except placeholders.TemplateError as error:
        raise ToolConfigurationError(error.public_message) from None


def render_url(template: str, names: Names) -> str:
    """Fill a URL; values are percent-encoded whole, so none can add a path, a query or a host.

    Raises:
        ToolConfigurationError: a name is unknown, or scheme, host or port hold one.
        ToolArgumentsError: a value would walk up the path.
    """
    if origin_has_names(template):
        raise ToolConfigurationError(
            "The tool's URL takes its scheme, host or port from a name; staff must write them out."
        )

    def escape(value: str) -> str:
        if value in (".", ".."):
            raise ToolArgumentsError(f"{value!r} cannot stand in an address; give another value.")
        return quote(value.encode("utf-8", "replace"), safe="")

    return render_text(template, names, escape)


def origin_has_names(url: str) -> bool:
    """Return whether a `${` stands before the path of a URL."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        return "${" in url
    return "${" in scheme or "${" in re.split(r"[/?#]", rest, maxsplit=1)[0]


def render_headers(template: Mapping[str, str], names: Names) -> dict[str, str]:
    """Fill header values; header names hold no `${}`.

    Raises:
        ToolConfigurationError: a name is unknown.
        ToolArgumentsError: a value has a line break or another control character.
    """
    headers = {}
    for header, text in template.items():
        value = render_text(text, names)
        if _HEADER_UNSAFE.search(value):
            raise ToolArgumentsError(
                f"The value for the header {header} has a line break or control character; "
                "give it without."
            )
        headers[header] = value
    return headers


def as_text(value: Any) -> str:
    """Return a value inside text: null is empty, true and false as in JSON, objects as JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
