"""What is wrong with a tool's code before it runs; imports only the standard library."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing to mend. `line` and `column` count from 1; 0 means the code as a whole."""

    message: str
    line: int = 0
    column: int = 0


class Rejected(Exception):
    """The code does not compile or asks for what tools may not have; the message says the mend."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column
