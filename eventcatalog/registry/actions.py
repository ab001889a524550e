"""Writes of the registry: register, delete softly and for good, set levels and modes. Check, write, notify."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.db import transaction
from django.utils import timezone

from eventcatalog import actions as catalog
from eventcatalog import evolution, notify
from eventcatalog.errors import IncompatibleError, InvalidSchema, NameTaken, NothingChanged
from eventcatalog.history import Change, record
from eventcatalog.models import CompatibilityMode, MessageType, SchemaVersion
from eventcatalog.registry import names, subjects
from eventcatalog.registry.bundling import BundlingError, bundle
from eventcatalog.registry.errors import (
    RegistryError,
    invalid_schema,
    not_permitted,
    schema_not_found,
    subject_not_found,
    version_not_found,
)
from eventcatalog.registry.identity import digest
from eventcatalog.registry.models import (
    RegistryMode,
    RegistryReference,
    RegistrySchema,
    RegistrySettings,
    RegistrySubject,
    RegistryVersion,
)
from eventcatalog.registry.names import SubjectName
from workspaces.access import Access, Permission
from workspaces.errors import FactstormError, Forbidden, NotFound

COUNTEREXAMPLE_SHOWN_MAX = 600
WHY = "Registered through the registry."


@dataclass(frozen=True, slots=True)
class Given:
    """A schema as a client sent it. ``references``: dicts of name, subject, version. ``extras``: metadata, ruleSet."""

    text: str
    references: tuple[dict[str, Any], ...] = ()
    extras: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Understood:
    """A given schema, checked: ``parsed`` is whole, with what it refers to inside."""

    given: Given
    document: Any
    parsed: evolution.Parsed
    targets: tuple[tuple[str, RegistryVersion], ...]

    @property
    def references(self) -> list[dict[str, Any]]:
        """As they are stored."""
        return _resolved(self.targets)


def understand(access: Access, given: Given) -> Understood:
    """Check a schema and put together what it refers to. Raises 42201."""
    targets = tuple((str(each["name"]), _target(access, each)) for each in given.references)
    try:
        document = orjson.loads(given.text) if targets else None
        parts = [(name, orjson.loads(target.schema_version.meaning)) for name, target in targets]
        parsed = evolution.read(bundle(document, parts) if targets else given.text)
        document = orjson.loads(given.text)
    except BundlingError as error:
        raise invalid_schema(str(error)) from error
    except orjson.JSONDecodeError as error:
        raise invalid_schema(f"This is no JSON: {error}.") from error
    except InvalidSchema as error:
        pointer = (error.fields.get("place") or {}).get("pointer")
        place = f" At {pointer}." if pointer else ""
        raise invalid_schema(f"{error.message}{place} {error.hint}".strip()) from error
    return Understood(given, document, parsed, targets)


def _target(access: Access, reference: dict[str, Any]) -> RegistryVersion:
    try:
        name = names.parse(str(reference["subject"]))
        return subjects.find_version(subjects.find(access.workspace, name), str(reference["version"]))
    except (RegistryError, names.SubjectNameError) as error:
        raise invalid_schema(
            f"The reference {reference['name']!r} leads to {reference['subject']!r} version {reference['version']}, "
            "which does not exist."
        ) from error


def look_up(access: Access, name: SubjectName, given: Given, *, deleted: bool = False) -> RegistryVersion:
    """The version of this subject that has this schema, the newest if several do. Raises 40401, 40403, 42201."""
    row = subjects.find_live(access.workspace, name, deleted=deleted)
    found = _known(access, row, given, deleted=deleted)
    if found is None:
        understand(access, given)  # says so when it is no schema at all
        raise schema_not_found()
    return found


def _known(access: Access, row: RegistrySubject, given: Given, *, deleted: bool = False) -> RegistryVersion | None:
    """The version with this schema. What is known was checked before, so this only reads JSON and compares."""
    try:
        document = orjson.loads(given.text)
    except orjson.JSONDecodeError:
        return None
    targets = [(str(each["name"]), _target(access, each)) for each in given.references]
    wanted = digest(document, _resolved(targets), given.extras)
    return subjects.versions_of(row, deleted=deleted).filter(schema__digest=wanted).last()


def _resolved(targets: Sequence[tuple[str, RegistryVersion]]) -> list[dict[str, Any]]:
    """References with the versions that ``-1`` stood for."""
    return [{"name": name, "subject": target.subject.name, "version": target.number} for name, target in targets]


def register(access: Access, name: SubjectName, given: Given) -> RegistryVersion:
    """The subject's version with this schema: the one there is, or the next. A new subject makes a type (an event).

    Raises 42201, 42205, 40901.
    """
    access.require(Permission.CATALOG_WRITE)
    row = subjects.row_of(access.workspace, name)
    if row is not None and row.message_type is not None:
        known = _known(access, row, given)
        if known is not None:
            return _claimed(known)
    understood = understand(access, given)
    _require_writable(access, name, row)
    if row is None or row.message_type is None:
        row, version = _first(access, name, row, understood)
    else:
        version = _next(access, row, understood)
    return _attach(row, understood, version)


def _claimed(known: RegistryVersion) -> RegistryVersion:
    if not known.subject.registered:
        RegistrySubject.objects.filter(pk=known.subject_id).update(registered=True)
    return known


def _first(
    access: Access, name: SubjectName, row: RegistrySubject | None, understood: Understood
) -> tuple[RegistrySubject, SchemaVersion]:
    """A type for a subject that is new."""
    level = (row.level if row else "") or subjects.settings_of(access.workspace).compatibility
    title = understood.document.get("title") if isinstance(understood.document, dict) else None
    title = title if isinstance(title, str) and len(title) <= 200 else ""
    try:
        made = catalog.register_type(
            access,
            kind="event",
            name=names.type_name_for(name),
            title=title,
            schema=understood.parsed.text,
            compatibility=level,
            why=WHY,
        )
    except NameTaken as error:  # somebody registered it meanwhile, or another context's subject has the name
        taken = subjects.row_of(access.workspace, name)
        if taken is None or taken.message_type is None:
            raise not_permitted(f"{error.message} Choose another subject.") from error
        return taken, _next(access, taken, understood)
    follows = row is None or not row.level
    made_row, _ = RegistrySubject.objects.update_or_create(
        workspace=access.workspace,
        name=name.full,
        defaults={"context": name.context, "message_type": made, "registered": True, "follows_global": follows},
    )
    latest = made.latest
    if latest is None:
        raise schema_not_found()
    return made_row, latest


def _next(access: Access, row: RegistrySubject, understood: Understood) -> SchemaVersion:
    """The type's next version, or the one that has this schema already and is deleted here."""
    message_type = row.message_type
    if message_type is None:
        raise subject_not_found(row.name)
    trouble = objections(row, understood)
    if trouble:
        raise RegistryError(40901, _incompatible(row, trouble))
    try:
        return catalog.publish_version(access, message_type, schema=understood.parsed.text, why=WHY)
    except NothingChanged:
        fresh = MessageType.objects.select_related("latest").get(pk=message_type.pk)
        if fresh.latest is None:
            raise
        return fresh.latest
    except IncompatibleError as error:
        raise RegistryError(40901, _incompatible(row, [_told(error.message, error.fields)])) from error


