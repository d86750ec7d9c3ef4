"""What parts are found by: tsvectors with GIN indexes on PostgreSQL, an FTS5 table on SQLite.

Neither is a column of a model, for each exists on one database only.
"""

from django.db import migrations

POSTGRESQL = (
    "ALTER TABLE knowledge_knowledgechunk ADD COLUMN headed tsvector, ADD COLUMN vector tsvector",
    # A search visits the rows of all that is found, and reads neither text nor vectors: these are
    # kept elsewhere, so that the rows themselves stay few pages.
    "ALTER TABLE knowledge_knowledgechunk SET (toast_tuple_target = 128)",
    "CREATE INDEX knowledge_headed ON knowledge_knowledgechunk "
    "USING gin (headed) WITH (fastupdate = off)",
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
        "ALTER TABLE knowledge_knowledgechunk DROP COLUMN headed, DROP COLUMN vector",
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
