"""`manage.py verify_audit`: proves that no audit entry was changed, removed or put elsewhere."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from voiceassist.organizations.management.choosing import chosen
from voiceassist.organizations.services import audit, audit_file
from voiceassist.organizations.services.audit import Verdict


class Command(BaseCommand):
    """Verify the audit chains."""

    help = (
        "Check the audit entries of one organization, of all, or of a file that export_audit "
        "wrote; says the first broken one."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--organization", metavar="SLUG", help="Default: all of them.")
        parser.add_argument("--file", metavar="PATH", help="JSON lines; - for standard input.")
        parser.add_argument("--entries", type=int, help="How many were exported to the file.")
        parser.add_argument("--newest", metavar="HASH", help="Hash of the newest of them.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify each chain; say how it stands, and fail where one is broken."""
        if options["file"] is not None:
            verdicts = {options["file"]: _of_file(options)}
        else:
            rows = chosen(options["organization"])
            verdicts = {row.slug: audit.verify(row.pk) for row in rows}
        for name, verdict in verdicts.items():
            if verdict.broken is None:
                self.stdout.write(f"{name}: {_ok(verdict)}")
        broken = [f"{name}: {_fault(each)}" for name, each in verdicts.items() if each.broken]
        if broken:
            raise CommandError("\n".join(broken))


def _of_file(options: dict[str, Any]) -> Verdict:
    entries, newest = options["entries"], options["newest"]
    if (entries is None) != (newest is None):
        raise CommandError("Give --entries and --newest together, as export_audit printed them.")
    try:
        if options["file"] == "-":
            verdict = audit_file.prove(sys.stdin)
        else:
            with Path(options["file"]).open(encoding="ascii", newline="\n") as file:
                verdict = audit_file.prove(file)
    except OSError as error:
        raise CommandError(f"{options['file']} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise CommandError(f"{options['file']} is no export: it holds more than ASCII.") from None
    return verdict if entries is None else verdict.against(Verdict(entries, newest))


def _ok(verdict: Verdict) -> str:
    newest = f", the newest {verdict.newest_hash}" if verdict.entries else ""
    return f"ok, {verdict.entries} entries{newest}"


def _fault(verdict: Verdict) -> str:
    broken = verdict.broken
    return f"entry {broken.sequence}: {broken.what}" if broken else ""
