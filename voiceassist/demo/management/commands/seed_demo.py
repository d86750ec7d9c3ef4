"""`manage.py seed_demo`: makes the demo organization, or what is missing of it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from voiceassist.demo.seed import PASSWORD, PEOPLE, seed
from voiceassist.organizations.models import Role


class Command(BaseCommand):
    """Make the demo data; running it again changes nothing."""

    requires_system_checks = ()  # they load every route, which takes longer than seeding
    help = "Make the demo organization with users, assistants, numbers, tools and past calls."

    def handle(self, *args: Any, **options: Any) -> None:
        """Make what is missing and say what was made; silent when nothing was."""
        made = seed()
        if made:
            self.stdout.write("Made for the demo: " + ", ".join(made) + ".")
            self.stdout.write(f"Sign in as {PEOPLE[Role.OWNER]} with password {PASSWORD}.")