def _attach(row: RegistrySubject, understood: Understood, version: SchemaVersion) -> RegistryVersion:
    """The subject's version for what the catalog has just stored."""
    with transaction.atomic():
        locked = RegistrySubject.objects.select_for_update().get(pk=row.pk)
        schema = subjects.schema_row(
            locked.workspace_id,
            text=understood.given.text,
            document=understood.document,
            references=understood.references,
            extras=understood.given.extras,
            targets=understood.targets,
        )
        enlisted = locked.versions.filter(schema_version=version, deleted_at=None).last()
        if enlisted is None:
            enlisted = subjects.add_version(locked, schema, version)
        elif enlisted.schema_id != schema.pk:  # somebody looked between the two transactions
            enlisted.schema = schema
            enlisted.save(update_fields=["schema"])
        if not locked.registered:
            RegistrySubject.objects.filter(pk=locked.pk).update(registered=True)
    return enlisted


def objections(row: RegistrySubject, understood: Understood, *, only: RegistryVersion | None = None) -> list[str]:
    """What stands against this schema as the subject's next version: empty when it may follow.

    Compared with the live versions that the level asks for, newest first, and with the type's own newest: what is
    deleted here may still be in records. ``only``: with this version alone.
    """
    message_type = row.message_type
    if message_type is None:
        return []
    mode, policy = message_type.compatibility, message_type.policy
    if only is not None:
        return _against([only.schema_version], understood, mode.removesuffix("_transitive"), policy)
    live = [each.schema_version for each in subjects.versions_of(row).order_by("-number")]
    wanted = live if mode.endswith("_transitive") else live[:1]
    latest = message_type.latest
    if latest is not None and all(each.pk != latest.pk for each in wanted):
        wanted = [latest, *wanted]
    if mode.endswith("_transitive"):
        return _against(wanted, understood, mode, policy)
    return [each for one in wanted for each in _against([one], understood, mode, policy)]


