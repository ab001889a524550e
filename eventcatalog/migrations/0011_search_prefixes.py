from django.db import migrations


def add_pattern_index(apps, schema_editor):
    """PostgreSQL finds beginnings of words by an index with pattern operators; SQLite by its ordinary one."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "CREATE INDEX posting_by_beginning ON eventcatalog_searchposting (workspace_id, word varchar_pattern_ops)"
        )


def drop_pattern_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS posting_by_beginning")


class Migration(migrations.Migration):

    dependencies = [("eventcatalog", "0010_words")]

    operations = [migrations.RunPython(add_pattern_index, drop_pattern_index)]
