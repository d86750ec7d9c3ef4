"""`manage.py verify_audit`: proves that no audit entry was changed, removed or put elsewhere."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from voiceassist.organizations.models import Organization
from voiceassist.organizations.services import audit


class Command(BaseCommand):
    """Verify the audit chains."""

    help = "Check the audit entries of one organization, or of all; says the first broken one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--organization", metavar="SLUG", help="Default: all of them.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify each chain; say how it stands, and fail where one is broken."""
        broken = []
        for organization in _organizations(options["organization"]):
            verdict = audit.verify(organization.pk)
            if verdict.broken:
                where = f"entry {verdict.broken.sequence}: {verdict.broken.what}"
                broken.append(f"{organization.slug}: {where}")
                continue
            words = f"{organization.slug}: ok, {verdict.entries} entries"
            newest = f", the newest {verdict.newest_hash}" if verdict.entries else ""
            self.stdout.write(words + newest)
        if broken:
            raise CommandError("\n".join(broken))


def _organizations(slug: str | None) -> list[Organization]:
    if slug is None:
        return list(Organization.objects.order_by("slug"))
    found = list(Organization.objects.filter(slug=slug))
    if not found:
        known = ", ".join(Organization.objects.values_list("slug", flat=True)) or "none yet"
        raise CommandError(f"There is no organization {slug!r}. Known: {known}.")
    return found
