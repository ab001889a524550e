"""Writes down what a stored schema refers to."""

from eventcatalog import evolution
from eventcatalog.library.models import ComponentVersion, SchemaReference
from eventcatalog.models import SchemaVersion
from workspaces.access import Access


def store_references(
    access: Access, parsed: evolution.Parsed, *, version: SchemaVersion | None = None,
    component_version: ComponentVersion | None = None,
) -> None:  # fmt: skip
    """Write what a stored schema refers to, in the caller's transaction."""
    rows = [
        SchemaReference(
            workspace=access.workspace,
            version=version,
            component_version=component_version,
            pointer=pointer,
            target_kind=target.kind,
            target_name=target.name,
            target_version=target.version,
        )
        for pointer, target in parsed.references
    ]
    SchemaReference.objects.bulk_create(rows)
