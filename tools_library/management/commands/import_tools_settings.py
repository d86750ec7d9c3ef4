"""`manage.py import_tools_settings`: an assistant's `tools_settings` (document 002) from a file."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tools_library.services import tools_settings
from voiceassist.assistants.models import Assistant
from voiceassist.assistants.services import publish
from voiceassist.foundation.errors import InvalidInput


class Command(BaseCommand):
    """Store settings and tools; the same file again changes nothing."""

    help = "Import tools_settings (endCall, transferCall, custom_tools) into an assistant's rows."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file and the assistant."""
        parser.add_argument("file", help="A JSON file; - reads standard input.")
        parser.add_argument("--assistant", required=True, help="Its short name (slug).")
        parser.add_argument("--organization", default="", help="Its slug, where two have such one.")
        parser.add_argument(
            "--publish", action="store_true", help="Publish the assistant: calls follow at once."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, and tell what it did."""
        assistant = _assistant(options["assistant"], options["organization"])
        try:
            done = tools_settings.write(assistant, _read(options["file"]), None)
        except InvalidInput as problem:
            lines = [f"  {field}: {text}" for field, text in problem.errors.items()]
            raise CommandError("\n".join(["Nothing was imported. Mend:", *lines])) from None
        for each in done:
            self.stdout.write(f"{each.what:8}{each.kind} {each.name}")
        if all(each.what == "kept" for each in done):
            self.stdout.write("Everything was there already.")
        if options["publish"]:
            publish(assistant, None)
            self.stdout.write(f"Published {assistant.name}.")
        elif any(each.kind == "setting" and each.what == "changed" for each in done):
            self.stdout.write("Publish the assistant, or add --publish, so that calls follow.")


def _assistant(slug: str, organization: str) -> Assistant:
    found = Assistant.unscoped.select_related("organization").filter(slug=slug)
    if organization:
        found = found.filter(organization__slug=organization)
    rows = list(found[:2])
    if not rows:
        known = ", ".join(Assistant.unscoped.values_list("slug", flat=True)[:20]) or "none yet"
        raise CommandError(f"There is no assistant {slug!r}. There are: {known}.")
    if len(rows) > 1:
        raise CommandError(f"Two organizations have an assistant {slug!r}: add --organization.")
    return rows[0]


def _read(file: str) -> Any:
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"Cannot read {file}: {error}") from None
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CommandError(f"{file} is no JSON: {error}") from None
