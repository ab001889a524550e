"""Tells everybody that a workspace's catalog has changed.

The revision is counted up inside the change's transaction, so whoever reads the new number also reads the change.
After commit a doorbell rings: group ``catalog.<workspace id>``, ``{"type": "catalog.changed", "type_id", "revision"}``.
It only hints: a lost ring costs a second, never a change (caches compare the revision at most once a second).
"""

import uuid
from collections.abc import Callable

from django.db import transaction
from django.db.models import F

from eventcatalog.models import CatalogRevision
from workspaces.ear import ring_from_thread
from workspaces.models import Workspace

Listener = Callable[[uuid.UUID], None]
_listeners: list[Listener] = []


def group_name(workspace_id: uuid.UUID | str) -> str:
    """The channel-layer group that hears of changes in this workspace's catalog."""
    return f"catalog.{workspace_id}"


def on_change(listener: Listener) -> None:
    """``listener(workspace_id)`` is called in this process, in the changing thread, at the write and after commit."""
    _listeners.append(listener)


def revision_of(workspace_id: uuid.UUID) -> int:
    """How many changes this workspace's catalog has seen; 0 before the first."""
    found = CatalogRevision.objects.filter(workspace_id=workspace_id).values_list("number", flat=True).first()
    return found or 0


def lock(workspace: Workspace) -> None:
    """One writer at a time in this workspace's catalog, until the transaction ends."""
    CatalogRevision.objects.get_or_create(workspace=workspace)
    CatalogRevision.objects.select_for_update().get(workspace=workspace)


def changed(workspace: Workspace, *, type_id: uuid.UUID | None = None) -> None:
    """Count the change and ring after commit. Call it inside the change's transaction, as its last write."""
    CatalogRevision.objects.get_or_create(workspace=workspace)
    CatalogRevision.objects.filter(workspace=workspace).update(number=F("number") + 1)
    workspace_id = workspace.pk
    _tell_listeners(workspace_id)
    transaction.on_commit(lambda: _ring(workspace_id, type_id))


def _tell_listeners(workspace_id: uuid.UUID) -> None:
    for listener in _listeners:
        listener(workspace_id)


def _ring(workspace_id: uuid.UUID, type_id: uuid.UUID | None) -> None:
    _tell_listeners(workspace_id)
    ring_from_thread(
        group_name(workspace_id), {"type": "catalog.changed", "type_id": str(type_id) if type_id else None}
    )
