"""What a process's start and `/health` ask of the sandbox of Python tools; imports the sandbox."""

from __future__ import annotations

from tools_library.sandbox.client import sandbox

# Below the board's own limit, so that its thread comes back.
_SECONDS = 1.5


class SandboxUnavailable(Exception):
    """Python tools cannot run here; the text says why."""


def start_sandbox() -> None:
    """Begin to start the sandbox where tools will run: no caller waits for it then."""
    sandbox().start()


def ask_sandbox() -> None:
    """Return when the sandbox passed its self-test.

    Raises:
        SandboxUnavailable: it did not, or is still starting.
    """
    status = sandbox().status(_SECONDS)
    if not status.available:
        raise SandboxUnavailable(status.why)
