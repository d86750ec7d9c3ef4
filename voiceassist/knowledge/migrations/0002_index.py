"""What parts are found by: tsvectors with GIN indexes on PostgreSQL, FTS5 tables on SQLite.

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
# Headings apart from texts: a word of a heading is looked up without a look at the texts.
TABLES = ("knowledge_headings", "knowledge_texts")
SQLITE = (
    *(
        f"CREATE VIRTUAL TABLE {table} USING fts5"
        "(words, tokenize = 'porter unicode61 remove_diacritics 2')"
        for table in TABLES
    ),
    "CREATE TRIGGER knowledge_forgotten AFTER DELETE ON knowledge_knowledgechunk BEGIN "
    + "".join(f"DELETE FROM {table} WHERE rowid = old.id; " for table in TABLES)
    + "END",
)
BACK = {
    "postgresql": (
        "ALTER TABLE knowledge_knowledgechunk DROP COLUMN headed, DROP COLUMN vector",
    ),
    "sqlite": (
        "DROP TRIGGER knowledge_forgotten", *(f"DROP TABLE {table}" for table in TABLES)
    ),
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
