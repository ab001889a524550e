"""Reads of the registry. A subject that is asked for first enlists what its type has published meanwhile."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from eventcatalog import evolution
from eventcatalog.models import MessageType, SchemaVersion
from eventcatalog.registry import identity, names
from eventcatalog.registry.errors import RegistryError, schema_not_found, subject_not_found, version_not_found
from eventcatalog.registry.models import (
    RegistryReference,
    RegistrySchema,
    RegistrySettings,
    RegistrySubject,
    RegistryVersion,
)
from eventcatalog.registry.names import SubjectName
from workspaces.models import Workspace

VERSION_MAX = 2**31 - 1
LIST_MAX = 1000
ANY_CONTEXT = ":*:"


def settings_of(workspace: Workspace) -> RegistrySettings:
    """The workspace's global level and mode; not stored until somebody sets them."""
    return RegistrySettings.objects.filter(workspace=workspace).first() or RegistrySettings(workspace=workspace)


def row_of(workspace: Workspace, name: SubjectName) -> RegistrySubject | None:
    """The subject's row, or a new one for a type that this name is a window onto; None when there is neither."""
    rows = workspace.registry_subjects.select_related("message_type__latest")
    row = rows.filter(name=name.full).first()
    if row is None or row.message_type is None:
        found = _type_behind(workspace, name)
        if found is not None:
            row = _attach(workspace, name, found)
    if row is not None and row.message_type is not None:
        latest = row.message_type.latest
        if latest is not None and latest.ordinal > row.seen_ordinal:
            enlist(row)
    return row


def find(workspace: Workspace, name: SubjectName) -> RegistrySubject:
    """The subject with its versions, live or softly deleted. Raises 40401."""
    row = row_of(workspace, name)
    if row is None or row.message_type is None or not row.versions.exists():
        raise subject_not_found(name.full)
    return row


def find_live(workspace: Workspace, name: SubjectName, *, deleted: bool = False) -> RegistrySubject:
    """A subject with a live version (or, with ``deleted``, with any). Raises 40401."""
    row = find(workspace, name)
    if not deleted and not row.versions.filter(deleted_at=None).exists():
        raise subject_not_found(name.full)
    return row


def _type_behind(workspace: Workspace, name: SubjectName) -> MessageType | None:
    wanted = names.windows_onto(name)
    found = {each.name: each for each in workspace.message_types.select_related("latest").filter(name__in=wanted)}
    return next((found[each] for each in wanted if each in found), None)


def _attach(workspace: Workspace, name: SubjectName, message_type: MessageType) -> RegistrySubject:
    """The row through which this name shows the type."""
    try:
        with transaction.atomic():
            row, _ = RegistrySubject.objects.get_or_create(
                workspace=workspace, name=name.full, defaults={"context": name.context, "message_type": message_type}
            )
    except IntegrityError:
        row = RegistrySubject.objects.get(workspace=workspace, name=name.full)
    if row.message_type_id is None:
        RegistrySubject.objects.filter(pk=row.pk).update(message_type=message_type)
    row.message_type = message_type
    return row


def enlist(row: RegistrySubject) -> None:
    """Give the type's versions that this subject hasn't seen a number and an id."""
    with transaction.atomic():
        locked = RegistrySubject.objects.select_for_update().get(pk=row.pk)
        missing = SchemaVersion.objects.filter(message_type_id=row.message_type_id, ordinal__gt=locked.seen_ordinal)
        for each in missing.order_by("ordinal"):
            schema = schema_row(locked.workspace_id, text=each.meaning, document=evolution.document_of(each))
            add_version(locked, schema, each)
    row.seen_ordinal = locked.seen_ordinal


def add_version(row: RegistrySubject, schema: RegistrySchema, version: SchemaVersion) -> RegistryVersion:
    """The next number, on a locked subject."""
    newest = row.versions.order_by("-number").values_list("number", flat=True).first() or 0
    added = RegistryVersion.objects.create(subject=row, number=newest + 1, schema=schema, schema_version=version)
    if version.ordinal > row.seen_ordinal:
        row.seen_ordinal = version.ordinal
        row.save(update_fields=["seen_ordinal"])
    return added


