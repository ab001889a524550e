"""Reads of the library."""

from typing import Any

from django.db.models import Q, QuerySet

from eventcatalog.library.models import Component, ComponentVersion
from workspaces.errors import NotFound
from workspaces.models import Workspace


def components_of(workspace: Workspace, *, q: str = "") -> QuerySet[Component]:
    """Components by name, with their newest version; those that hold every word of ``q``."""
    found = workspace.components.select_related("latest").defer("latest__bundled_text", "latest__changes")
    for word in q.split()[:8]:
        found = found.filter(Q(name__icontains=word) | Q(title__icontains=word) | Q(description__icontains=word))
    return found


def find_component(workspace: Workspace, name: str) -> Component:
    """The component with its newest version. Raises NotFound."""
    found = workspace.components.select_related("latest", "workspace").filter(name=name).first()
    if found is None:
        raise NotFound
    return found


def versions_of(component: Component) -> list[ComponentVersion]:
    """All versions, newest first."""
    return list(ComponentVersion.objects.filter(component=component).order_by("-ordinal"))


def find_component_version(component: Component, version: str) -> ComponentVersion:
    """A version by number, or ``latest``. Raises NotFound."""
    if version == "latest" and component.latest is not None:
        return component.latest
    found: ComponentVersion | None = ComponentVersion.objects.filter(component=component, version=version).first()
    if found is None:
        raise NotFound
    return found


def as_json(each: Component) -> dict[str, Any]:
    """A component without its schema."""
    return {
        "id": str(each.pk),
        "name": each.name,
        "title": each.title,
        "description": each.description,
        "version": each.version,
        "uri": f"factstorm://components/{each.name}/{each.version}",
        "updated_at": each.updated_at,
        "created_at": each.created_at,
        "created_by": {"kind": each.created_by_kind, "name": each.created_by_name},
    }


def version_as_json(each: ComponentVersion) -> dict[str, Any]:
    """A component's version without its schema."""
    return {
        "id": each.pk,
        "version": each.version,
        "ordinal": each.ordinal,
        "draft": each.draft,
        "fingerprint": each.fingerprint,
        "notes": each.notes,
        "changes": each.changes,
        "example": each.example,
        "created_at": each.created_at,
        "created_by": {"kind": each.created_by_kind, "name": each.created_by_name},
    }
