"""Rows of a workspace as a neutral Catalogue, whole or in part. A fixed number of queries, however much there is."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from eventcatalog.interchange.formats.model import Catalogue, Message, Part, Place, Version
from eventcatalog.models import MessageType, SchemaVersion
from workspaces.errors import LimitReached, NotFound
from workspaces.models import Workspace

MESSAGES_MAX = 5_000
STAYS = (
    "History, traffic, boards, people and the order of reactions stay here.",
    "References to the library's components are put into the schemas.",
)


@dataclass(frozen=True, slots=True)
class Scope:
    """What to collect: everything, or what belongs to a domain, a service (slugs) or a type (its name)."""

    domain: str = ""
    service: str = ""
    type: str = ""


def collect(workspace: Workspace, scope: Scope, *, former: bool = True) -> Catalogue:
    """The catalogue. Raises NotFound for a domain, service or type that isn't there, LimitReached for too much."""
    types = _types(workspace, scope)
    if types.count() > MESSAGES_MAX:
        raise LimitReached(f"More than {MESSAGES_MAX:,} messages are too many for one document; export a domain.")
    rows = list(types.select_related("latest", "domain", "context", "owner", "successor"))
    parts = _parts(workspace, rows, scope)
    catalogue = Catalogue(workspace.name, lost=list(STAYS))
    _add_places(catalogue, workspace, rows, parts, scope)
    versions = _versions(rows, former)
    catalogue.messages = [_message(each, versions.get(each.pk, [])) for each in rows]
    catalogue.parts = parts
    _describe(catalogue, workspace, scope)
    return catalogue


def _types(workspace: Workspace, scope: Scope) -> Any:
    types = workspace.message_types.order_by("name")
    if scope.domain:
        if not workspace.domains.filter(slug=scope.domain).exists():
            raise NotFound
        types = types.filter(domain__slug=scope.domain)
    if scope.service:
        if not workspace.services.filter(slug=scope.service).exists():
            raise NotFound
        types = types.filter(participations__service__slug=scope.service).distinct()
    if scope.type:
        types = types.filter(name=scope.type)
        if not types.exists():
            raise NotFound
    return types


def _parts(workspace: Workspace, rows: list[MessageType], scope: Scope) -> list[Part]:
    names = {each.pk: each.name for each in rows}
    found = workspace.participations.order_by("service__slug", "message_type__name", "role")
    if scope.service:
        found = found.filter(service__slug=scope.service)
    columns = found.values_list("service__slug", "role", "message_type_id")
    return [Part(service, role, names[pk]) for service, role, pk in columns if pk in names]


def _versions(rows: list[MessageType], former: bool) -> dict[Any, list[SchemaVersion]]:
    """By type, oldest first."""
    if not former:
        return {each.pk: [each.latest] for each in rows if each.latest}
    found: dict[Any, list[SchemaVersion]] = defaultdict(list)
    pks = [each.pk for each in rows]
    for start in range(0, len(pks), 500):
        for each in SchemaVersion.objects.filter(message_type__in=pks[start : start + 500]).order_by("ordinal"):
            found[each.message_type_id].append(each)
    return found


def _message(each: MessageType, versions: list[SchemaVersion]) -> Message:
    return Message(
        each.name,
        kind=each.kind,  # type: ignore[arg-type]
        title=each.title,
        description=each.description,
        domain=each.domain.slug if each.domain else "",
        context=each.context.slug if each.context else "",
        owner=each.owner.slug if each.owner else "",
        state=each.state,
        tags=list(each.tags),
        stream=each.stream_name or "",
        compatibility=each.compatibility,
        policy=each.policy,
        pattern=each.pattern,
        deprecation_reason=each.deprecation_reason,
        successor=each.successor.name if each.successor else "",
        versions=[Version(one.meaning, one.version, one.notes, one.example) for one in versions],
    )


def _add_places(
    catalogue: Catalogue, workspace: Workspace, rows: list[MessageType], parts: list[Part], scope: Scope
) -> None:
    """All places of a workspace; of a part only those that it touches."""
    whole = scope == Scope()
    services = {each.service for each in parts} | ({scope.service} if scope.service else set())
    for each in workspace.services.select_related("owner", "context"):
        if whole or each.slug in services:
            inside, owner = each.context.slug if each.context else "", each.owner.slug if each.owner else ""
            catalogue.services.append(Place(each.slug, each.name, each.summary, owner, inside))
    contexts = {each.context.slug for each in rows if each.context} | {each.inside for each in catalogue.services}
    for context in workspace.contexts.select_related("domain"):
        if whole or context.slug in contexts or context.domain.slug == scope.domain:
            catalogue.contexts.append(Place(context.slug, context.name, context.summary, "", context.domain.slug))
    domains = {each.domain.slug for each in rows if each.domain} | {each.inside for each in catalogue.contexts}
    for domain in workspace.domains.select_related("owner"):
        if whole or domain.slug in domains or domain.slug == scope.domain:
            owner = domain.owner.slug if domain.owner else ""
            catalogue.domains.append(Place(domain.slug, domain.name, domain.summary, owner))
    owners = {each.owner.slug for each in rows if each.owner}
    owners |= {each.owner for each in (*catalogue.services, *catalogue.domains)}
    for team in workspace.teams.all():
        if whole or team.slug in owners:
            catalogue.teams.append(Place(team.slug, team.name, team.summary, contact=team.contact))


def _describe(catalogue: Catalogue, workspace: Workspace, scope: Scope) -> None:
    """Title and words of the part that was asked for."""
    named: dict[str, Place] = {each.slug: each for each in (catalogue.services if scope.service else catalogue.domains)}
    place = named.get(scope.service or scope.domain)
    if place is not None:
        catalogue.title, catalogue.description = place.name, place.summary
    elif scope.type:
        catalogue.title = scope.type
    else:
        catalogue.description = f"What the services of {workspace.name} say to each other."
