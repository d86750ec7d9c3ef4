"""`manage.py export_audit`: an organization's audit as JSON lines, to prove it elsewhere."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from voiceassist.organizations.management.choosing import chosen
from voiceassist.organizations.services import audit, audit_file


class Command(BaseCommand):
    """Export one audit chain."""

    help = (
        "Print an organization's audit, one entry per line; its number of entries and newest hash "
        "go to standard error. Keep those two apart from the file."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--organization", metavar="SLUG", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the chain as it is now."""
        (organization,) = chosen(options["organization"])
        end = audit.end(organization.pk)
        for line in audit_file.lines(organization.pk, end.entries):
            self.stdout.write(line, ending="")
        told = f"{end.entries} entries, the newest {end.newest_hash}"
        self.stderr.write(told, style_func=str)
