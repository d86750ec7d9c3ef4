"""The form of one attack."""

from dataclasses import dataclass

EVERYTHING = (
    "datetime", "time", "json", "math", "re", "random", "statistics", "decimal", "fractions",
    "uuid", "hashlib", "hmac", "base64", "string", "itertools", "functools", "collections", "copy",
    "dataclasses", "textwrap", "urllib.parse", "zoneinfo", "requests", "typing",
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One technique. It holds as contained when the run does not end in success.

    `{folder}` in the code is a folder that every user of the machine may write to. `memory` is in
    MB, `timeout` in seconds.
    """

    name: str
    code: str
    memory: int = 64
    timeout: float = 1.0
    imports: tuple[str, ...] = EVERYTHING