def schema_row(
    workspace_id: Any,
    *,
    text: str,
    document: Any,
    references: list[dict[str, Any]] | None = None,
    extras: dict[str, Any] | None = None,
    targets: Iterable[tuple[str, RegistryVersion]] = (),
) -> RegistrySchema:
    """The row of this schema, made when it is new. Inside a transaction."""
    digest = identity.digest(document, references or [], extras)
    row, created = RegistrySchema.objects.get_or_create(
        workspace_id=workspace_id,
        digest=digest,
        defaults={"text": text, "references": references or [], "extras": extras or {}},
    )
    if created:
        RegistryReference.objects.bulk_create(
            [RegistryReference(schema=row, name=name, target=target) for name, target in targets]
        )
    return row


def versions_of(row: RegistrySubject, *, deleted: bool = False, deleted_only: bool = False) -> QuerySet:
    """Versions by number: the live ones, all, or those softly deleted."""
    found = row.versions.select_related("schema", "schema_version", "subject").order_by("number")
    if deleted_only:
        return found.exclude(deleted_at=None)
    return found if deleted else found.filter(deleted_at=None)


def find_version(row: RegistrySubject, version: str, *, deleted: bool = False) -> RegistryVersion:
    """By number, ``latest`` or -1. Raises 40402, 42202."""
    number = version_number(version)
    found = versions_of(row, deleted=deleted)
    one = found.last() if number == -1 else found.filter(number=number).first()
    if one is None:
        raise version_not_found(version)
    return one


def version_number(version: str) -> int:
    """``latest`` is -1. Raises 42202."""
    if version in ("latest", "-1"):
        return -1
    if not version.isdecimal() or not 1 <= int(version[:12]) <= VERSION_MAX:
        raise RegistryError(
            42202,
            f"The specified version '{version}' is not a valid version id. Allowed values are between "
            f'[1, 2^31-1] and the string "latest".',
        )
    return int(version)


def find_schema(workspace: Workspace, schema_id: int) -> RegistrySchema:
    """By its global id; a softly deleted one is still found. Raises 40403."""
    found = workspace.registry_schemas.filter(pk=schema_id, versions__isnull=False).distinct().first()
    if found is None:
        raise schema_not_found(schema_id)
    return found


def versions_with(schema: RegistrySchema, *, subject: str = "", deleted: bool = False) -> QuerySet:
    """The versions under which a schema is known."""
    found = schema.versions.select_related("subject").order_by("subject__name", "number")
    if not deleted:
        found = found.filter(deleted_at=None)
    return found.filter(subject__name=subject) if subject else found


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which subjects a list asks for."""

    prefix: str = ANY_CONTEXT
    deleted: bool = False
    deleted_only: bool = False


def list_names(workspace: Workspace, wanted: Wanted) -> list[str]:
    """Names in order. Two queries: those registered here, and types that nobody registered under another name."""
    rows = workspace.registry_subjects.filter(registered=True, message_type__isnull=False)
    live = set(rows.filter(versions__deleted_at=None, versions__isnull=False).values_list("name", flat=True))
    found = set() if wanted.deleted_only else set(live)
    if wanted.deleted or wanted.deleted_only:
        gone = rows.filter(versions__deleted_at__isnull=False).values_list("name", flat=True)
        found |= set(gone) if wanted.deleted else set(gone) - live
    if not wanted.deleted_only:
        types = workspace.message_types.exclude(registry_subjects__registered=True)
        found |= set(types.order_by().values_list("name", flat=True))
    return sorted(name for name in found if _begins(name, wanted.prefix))


def _begins(name: str, prefix: str) -> bool:
    if not prefix.startswith(ANY_CONTEXT):
        return name.startswith(prefix.removeprefix(":.:"))
    return names.parse(name).bare.startswith(prefix.removeprefix(ANY_CONTEXT))


def contexts_of(workspace: Workspace) -> list[str]:
    """The default one first."""
    used = workspace.registry_subjects.filter(registered=True).order_by().values_list("context", flat=True).distinct()
    return [names.DEFAULT_CONTEXT, *sorted(set(used) - {names.DEFAULT_CONTEXT})]
