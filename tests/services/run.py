"""`python -m tests.services.run -- command …`: runs a command with real servers behind it."""

import os
import subprocess
import sys

from tests.services.running import ServicesError, start_services


def main(arguments: list[str]) -> int:
    """Start PostgreSQL and Redis, run the command with their addresses set, stop them."""
    command = arguments[1:] if arguments[:1] == ["--"] else arguments
    if not command:
        print("Usage: python -m tests.services.run -- command …", file=sys.stderr)
        return 2
    try:
        services = start_services("postgres", "redis")
    except ServicesError as error:
        print(error, file=sys.stderr)
        return 1
    try:
        print(f"Servers of this run: {', '.join(services.versions)}", file=sys.stderr, flush=True)
        return subprocess.call(command, env={**os.environ, **services.env})
    except KeyboardInterrupt:
        return 130
    finally:
        services.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
