"""Message types: register, update, deprecate, revive."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from broker_adapter.models import RESERVED_PREFIX
from eventcatalog import evolution, notify
from eventcatalog.actions.places import find_context, find_domain, find_team
from eventcatalog.errors import NameTaken
from eventcatalog.history import Change, record, signature
from eventcatalog.library.references import store_references
from eventcatalog.library.resolve import fetch_from
from eventcatalog.models import (
    PATTERNS_OF_KIND,
    TYPE_NAME,
    TYPE_NAME_HINT,
    BoundedContext,
    CompatibilityMode,
    Domain,
    MessageKind,
    MessageType,
    Policy,
    SchemaVersion,
    TypeState,
)
from workspaces.access import Access, Permission
from workspaces.errors import Invalid, LimitReached, NotFound

FIRST_VERSION = (1, 0, 0)
TAGS_MAX = 20
TAG_LENGTH_MAX = 40
TEXT_MAX = {"title": 200, "description": 20_000, "notes": 5000, "reason": 2000, "stream_name": 100}


@dataclass(frozen=True, slots=True)
class TypeChanges:
    """What update_type changes; None leaves a field alone, an empty text takes a place, owner or stream away."""

    title: str | None = None
    description: str | None = None
    domain: str | None = None
    context: str | None = None
    owner: str | None = None
    compatibility: str | None = None
    policy: str | None = None
    pattern: str | None = None
    state: str | None = None
    tags: Sequence[str] | None = None
    stream_name: str | None = None


def register_type(
    access: Access,
    *,
    kind: str,
    name: str,
    schema: str | dict[str, Any] | bool,
    title: str = "",
    description: str = "",
    context: BoundedContext | str | None = None,
    domain: Domain | str | None = None,
    owner: str | None = None,
    compatibility: str = CompatibilityMode.BACKWARD,
    policy: str = Policy.STRICT,
    pattern: str = "",
    state: str = TypeState.ACTIVE,
    tags: Sequence[str] = (),
    stream_name: str | None = None,
    example: Any = None,
    notes: str = "",
    number: tuple[int, int, int] = FIRST_VERSION,
    why: str = "",
) -> MessageType:
    """A type with its first version, 1.0.0 (or ``number``, for one that had another elsewhere), in one transaction.

    ``schema`` is JSON text (kept as given) or a document. ``context``, ``domain`` and ``owner`` may be slugs.
    Raises Invalid (with ``place``), InvalidSchema, NameTaken, LimitReached.
    """
    access.require(Permission.CATALOG_WRITE)
    parsed = evolution.read(schema, fetch=fetch_from(access.workspace))
    message_type = MessageType(
        workspace=access.workspace,
        kind=_choice(kind, MessageKind, "kind"),
        name=_type_name(name),
        title=_text("title", title),
        description=_text("description", description),
        compatibility=_choice(compatibility, CompatibilityMode, "compatibility"),
        policy=_choice(policy, Policy, "policy"),
        pattern=_pattern(kind, pattern),
        state=_choice(state, TypeState, "state"),
        owner=find_team(access, owner),
        tags=_tags(tags),
        stream_name=_text("stream_name", stream_name or "") or None,
        **signature(access),
    )
    _place(access, message_type, domain=domain, context=context)
    example = evolution.example_for(parsed, given=example)
    if access.workspace.message_types.count() >= settings.TYPES_PER_WORKSPACE_MAX:
        raise LimitReached(f"A workspace has at most {settings.TYPES_PER_WORKSPACE_MAX} message types.")
    message_type.search_text = search_text(message_type, parsed)
    try:
        with transaction.atomic():
            message_type.save(force_insert=True)
            first = SchemaVersion(
                workspace=access.workspace,
                message_type=message_type,
                example=example,
                notes=_text("notes", notes),
                **signature(access),
            )
            store_version(access, first, parsed, number=number, ordinal=1)
            summary = f"registered the {message_type.kind} {message_type.name} {first.version}"
            record(access, message_type, Change("registered", summary, why))
            notify.changed(access.workspace, type_id=message_type.pk)
    except IntegrityError as error:
        raise NameTaken(
            f"There is a message type {message_type.name!r} already.",
            hint="Open it and publish a new version, or choose another name.",
            place="name",
            name=message_type.name,
        ) from error
    return message_type


def update_type(access: Access, message_type: MessageType, changes: TypeChanges, *, why: str = "") -> MessageType:
    """Change what is given of a type's words, place, owner, mode, state, tags and stream. Name and kind stay."""
    access.require(Permission.CATALOG_WRITE)
    own(access, message_type)
    with transaction.atomic():
        fresh = locked(message_type)
        before = _shown(fresh)
        _apply(access, fresh, changes)
        after = _shown(fresh)
        differing = {key: {"from": before[key], "to": after[key]} for key in after if before[key] != after[key]}
        if not differing:
            return fresh
        fresh.updated_at = timezone.now()
        fresh.search_text = search_text(fresh, _parsed_latest(fresh))
        fresh.save()
        words = ", ".join(key.replace("_", " ") for key in differing)
        record(access, fresh, Change("updated", f"changed {words} of {fresh.name}", why, differing))
        notify.changed(access.workspace, type_id=fresh.pk)
    return fresh


