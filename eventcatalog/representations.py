"""What the API says of each row: plain dictionaries, the same wherever a row appears."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from eventcatalog.models import (
    BoundedContext,
    ChangeRecord,
    Domain,
    MessageType,
    Participation,
    SchemaVersion,
    Service,
    Signed,
    Team,
)
from workspaces.models import Workspace


def absolute(request: HttpRequest | None, path: str) -> str:
    """The address that the outside uses: PUBLIC_URL when set, else the request's own, else the bare path."""
    if settings.PUBLIC_URL:
        return f"{settings.PUBLIC_URL}{path}"
    return request.build_absolute_uri(path) if request is not None else path


def schema_url(workspace: Workspace, name: str, version: str, request: HttpRequest | None = None) -> str:
    """Where a version's raw schema is: what CloudEvents' ``dataschema`` names."""
    arguments = {"workspace": workspace.slug, "name": name, "version": version}
    return absolute(request, reverse("eventcatalog-api:schema-version", kwargs=arguments))


def message_type(each: MessageType, workspace: Workspace, request: HttpRequest | None = None) -> dict[str, Any]:
    """A type without its schema. Wants latest, domain, context, owner and successor joined."""
    page = reverse("eventcatalog:type", kwargs={"workspace": workspace.slug, "name": each.name})
    answer = {
        "id": str(each.pk),
        "name": each.name,
        "kind": each.kind,
        "title": each.title,
        "description": each.description,
        "state": each.state,
        "compatibility": each.compatibility,
        "policy": each.policy,
        "pattern": each.pattern,
        "version": each.version,
        "domain": _place(each.domain),
        "context": _place(each.context),
        "owner": _place(each.owner),
        "tags": each.tags,
        "stream": each.stream_name,
        "deprecation": _deprecation(each),
        "updated_at": each.updated_at,
        **_signed(each),
        "url": absolute(request, page),
        "schema_url": schema_url(workspace, each.name, each.version, request) if each.version else None,
    }
    for side in ("senders", "receivers"):  # where queries.attach_participants was asked
        if hasattr(each, side):
            answer[side] = [slug for slug, _ in getattr(each, side)]
    return answer


def version(each: SchemaVersion, name: str, workspace: Workspace, request: HttpRequest | None = None) -> dict[str, Any]:
    """A version without its schema."""
    return {
        "id": each.pk,
        "type": name,
        "version": each.version,
        "ordinal": each.ordinal,
        "draft": each.draft,
        "fingerprint": each.fingerprint,
        "notes": each.notes,
        "changes": each.changes,
        "example": each.example,
        **_signed(each),
        "schema_url": schema_url(workspace, name, each.version, request),
    }


def domain(each: Domain) -> dict[str, Any]:
    """A domain."""
    return {**_named(each), "owner": _place(each.owner), **_signed(each)}


def context(each: BoundedContext) -> dict[str, Any]:
    """A bounded context."""
    return {**_named(each), "domain": _place(each.domain), **_signed(each)}


def team(each: Team) -> dict[str, Any]:
    """A team."""
    return {**_named(each), "contact": each.contact}


def service(each: Service) -> dict[str, Any]:
    """A service."""
    places = {"owner": _place(each.owner), "context": _place(each.context)}
    return {**_named(each), **places, "sources": each.sources, **_signed(each)}


def participation(each: Participation) -> dict[str, Any]:
    """Who plays which role."""
    return {"service": _place(each.service), "role": each.role, **_signed(each)}


def change(each: ChangeRecord) -> dict[str, Any]:
    """A line of history."""
    return {
        "at": each.at,
        "by": {"kind": each.actor_kind, "name": each.actor_name},
        "verb": each.verb,
        "subject": {"kind": each.subject_kind, "name": each.subject_name},
        "summary": each.summary,
        "why": each.why,
        "detail": each.detail,
    }


def _named(each: Domain | BoundedContext | Team | Service) -> dict[str, Any]:
    return {"slug": each.slug, "name": each.name, "summary": each.summary}


def _place(each: Domain | BoundedContext | Team | Service | None) -> dict[str, str] | None:
    return {"slug": each.slug, "name": each.name} if each is not None else None


def _signed(each: Signed) -> dict[str, Any]:
    return {"created_at": each.created_at, "created_by": {"kind": each.created_by_kind, "name": each.created_by_name}}


def _deprecation(each: MessageType) -> dict[str, Any] | None:
    if each.deprecated_at is None:
        return None
    successor = each.successor.name if each.successor else None
    return {
        "at": each.deprecated_at,
        "reason": each.deprecation_reason,
        "successor": successor,
        "sunset": each.sunset_at,
    }
