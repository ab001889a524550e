"""Reads of the catalog. Everything is fetched through its workspace; each function says how many queries it costs."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Case, Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When, Window
from django.db.models.functions import Coalesce, RowNumber

from eventcatalog.models import (
    BoundedContext,
    ChangeRecord,
    Domain,
    MessageKind,
    MessageType,
    Participation,
    ParticipationRole,
    SchemaVersion,
    Service,
    TypeState,
)
from eventcatalog.search import find
from workspaces.errors import NotFound
from workspaces.models import Workspace

PAGE_SIZE = 50
PAGE_SIZE_MAX = 200
WORDS_MAX = 8
TYPES_SHOWN_A_PLACE = 40
TYPES_SHOWN_A_MAP = 1_200  # about; each place shows at least TYPES_SHOWN_A_PLACE_MIN
TYPES_SHOWN_A_PLACE_MIN = 6
SENDS = (ParticipationRole.PRODUCES, ParticipationRole.ASKS)
HEAVY = ("latest__schema_text", "latest__bundled_text", "latest__changes", "latest__example", "search_text")


@dataclass(frozen=True, slots=True)
class TypeFilter:
    """What a catalog list asks for; empty texts ask for nothing. Places, owner and service are slugs."""

    q: str = ""
    kind: str = ""
    domain: str = ""
    context: str = ""
    state: str = ""
    owner: str = ""
    service: str = ""
    tag: str = ""
    sort: str = "name"

    @property
    def is_active(self) -> bool:
        """Whether anything narrows the list."""
        return any((self.q, self.kind, self.domain, self.context, self.state, self.owner, self.service, self.tag))


@dataclass(slots=True)
class TypePage:
    """One page of a list. Each type carries ``senders`` and ``receivers``: lists of (slug, name)."""

    types: list[MessageType]
    total: int
    number: int
    size: int
    instead: dict[str, list[str]] = field(default_factory=dict)  # word asked for -> words found in its place

    @property
    def pages(self) -> int:
        """At least one."""
        return max(1, -(-self.total // self.size))

    @property
    def first(self) -> int:
        """The first row's place, from 1; 0 in an empty list."""
        return (self.number - 1) * self.size + 1 if self.types else 0

    @property
    def last(self) -> int:
        """The last row's place."""
        return (self.number - 1) * self.size + len(self.types)


def find_types(workspace: Workspace, wanted: TypeFilter) -> QuerySet[MessageType]:
    """The matching types, best first. Every word of ``q`` must occur in name, title, description, tags or fields."""
    found = workspace.message_types.select_related("latest", "domain", "context", "owner").defer(*HEAVY)
    exact = {
        "kind": wanted.kind,
        "state": wanted.state,
        "domain__slug": wanted.domain,
        "context__slug": wanted.context,
        "owner__slug": wanted.owner,
    }
    found = found.filter(**{column: value for column, value in exact.items() if value})
    if wanted.service:
        served = Participation.objects.filter(service__workspace=workspace, service__slug=wanted.service)
        found = found.filter(pk__in=served.values("message_type"))
    if wanted.tag:
        found = found.filter(search_text__contains=wanted.tag.casefold())
    words = wanted.q.casefold().split()[:WORDS_MAX]
    for word in words:
        found = found.filter(search_text__contains=word)
    if words:
        return found.annotate(rank=_rank(wanted.q.strip())).order_by("rank", "name")
    return found.order_by(*(("-updated_at", "name") if wanted.sort == "recent" else ("name",)))


