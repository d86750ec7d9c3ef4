"""`python -m voiceassist.demo.stand_ins`: the command without the rest of the platform.

Imports Django's settings, but starts no Django: that would triple the time until it answers.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from typing import Any

from voiceassist.demo.stand_ins import server
from voiceassist.demo.stand_ins.account import Account


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    from django.conf import settings

    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=settings.STAND_INS_PORT)
    parser.add_argument(
        "--exit-with-parent", action="store_true", help="stop when standard input closes"
    )


def run(options: Mapping[str, Any]) -> str:
    """Serve until told to stop; returns what went wrong, or an empty text."""
    from django.conf import settings

    host, port = options["host"], options["port"]
    account = Account(settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN)
    try:
        server.serve(host, port, account, exit_with_parent=options["exit_with_parent"])
    except (OSError, OverflowError) as error:
        number = getattr(error, "errno", None)
        why = os.strerror(number) if number else str(error)
        return (
            f"The stand-ins cannot use {host}:{port} ({why}). Stop what uses it, or choose "
            "another port with --port or STAND_INS_PORT."
        )
    return ""


def main() -> None:
    """Run with the command line's options."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")
    parser = argparse.ArgumentParser(prog="stand_ins")
    add_arguments(parser)
    trouble = run(vars(parser.parse_args()))
    if trouble:
        sys.exit(trouble)


if __name__ == "__main__":
    main()
