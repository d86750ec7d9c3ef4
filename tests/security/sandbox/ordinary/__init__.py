"""What builders of tools really write: each snippet with its arguments and right answer."""

from tests.security.sandbox.ordinary import classes, language, library, services

ORDINARY = [*language.SNIPPETS, *classes.SNIPPETS, *library.SNIPPETS, *services.SNIPPETS]