def _rank(q: str) -> Case:
    return Case(
        When(name__iexact=q, then=Value(0)),
        When(name__istartswith=q, then=Value(1)),
        When(Q(name__icontains=q) | Q(title__icontains=q), then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )


def page_of_types(workspace: Workspace, wanted: TypeFilter, *, number: int = 1, size: int = PAGE_SIZE) -> TypePage:
    """One page, with who sends and receives. Three queries, however many types there are; a few more to search."""
    size = max(1, min(size, PAGE_SIZE_MAX))
    if wanted.q.strip():
        return _page_of_found(workspace, wanted, number=number, size=size)
    found = find_types(workspace, wanted)
    total = found.count()
    number = max(1, min(number, -(-total // size) or 1))
    types = list(found[(number - 1) * size : number * size])
    attach_participants(types)
    return TypePage(types, total, number, size)


def _page_of_found(workspace: Workspace, wanted: TypeFilter, *, number: int, size: int) -> TypePage:
    """The types that the search index finds, the best first, and those that the other filters leave of them. Each type
    of the page carries ``found``: the hit with its excerpt.
    """
    ranked = find.ranked_types(workspace, wanted.q)
    ids = ranked.ids
    rest = replace(wanted, q="")
    if rest.is_active and ids:
        allowed = {str(pk) for pk in find_types(workspace, rest).order_by().values_list("pk", flat=True)}
        ids = [pk for pk in ids if pk in allowed]
    number = max(1, min(number, -(-len(ids) // size) or 1))
    shown = [uuid.UUID(pk) for pk in ids[(number - 1) * size : number * size]]
    rows = {each.pk: each for each in find_types(workspace, TypeFilter()).filter(pk__in=shown)}
    types = [rows[pk] for pk in shown if pk in rows]
    attach_participants(types)
    hits = find.excerpts(workspace, shown, ranked.words)
    for each in types:
        each.found = hits.get(each.pk)  # type: ignore[attr-defined]
    return TypePage(types, len(ids), number, size, ranked.instead)


def attach_participants(types: Sequence[MessageType]) -> None:
    """Sets ``senders`` and ``receivers`` on each type. One query."""
    senders: dict[uuid.UUID, list[tuple[str, str]]] = defaultdict(list)
    receivers: dict[uuid.UUID, list[tuple[str, str]]] = defaultdict(list)
    rows = Participation.objects.filter(message_type__in=[each.pk for each in types]).order_by("role", "service__name")
    columns = ("message_type_id", "role", "service__slug", "service__name")
    for type_id, role, slug, name in rows.values_list(*columns) if types else ():
        (senders if role in SENDS else receivers)[type_id].append((slug, name))
    for each in types:
        each.senders = senders.get(each.pk, [])  # type: ignore[attr-defined]
        each.receivers = receivers.get(each.pk, [])  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Counts:
    """How many types a workspace has, in all and by kind and state."""

    total: int
    kinds: dict[str, int]
    states: dict[str, int]


def counts(workspace: Workspace) -> Counts:
    """One query."""
    kinds = dict.fromkeys(MessageKind.values, 0)
    states = dict.fromkeys(TypeState.values, 0)
    rows = workspace.message_types.order_by().values("kind", "state").annotate(n=Count("pk"))
    for row in rows:
        kinds[row["kind"]] += row["n"]
        states[row["state"]] += row["n"]
    return Counts(sum(kinds.values()), kinds, states)


def find_type(workspace: Workspace, name: str) -> MessageType:
    """The type with its latest version, place, owner and successor. Raises NotFound. One query."""
    related = ("latest", "domain", "context", "owner", "successor", "workspace")
    found = workspace.message_types.select_related(*related).filter(name=name).first()
    if found is None:
        raise NotFound
    return found


def types_by_id(workspace: Workspace, ids: Iterable[uuid.UUID | str]) -> dict[uuid.UUID, MessageType]:
    """Those of the ids that are types of this workspace. One query."""
    wanted = set(ids)
    if not wanted:
        return {}
    related = workspace.message_types.select_related("latest", "domain", "context").defer(*HEAVY)
    return {each.pk: each for each in related.filter(pk__in=wanted)}


def types_by_name(workspace: Workspace, names: Iterable[str]) -> dict[str, MessageType]:
    """Those of the names that are types of this workspace. One query."""
    related = workspace.message_types.select_related("latest", "domain", "context").defer(*HEAVY)
    return {each.name: each for each in related.filter(name__in=set(names))}


def versions_of(message_type: MessageType) -> list[SchemaVersion]:
    """All versions, newest first. One query."""
    return list(SchemaVersion.objects.filter(message_type=message_type).order_by("-ordinal"))


def find_version(message_type: MessageType, version: str) -> SchemaVersion:
    """A version by its number, or ``latest``. Raises NotFound. One query at most."""
    if version == "latest":
        if message_type.latest is None:
            raise NotFound
        return message_type.latest
    found = SchemaVersion.objects.filter(message_type=message_type, version=version).first()
    if found is None:
        raise NotFound
    return found


def participations_of(message_type: MessageType) -> list[Participation]:
    """Who has to do with it, with services and their owners. One query."""
    rows = Participation.objects.filter(message_type=message_type)
    return list(rows.select_related("service__owner", "service__context").order_by("role", "service__name"))


def history_of(message_type: MessageType, *, limit: int = 100) -> list[ChangeRecord]:
    """The newest changes of a type. One query."""
    return list(ChangeRecord.objects.filter(message_type=message_type)[:limit])


def find_service(workspace: Workspace, slug: str) -> Service:
    """A service with its owner, context and domain. Raises NotFound. One query."""
    found = workspace.services.select_related("owner", "context__domain").filter(slug=slug).first()
    if found is None:
        raise NotFound
    return found


def services_of(workspace: Workspace) -> QuerySet[Service]:
    """All services, with how many types each has to do with. One query."""
    roles = Participation.objects.filter(service=OuterRef("pk")).order_by().values("service")
    counted = roles.annotate(types=Count("message_type", distinct=True)).values("types")
    return workspace.services.select_related("owner", "context__domain").annotate(
        types_count=Coalesce(Subquery(counted), 0)
    )


@dataclass(slots=True)
class ServiceTypes:
    """The types of one role of a service, and who is at the other end of each (``others``)."""

    role: str
    label: str
    rows: list[MessageType] = field(default_factory=list)


def types_of_service(service: Service) -> list[ServiceTypes]:
    """By role, in a fixed order, the empty ones left out. Two queries."""
    related = ("message_type__latest", "message_type__context", "message_type__domain")
    rows = Participation.objects.filter(service=service).select_related(*related).order_by("message_type__name")
    by_role: dict[str, list[MessageType]] = defaultdict(list)
    for row in rows.defer(*(f"message_type__{column}" for column in HEAVY)):
        by_role[row.role].append(row.message_type)
    attach_participants([each for types in by_role.values() for each in types])
    return [
        ServiceTypes(role, str(ParticipationRole(role).label), by_role[role])
        for role in ParticipationRole.values
        if by_role.get(role)
    ]


@dataclass(slots=True)
class ContextOnMap:
    """A bounded context (None: straight in the domain) with its first types, their number, and its services."""

    context: BoundedContext | None
    types: list[dict[str, Any]] = field(default_factory=list)
    types_count: int = 0
    services: list[Service] = field(default_factory=list)

    @property
    def hidden_count(self) -> int:
        """How many types are not listed."""
        return self.types_count - len(self.types)


@dataclass(slots=True)
class DomainOnMap:
    """A domain (None: types and services that lie nowhere) with its contexts."""

    domain: Domain | None
    contexts: list[ContextOnMap]
    types_count: int = 0
    across: dict[str, Any] | None = None  # what crosses its boundary; the page fills it in

    @property
    def is_empty(self) -> bool:
        """Nothing lies here."""
        return not any(each.types_count or each.services or each.context for each in self.contexts)


def domain_map(workspace: Workspace) -> list[DomainOnMap]:
    """Domains -> contexts -> types and services. Five queries; of each place the first few types."""
    domains = {each.pk: DomainOnMap(each, []) for each in workspace.domains.select_related("owner")}
    nowhere = DomainOnMap(None, [])
    places: dict[tuple[int | None, int | None], ContextOnMap] = {}
    for domain_id, on_map in [*domains.items(), (None, nowhere)]:
        places[domain_id, None] = ContextOnMap(None)
        on_map.contexts.append(places[domain_id, None])
    domain_of: dict[int | None, int] = {}
    for context in workspace.contexts.all():
        domain_of[context.pk] = context.domain_id
        places[context.domain_id, context.pk] = ContextOnMap(context)
        domains[context.domain_id].contexts.append(places[context.domain_id, context.pk])
    for service in workspace.services.only("workspace", "slug", "name", "context"):
        places[domain_of.get(service.context_id), service.context_id].services.append(service)
    shown_max = min(TYPES_SHOWN_A_PLACE, max(TYPES_SHOWN_A_PLACE_MIN, TYPES_SHOWN_A_MAP // len(places)))
    columns = ("name", "title", "kind", "state", "domain_id", "context_id")
    for row in workspace.message_types.order_by().values("domain_id", "context_id").annotate(count=Count("pk")):
        places[row["domain_id"], row["context_id"]].types_count = row["count"]
        (domains[row["domain_id"]] if row["domain_id"] else nowhere).types_count += row["count"]
    here = [F("domain_id"), F("context_id")]
    nth = Window(RowNumber(), partition_by=here, order_by="name")
    for row in workspace.message_types.annotate(nth=nth).filter(nth__lte=shown_max).order_by("name").values(*columns):
        places[row["domain_id"], row["context_id"]].types.append(row)
    return [*domains.values(), *([] if nowhere.is_empty else [nowhere])]
