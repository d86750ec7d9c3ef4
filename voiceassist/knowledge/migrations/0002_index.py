"""What parts are found by: a tsvector with a GIN index on PostgreSQL, an FTS5 table on SQLite.

Neither is a column of a model, for each exists on one database only.
"""

from django.db import migrations

POSTGRESQL = (
    "ALTER TABLE knowledge_knowledgechunk ADD COLUMN vector tsvector",
    # Ranking reads the vectors of all that is found: kept in the row, they cost no second look.
    "ALTER TABLE knowledge_knowledgechunk SET (toast_tuple_target = 8160)",
    "CREATE INDEX knowledge_vector ON knowledge_knowledgechunk "
    "USING gin (vector) WITH (fastupdate = off)",
)
SQLITE = (
    "CREATE VIRTUAL TABLE knowledge_index USING fts5"
    "(heading, body, tokenize = 'porter unicode61 remove_diacritics 2')",
    "CREATE TRIGGER knowledge_forgotten AFTER DELETE ON knowledge_knowledgechunk "
    "BEGIN DELETE FROM knowledge_index WHERE rowid = old.id; END",
)
BACK = {
    "postgresql": (
        "DROP INDEX knowledge_vector",
        "ALTER TABLE knowledge_knowledgechunk DROP COLUMN vector",
    ),
    "sqlite": ("DROP TRIGGER knowledge_forgotten", "DROP TABLE knowledge_index"),
}
FORTH = {"postgresql": POSTGRESQL, "sqlite": SQLITE}


def _run(schema_editor, statements):
    for statement in statements[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0001_initial")]
    operations = [
        migrations.RunPython(
            lambda apps, schema_editor: _run(schema_editor, FORTH),
            lambda apps, schema_editor: _run(schema_editor, BACK),
        )
    ]