def deprecate(
    access: Access,
    message_type: MessageType,
    *,
    reason: str,
    successor: str | None = None,
    sunset: datetime | None = None,
) -> MessageType:
    """Ask people to stop using it; its records are still validated and taken, and whoever appends them is told.

    ``successor`` is a type's name; ``sunset`` says from when on nobody should rely on it. Deprecating again changes
    these and keeps the day it began.
    """
    access.require(Permission.CATALOG_WRITE)
    own(access, message_type)
    reason = _text("reason", reason)
    if not reason:
        raise Invalid("Say why, so that those who use it know what to do.", place="reason")
    following = None
    if successor:
        following = access.workspace.message_types.filter(name=successor).exclude(pk=message_type.pk).first()
        if following is None:
            raise Invalid(f"There is no other type {successor!r}.", place="successor")
    with transaction.atomic():
        fresh = locked(message_type)
        fresh.state, fresh.deprecation_reason, fresh.sunset_at = TypeState.DEPRECATED, reason, sunset
        fresh.deprecated_at = fresh.deprecated_at or timezone.now()
        fresh.successor, fresh.updated_at = following, timezone.now()
        fresh.save()
        summary = f"deprecated {fresh.name}" + (f" in favour of {following.name}" if following else "")
        summary += f", until {sunset:%Y-%m-%d}" if sunset else ""
        detail = {
            "reason": reason,
            "successor": following.name if following else None,
            "sunset_at": sunset.isoformat() if sunset else None,
        }
        record(access, fresh, Change("deprecated", summary, reason, detail))
        notify.changed(access.workspace, type_id=fresh.pk)
    return fresh


def revive(access: Access, message_type: MessageType, *, why: str = "") -> MessageType:
    """Take a deprecation back."""
    access.require(Permission.CATALOG_WRITE)
    own(access, message_type)
    with transaction.atomic():
        fresh = locked(message_type)
        fresh.state, fresh.deprecated_at, fresh.deprecation_reason = TypeState.ACTIVE, None, ""
        fresh.successor, fresh.sunset_at, fresh.updated_at = None, None, timezone.now()
        fresh.save()
        record(access, fresh, Change("revived", f"took back the deprecation of {fresh.name}", why))
        notify.changed(access.workspace, type_id=fresh.pk)
    return fresh


def _parsed_latest(message_type: MessageType) -> evolution.Parsed | None:
    latest = message_type.latest
    return evolution.read(latest.meaning) if latest else None


def store_version(
    access: Access, version: SchemaVersion, parsed: evolution.Parsed, *, number: tuple[int, int, int], ordinal: int
) -> None:
    """Insert a version and make it its type's latest. Inside the caller's transaction, on a locked type."""
    version.major, version.minor, version.patch = number
    version.version = ".".join(map(str, number))
    version.ordinal = ordinal
    version.schema_text, version.fingerprint, version.draft = parsed.text, parsed.fingerprint, str(parsed.draft)
    version.bundled_text = parsed.bundled_text
    version.save()
    store_references(access, parsed, version=version)
    message_type = version.message_type
    message_type.latest = version
    message_type.updated_at = timezone.now()
    message_type.search_text = search_text(message_type, parsed)
    message_type.field_names = evolution.field_names(parsed)
    message_type.save(update_fields=["latest", "updated_at", "search_text", "field_names"])


def search_text(message_type: MessageType, parsed: evolution.Parsed | None) -> str:
    """What searching looks in, case-folded and bounded."""
    fields = evolution.field_names(parsed) if parsed is not None else []
    words = [message_type.name, message_type.title, message_type.description, *message_type.tags, *fields]
    return "\n".join(words).casefold()[:60_000]


def own(access: Access, message_type: MessageType) -> None:
    """NotFound for another workspace's type."""
    if message_type.workspace_id != access.workspace.pk:
        raise NotFound