def _against(versions: Sequence[SchemaVersion], understood: Understood, mode: str, policy: str) -> list[str]:
    if not versions:
        return []
    stored = [(each.version, each.meaning) for each in versions]
    assessment = evolution.assess(stored, understood.parsed, mode=mode, policy=policy)
    if assessment.compatible or assessment.is_same:
        return []
    fields = {"reasons": assessment.reasons, "counterexample": assessment.counterexample}
    return [_told(assessment.verdict, fields), *([assessment.hint] if assessment.hint else [])]


def _told(verdict: str, fields: dict[str, Any]) -> str:
    reasons = [each for each in fields.get("reasons") or () if each != verdict]
    told = " ".join([verdict, *reasons])
    counterexample = fields.get("counterexample")
    if counterexample:
        shown = json.dumps(counterexample["document"], ensure_ascii=False)
        if len(shown) <= COUNTEREXAMPLE_SHOWN_MAX:
            told += f" For example: {shown}"
    return told


def _incompatible(row: RegistrySubject, trouble: Sequence[str]) -> str:
    return f'Schema being registered is incompatible with an earlier schema for subject "{row.name}". ' + " ".join(
        trouble
    )


def delete_subject(access: Access, name: SubjectName, *, permanent: bool) -> list[int]:
    """Softly, or for good what is softly deleted already; the numbers. The type stays in the catalog.

    Raises 40401, 40404, 40405, 42205, 42206.
    """
    access.require(Permission.CATALOG_WRITE)
    row = subjects.find(access.workspace, name)
    _require_writable(access, name, row)
    with transaction.atomic():
        versions = list(row.versions.select_for_update())
        live = [each for each in versions if each.is_live]
        if permanent and live:
            raise RegistryError(40405, f"Subject '{name.full}' was not deleted first before being permanently deleted.")
        if not permanent and not live:
            raise RegistryError(
                40404, f"Subject '{name.full}' was soft deleted. Set permanent=true to delete permanently."
            )
        chosen = versions if permanent else live
        _delete(access, row, chosen, permanent=permanent)
    return [each.number for each in chosen]


def delete_version(access: Access, name: SubjectName, version: str, *, permanent: bool) -> int:
    """One version, softly or for good; its number. Raises 40401, 40402, 40406, 40407, 42202, 42205, 42206."""
    access.require(Permission.CATALOG_WRITE)
    row = subjects.find(access.workspace, name)
    number = subjects.version_number(version)
    _require_writable(access, name, row)
    with transaction.atomic():
        every = row.versions.select_for_update().order_by("number")
        one = every.filter(deleted_at=None).last() if number == -1 else every.filter(number=number).first()
        if one is None:
            raise version_not_found(version)
        about = f"Subject '{name.full}' Version {one.number}"
        if permanent and one.is_live:
            raise RegistryError(40407, f"{about} was not deleted first before being permanently deleted.")
        if not permanent and not one.is_live:
            raise RegistryError(40406, f"{about} was soft deleted. Set permanent=true to delete permanently.")
        _delete(access, row, [one], permanent=permanent)
    return int(one.number)


def _delete(access: Access, row: RegistrySubject, versions: Sequence[RegistryVersion], *, permanent: bool) -> None:
    """In the caller's transaction."""
    for each in versions:
        live = {"schema__versions__deleted_at": None, "schema__versions__isnull": False}
        if RegistryReference.objects.filter(target=each, **live).exists():
            raise RegistryError(42206, f"One or more references exist to the schema {row.name} version {each.number}.")
    pks = [each.pk for each in versions]
    numbers = ", ".join(str(each.number) for each in versions)
    chosen = RegistryVersion.objects.filter(pk__in=pks)
    if permanent:
        chosen.delete()
        RegistrySchema.objects.filter(workspace=row.workspace, versions=None).delete()
    else:
        chosen.update(deleted_at=timezone.now())
    RegistrySubject.objects.filter(pk=row.pk).update(registered=True)
    words = "took for good from" if permanent else "hid from"
    summary = f"{words} the registry's subject {row.name}: version {numbers}"
    record(access, row.message_type or row, Change("unlisted", summary, detail={"permanent": permanent}))
    notify.changed(access.workspace, type_id=row.message_type_id)


