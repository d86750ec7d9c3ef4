"""Just enough reading of SQL to tell one reading statement from anything else; stdlib only.

This spares people surprises at save. What guards the data is the read-only transaction.
"""

from __future__ import annotations

import re
from collections.abc import Collection

_READING = ("select", "with", "values", "table")
_NAMED = re.compile(r"%\(([A-Za-z_][A-Za-z0-9_]{0,62})\)s")
_HIDDEN = re.compile(
    r"--[^\n]*"
    r"|/\*(?:[^*]|\*(?!/))*\*/"
    r"|[eE]'(?:[^'\\]|\\.|'')*'"
    r"|'(?:[^']|'')*'"
    r'|"(?:[^"]|"")*"'
    r"|(?P<dollar>\$(?:[A-Za-z_]\w*)?\$).*?(?P=dollar)",
    re.DOTALL,
)


def problem_of(query: str) -> str:
    """Return why this is not one statement that reads, or nothing."""
    if "${" in query:
        return (
            "SQL takes values only as %(name)s, with the name below parameters; ${} is for "
            "parameters."
        )
    if "\x00" in query:
        return "SQL cannot hold a NUL character."
    bare = _HIDDEN.sub(" ", query).strip()
    statement = bare.rstrip(";").rstrip()
    if not statement:
        return "Write a statement that reads, such as SELECT."
    if ";" in statement:
        return "Write one statement only, without a semicolon inside."
    if re.search(r"['\"]|/\*", statement):
        return "A text, a name or a comment is not closed."
    first = re.match(r"\(*\s*([A-Za-z]+)", statement)
    if first is None or first.group(1).lower() not in _READING:
        return "Only a statement that reads may run: SELECT, WITH, VALUES or TABLE."
    return _problem_of_percents(query)


def names_in(query: str) -> frozenset[str]:
    """Return the names of the query's `%(name)s`."""
    return frozenset(_NAMED.findall(query.replace("%%", "")))


def problem_of_names(query: str, given: Collection[str]) -> str:
    """Return which `%(name)s` has no value, or which value no place; or nothing."""
    wanted = names_in(query)
    if missing := sorted(wanted - set(given)):
        return f"The query uses %({missing[0]})s; say here where its value comes from."
    if unused := sorted(set(given) - wanted):
        return f"The query does not use %({unused[0]})s; remove it here, or use it."
    return ""


def _problem_of_percents(query: str) -> str:
    if "%" in _NAMED.sub("", query.replace("%%", "")):
        return "Write a percent sign that is part of the SQL as %%, and a value as %(name)s."
    return ""