def locked(message_type: MessageType) -> MessageType:
    """The type as stored now, its row locked until the transaction ends (on SQLite the whole database is)."""
    found = MessageType.objects.select_for_update(of=("self",)).filter(pk=message_type.pk).first()
    if found is None:
        raise NotFound
    return found


def _apply(access: Access, message_type: MessageType, changes: TypeChanges) -> None:
    if changes.title is not None:
        message_type.title = _text("title", changes.title)
    if changes.description is not None:
        message_type.description = _text("description", changes.description)
    if changes.owner is not None:
        message_type.owner = find_team(access, changes.owner)
    if changes.tags is not None:
        message_type.tags = _tags(changes.tags)
    if changes.stream_name is not None:
        message_type.stream_name = _text("stream_name", changes.stream_name) or None
    if changes.compatibility is not None:
        message_type.compatibility = _choice(changes.compatibility, CompatibilityMode, "compatibility")
    if changes.policy is not None:
        message_type.policy = _choice(changes.policy, Policy, "policy")
    if changes.pattern is not None:
        message_type.pattern = _pattern(message_type.kind, changes.pattern)
    if changes.state is not None:
        _set_state(message_type, _choice(changes.state, TypeState, "state"))
    if changes.context is not None or changes.domain is not None:
        _place(access, message_type, domain=changes.domain, context=changes.context)


def _set_state(message_type: MessageType, state: str) -> None:
    if state == message_type.state:
        return
    if state == TypeState.DEPRECATED:
        raise Invalid("Deprecating needs a reason.", hint="Use the type's deprecation.", place="state")
    if message_type.state == TypeState.DEPRECATED:
        message_type.deprecated_at, message_type.deprecation_reason, message_type.successor = None, "", None
    message_type.state = state


def _place(
    access: Access, message_type: MessageType, *, domain: Domain | str | None, context: BoundedContext | str | None
) -> None:
    """Into a context (and its domain), a domain alone, or nowhere."""
    found = context if isinstance(context, BoundedContext) else find_context(access, context)
    around = domain if isinstance(domain, Domain) else find_domain(access, domain)
    for place in (found, around):
        if place is not None and place.workspace_id != access.workspace.pk:
            raise NotFound
    if found is not None and around is not None and found.domain_id != around.pk:
        raise Invalid(f"The context {found.name} lies in another domain.", place="context")
    message_type.context = found
    message_type.domain = found.domain if found is not None else around


def _shown(message_type: MessageType) -> dict[str, Any]:
    return {
        "title": message_type.title,
        "description": message_type.description,
        "domain": message_type.domain.slug if message_type.domain else None,
        "context": message_type.context.slug if message_type.context else None,
        "owner": message_type.owner.slug if message_type.owner else None,
        "compatibility": message_type.compatibility,
        "policy": message_type.policy,
        "pattern": message_type.pattern,
        "state": message_type.state,
        "tags": message_type.tags,
        "stream_name": message_type.stream_name,
    }


def _type_name(name: str) -> str:
    name = name.strip()
    if not TYPE_NAME.fullmatch(name):
        raise Invalid(f"{name[:60]!r} can't be a message type's name.", hint=TYPE_NAME_HINT, place="name")
    if name.lower().startswith(RESERVED_PREFIX):
        raise Invalid(
            f"Names under {RESERVED_PREFIX} are for what Factstorm itself records.",
            hint="Choose another name.",
            place="name",
        )
    return name


def _choice(value: str, choices: Any, place: str) -> str:
    if value not in choices.values:
        raise Invalid(f"{place} is one of {', '.join(choices.values)}.", place=place)
    return str(value)


def _pattern(kind: str, pattern: str) -> str:
    """The pattern, or the kind's usual one for an empty text. Raises Invalid for one that the kind can't have."""
    allowed = PATTERNS_OF_KIND[_choice(kind, MessageKind, "kind")]
    if pattern and pattern not in allowed:
        words = " or ".join(allowed)
        raise Invalid(f"The pattern of {'an' if kind == 'event' else 'a'} {kind} is {words}.", place="pattern")
    return pattern or allowed[0]


def _text(field: str, value: str) -> str:
    if len(value) > TEXT_MAX[field]:
        raise Invalid(f"{field} has at most {TEXT_MAX[field]:,} characters.", place=field)
    return value.strip()


def _tags(tags: Sequence[str]) -> list[str]:
    cleaned = sorted({" ".join(tag.split()) for tag in tags} - {""})
    if len(cleaned) > TAGS_MAX or any(len(tag) > TAG_LENGTH_MAX for tag in cleaned):
        raise Invalid(f"At most {TAGS_MAX} tags of {TAG_LENGTH_MAX} characters.", place="tags")
    return cleaned
