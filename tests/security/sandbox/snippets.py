"""The form of what builders of tools really write."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Snippet:
    """One tool; `expected` is what it returns, `printed` what stands in the run's log."""

    name: str
    code: str
    expected: Any
    parameters: dict[str, Any] = field(default_factory=dict)
    context: dict[str, Any] = field(default_factory=dict)
    printed: str = ""


IMPORTS = (
    "datetime", "time", "json", "math", "re", "random", "statistics", "decimal", "fractions",
    "uuid", "hashlib", "hmac", "base64", "string", "itertools", "functools", "collections", "copy",
    "dataclasses", "textwrap", "urllib.parse", "zoneinfo", "requests", "typing",
)  # fmt: skip


def body(code: str) -> str:
    """Return a tool whose function has the given lines."""
    lines = code.strip("\n").splitlines()
    return "def execute_tool(parameters, context):\n" + "\n".join(f"    {line}" for line in lines)
