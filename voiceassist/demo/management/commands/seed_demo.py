"""`manage.py seed_demo`: makes the demo organization, or what is missing of it."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from voiceassist.demo.seed import PASSWORD, PEOPLE, seed
from voiceassist.organizations.models import Role


class Command(BaseCommand):
    """Make the demo data; running it again changes nothing."""

    requires_system_checks = ()  # they load every route, which takes longer than seeding
    help = "Make the demo organization with users, assistants, numbers, tools and past calls."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the one option."""
        parser.add_argument(
            "--migrate",
            action="store_true",
            help="bring the database up to date first: quicker than in a process of its own",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Make what is missing and say what was made; silent when nothing was."""
        if options["migrate"]:
            call_command("migrate", verbosity=0, skip_checks=True)
        made = seed()
        if made:
            self.stdout.write("Made for the demo: " + ", ".join(made) + ".")
            self.stdout.write(f"Sign in as {PEOPLE[Role.OWNER]} with password {PASSWORD}.")
