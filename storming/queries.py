"""Reads of the boards' floor."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.urls import NoReverseMatch, reverse

from eventcatalog.models import MessageType


def linked_types(workspace_id: uuid.UUID, slug: str, type_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """``{type id: {name, title, version, state, url, kind}}`` of those that exist, as a note shows them."""
    rows = MessageType.objects.filter(workspace_id=workspace_id, pk__in=list(type_ids)).select_related("latest")
    return {
        str(row.pk): {
            "name": row.name,
            "title": row.title,
            "version": row.version,
            "state": row.state,
            "url": type_url(slug, row.name),
            "kind": row.kind,
        }
        for row in rows
    }


def type_url(slug: str, name: str) -> str:
    """The address of a type's page."""
    try:
        return reverse("eventcatalog:type", args=[slug, name])
    except NoReverseMatch:
        return f"/w/{slug}/catalog/{name}/"
