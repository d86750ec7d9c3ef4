"""Full text as each database has it: `store()` returns the one of the settings' database."""

from __future__ import annotations

from django.db import connection

from voiceassist.knowledge.services.stores.postgres import PostgresStore
from voiceassist.knowledge.services.stores.sqlite import SqliteStore
from voiceassist.knowledge.services.stores.types import AnyOf, Entry, Find, Places, Scope, Store

__all__ = ["AnyOf", "Entry", "Find", "Places", "Scope", "Store", "store"]


def store() -> Store:
    """Return what keeps and searches words in this database."""
    return PostgresStore() if connection.vendor == "postgresql" else SqliteStore()
