"""The library's writes: add a component, publish its next version, change its words."""

from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from eventcatalog import evolution, notify
from eventcatalog.actions.types import TEXT_MAX
from eventcatalog.errors import NameTaken, NothingChanged, VersionMoved
from eventcatalog.history import Change, record, signature
from eventcatalog.library.models import Component, ComponentVersion
from eventcatalog.library.references import store_references
from eventcatalog.library.resolve import fetch_from
from eventcatalog.models import TYPE_NAME, TYPE_NAME_HINT
from workspaces.access import Access, Permission
from workspaces.errors import Invalid, LimitReached, NotFound

COMPONENTS_PER_WORKSPACE_MAX = 5_000


def add_component(
    access: Access,
    *,
    name: str,
    schema: str | dict[str, Any] | bool,
    title: str = "",
    description: str = "",
    example: Any = None,
    notes: str = "",
    why: str = "",
) -> Component:
    """A component with its first version, 1.0.0.

    Raises Invalid (with ``place``), InvalidSchema, NameTaken, LimitReached.
    """
    access.require(Permission.CATALOG_WRITE)
    name = name.strip()
    if not TYPE_NAME.fullmatch(name):
        raise Invalid(f"{name[:60]!r} can't be a component's name.", hint=TYPE_NAME_HINT, place="name")
    parsed = evolution.read(schema, fetch=fetch_from(access.workspace))
    made = evolution.example_for(parsed, given=example)
    component = Component(
        workspace=access.workspace,
        name=name,
        title=_text("title", title),
        description=_text("description", description),
        **signature(access),
    )
    if access.workspace.components.count() >= COMPONENTS_PER_WORKSPACE_MAX:
        raise LimitReached(f"A workspace has at most {COMPONENTS_PER_WORKSPACE_MAX:,} components.")
    try:
        with transaction.atomic():
            component.save(force_insert=True)
            first = ComponentVersion(
                component=component, ordinal=1, version="1.0.0", notes=_text("notes", notes), example=made
            )
            _store(access, first, parsed)
            record(access, component, Change("registered", f"added the component {name} 1.0.0", why))
            notify.changed(access.workspace)
    except IntegrityError as error:
        raise NameTaken(
            f"There is a component {name!r} already.",
            hint="Open it and publish a new version, or choose another name.",
            place="name",
            name=name,
        ) from error
    return component


def publish_component(
    access: Access,
    component: Component,
    *,
    schema: str | dict[str, Any] | bool,
    notes: str = "",
    example: Any = None,
    expected_latest: str | None = None,
    why: str = "",
) -> ComponentVersion:
    """The next version, numbered by what changed. It breaks nobody: whoever refers to a component names a version.

    Raises InvalidSchema, NothingChanged, VersionMoved.
    """
    access.require(Permission.CATALOG_WRITE)
    if component.workspace_id != access.workspace.pk:
        raise NotFound
    parsed = evolution.read(schema, fetch=fetch_from(access.workspace))
    with transaction.atomic():
        fresh = Component.objects.select_for_update(of=("self",)).select_related("latest").get(pk=component.pk)
        latest = fresh.latest
        if latest is None:
            raise NotFound
        if expected_latest and latest.version != expected_latest:
            raise VersionMoved(expected=expected_latest, latest=latest.version)
        found = assess_component(fresh, parsed)
        if found.is_same:
            raise NothingChanged(f"This is version {latest.version} already.", latest=latest.version)
        made = evolution.example_for(parsed, given=example, former=latest.example)
        following = ComponentVersion(
            component=fresh,
            ordinal=latest.ordinal + 1,
            version=found.proposed,
            notes=_text("notes", notes),
            example=made,
            changes=list(found.changes),
        )
        _store(access, following, parsed)
        record(
            access,
            fresh,
            Change("published", f"published the component {fresh.name} {following.version}", why or notes),
        )
        notify.changed(access.workspace)
    component.latest = following
    return following


def change_component(
    access: Access, component: Component, *, title: str | None = None, description: str | None = None, why: str = ""
) -> Component:
    """Change its words."""
    access.require(Permission.CATALOG_WRITE)
    if component.workspace_id != access.workspace.pk:
        raise NotFound
    if title is not None:
        component.title = _text("title", title)
    if description is not None:
        component.description = _text("description", description)
    component.updated_at = timezone.now()
    with transaction.atomic():
        component.save(update_fields=["title", "description", "updated_at"])
        record(access, component, Change("updated", f"changed the words of the component {component.name}", why))
        notify.changed(access.workspace)
    return component


def assess_component(component: Component, parsed: evolution.Parsed) -> evolution.Assessment:
    """What a new version of the component changes; told both ways, and never a refusal."""
    latest = component.latest
    stored = [(latest.version, latest.meaning)] if latest else []
    return evolution.assess(stored, parsed, mode="full")


def _store(access: Access, version: ComponentVersion, parsed: evolution.Parsed) -> None:
    if len(parsed.bundled_text or parsed.text) > settings.SCHEMA_BYTES_MAX:
        raise LimitReached("With all that it refers to this schema is too large.", hint="Refer to fewer definitions.")
    version.workspace = access.workspace
    version.schema_text, version.bundled_text = parsed.text, parsed.bundled_text
    version.fingerprint, version.draft = parsed.fingerprint, parsed.draft
    for column, value in signature(access).items():
        setattr(version, column, value)
    version.save()
    store_references(access, parsed, component_version=version)
    component = version.component
    component.latest, component.updated_at = version, timezone.now()
    component.save(update_fields=["latest", "updated_at"])


def _text(field: str, value: str) -> str:
    if len(value) > TEXT_MAX[field]:
        raise Invalid(f"{field} has at most {TEXT_MAX[field]:,} characters.", place=field)
    return value.strip()