def effective_mode(access: Access, row: RegistrySubject | None) -> str:
    """The subject's own mode, else the global one; READONLY_OVERRIDE counts for all."""
    everywhere = subjects.settings_of(access.workspace).mode
    if everywhere == RegistryMode.READONLY_OVERRIDE:
        return everywhere
    return (row.mode if row else "") or everywhere


def _require_writable(access: Access, name: SubjectName, row: RegistrySubject | None) -> None:
    if effective_mode(access, row) != RegistryMode.READWRITE:
        raise not_permitted(f"Subject '{name.full}' is in read-only mode.")


def set_level(access: Access, name: SubjectName, level: str) -> None:
    """The subject's own level, which is the type's mode. A subject may have one before its first registration."""
    access.require(Permission.CATALOG_WRITE)
    row = _row_for_settings(access, name)
    if row.message_type is not None:
        changes = catalog.TypeChanges(compatibility=level)
        catalog.update_type(access, row.message_type, changes, why="Set through the registry.")
    RegistrySubject.objects.filter(pk=row.pk).update(level=level, follows_global=False)


def own_level(row: RegistrySubject | None) -> str | None:
    """The subject's own level, or None where the global one holds."""
    if row is None or row.follows_global:
        return None
    return row.message_type.compatibility if row.message_type else row.level or None


def drop_level(access: Access, name: SubjectName) -> str:
    """Back to the global level; the former one. Raises 40408."""
    access.require(Permission.CATALOG_WRITE)
    row = subjects.row_of(access.workspace, name)
    former = own_level(row)
    if row is None or former is None:
        raise no_level(name)
    if row.message_type is not None:
        level = subjects.settings_of(access.workspace).compatibility
        changes = catalog.TypeChanges(compatibility=level)
        catalog.update_type(access, row.message_type, changes, why="Back to the registry's level.")
    RegistrySubject.objects.filter(pk=row.pk).update(level="", follows_global=True)
    return former


def no_level(name: SubjectName) -> RegistryError:
    """40408."""
    return RegistryError(40408, f"Subject '{name.full}' does not have subject-level compatibility configured")


def set_global_level(access: Access, level: str) -> None:
    """For subjects without their own; the types of those that follow take it over at once."""
    access.require(Permission.CATALOG_WRITE)
    with transaction.atomic():
        RegistrySettings.objects.update_or_create(workspace=access.workspace, defaults={"compatibility": level})
        following = access.workspace.message_types.filter(registry_subjects__follows_global=True)
        changed = following.exclude(compatibility=level)
        count = changed.count()
        MessageType.objects.filter(pk__in=changed.values("pk")).update(
            compatibility=CompatibilityMode(level), updated_at=timezone.now()
        )
        summary = f"set the registry's level to {level}, for {count} message types that follow it"
        record(access, access.workspace, Change("updated", summary))
        notify.changed(access.workspace)


def set_mode(access: Access, name: SubjectName | None, mode: str) -> None:
    """A subject's mode, or (None) the global one."""
    access.require(Permission.CATALOG_WRITE)
    if name is None:
        RegistrySettings.objects.update_or_create(workspace=access.workspace, defaults={"mode": mode})
    else:
        row = _row_for_settings(access, name)
        RegistrySubject.objects.filter(pk=row.pk).update(mode=mode)
    about = name.full if name else "all subjects"
    record(
        access, access.workspace, Change("updated", f"set the registry's mode of {about} to {mode or 'the global one'}")
    )


def _row_for_settings(access: Access, name: SubjectName) -> RegistrySubject:
    row = subjects.row_of(access.workspace, name)
    if row is None:
        row, _ = RegistrySubject.objects.get_or_create(
            workspace=access.workspace, name=name.full, defaults={"context": name.context, "follows_global": True}
        )
    return row


def as_registry_error(error: FactstormError) -> RegistryError:
    """Any refusal of ours in the registry's shape."""
    if isinstance(error, RegistryError):
        return error
    if isinstance(error, NotFound):
        return RegistryError(404, "HTTP 404 Not Found")
    if isinstance(error, Forbidden):
        return RegistryError(403, f"User is denied operation: {error.message}")
    number = error.http_status if error.http_status != 422 else 42205
    return RegistryError(number, f"{error.message} {error.hint}".strip())
