"""`manage.py rotate_keys`: after a new key was put first, no value needs the old ones any more."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from voiceassist.organizations.services import key_rotation


class Command(BaseCommand):
    """Encrypt everything that is stored encrypted with the first of CREDENTIALS_KEYS."""

    help = (
        "Encrypt every credential, and what open runs keep of them, with the first key of "
        "CREDENTIALS_KEYS. Run it after you put a new key first and all processes know it; then "
        "the old ones can go. It may be repeated."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Rotate and say what was done; fail where something could not be read."""
        done = key_rotation.rotate_all()
        self.stdout.write(
            f"{done.rotated} encrypted anew, {done.current} had the first key already, "
            f"{len(done.unreadable)} unreadable."
        )
        if done.unreadable:
            listed = "\n".join(f"  {each}" for each in done.unreadable)
            raise CommandError(
                f"No key opens these; they were left as they are:\n{listed}\n"
                "Put the key they were stored with back into the list, or enter credentials anew; "
                "what a run keeps goes by itself once it has ended."
            )
