"""`manage.py create_api_key`: prints a new key once, and nothing else, on stdout."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from voiceassist.foundation.errors import InvalidInput
from voiceassist.organizations.management.choosing import chosen
from voiceassist.organizations.models import Role
from voiceassist.organizations.services import api_keys


class Command(BaseCommand):
    """Make an API key of an organization."""

    help = "Make an API key and print it; it is shown this once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--organization", required=True, metavar="SLUG")
        parser.add_argument("--name", default="Command line")
        parser.add_argument("--role", default=Role.OPERATOR.value, choices=Role.values)

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the key and print it."""
        (organization,) = chosen(options["organization"])
        try:
            _key, secret = api_keys.create(organization, options["name"], options["role"])
        except InvalidInput as error:
            raise CommandError(error.public_message) from None
        self.stdout.write(secret)
