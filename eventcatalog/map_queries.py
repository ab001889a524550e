"""The workspace's map as the value that eventcatalog.coupling thinks about, and who answers for what.

``graph_of`` costs eight queries however large the catalog is, and is remembered in the process for as long as neither
the catalog's revision nor the newest observation changes: checking that costs two.
"""

import threading
import uuid
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from django.db import models
from django.db.models import Max, Sum, TextField
from django.db.models.functions import Cast

from eventcatalog import notify
from eventcatalog.coupling.graph import Graph, Link, Message, Reaction, Service, StreamLink
from eventcatalog.map_models import Observation, Steward, StreamUse
from eventcatalog.map_models import Reaction as ReactionRow
from eventcatalog.models import PATTERNS_OF_KIND, WAITING, MessageType, ParticipationRole, Pattern, TypeState
from eventcatalog.models import Service as ServiceRow
from eventcatalog.observing import Sources
from workspaces.models import Workspace

GRAPHS_REMEMBERED_MAX = 20
MANY = frozenset({Pattern.PUBLISH_SUBSCRIBE, Pattern.SCATTER_GATHER})
SENDING = frozenset({ParticipationRole.PRODUCES, ParticipationRole.ASKS})
Stamp = tuple[int, int, int]
T = TypeVar("T")


@dataclass(slots=True)
class Remembered:
    """A graph as of ``stamp``."""

    stamp: Stamp
    graph: Graph


_remembered: "OrderedDict[uuid.UUID, Remembered]" = OrderedDict()
_lock = threading.Lock()


def graph_of(workspace: Workspace) -> Graph:
    """The map as it is now."""
    return _current(workspace).graph


def worked_out(workspace: Workspace, work: Callable[[Graph], T]) -> T:
    """``work(graph)``, remembered for as long as the graph stays the same. ``work`` is a module's function."""
    return graph_of(workspace).once(work)


def stamp_of(workspace: Workspace) -> Stamp:
    """Changes whenever the map does. Two queries."""
    seen = Observation.objects.filter(workspace=workspace).aggregate(last=Max("id"), records=Sum("records"))
    magnitude = (seen["records"] or 0).bit_length()  # counts themselves may be a little behind
    return notify.revision_of(workspace.pk), seen["last"] or 0, magnitude


def _current(workspace: Workspace) -> Remembered:
    stamp = stamp_of(workspace)
    with _lock:
        found = _remembered.get(workspace.pk)
        if found is not None and found.stamp == stamp:
            _remembered.move_to_end(workspace.pk)
            return found
    found = Remembered(stamp, _read(workspace))
    with _lock:
        _remembered[workspace.pk] = found
        while len(_remembered) > GRAPHS_REMEMBERED_MAX:
            _remembered.popitem(last=False)
    return found


def _read(workspace: Workspace) -> Graph:
    services = list(workspace.services.select_related("context__domain", "owner"))
    seen = _Seen(workspace, services)
    domains = _Places(workspace.domains)
    contexts = _Places(workspace.contexts)
    messages, name_of = _messages(workspace, seen, domains.slugs, contexts.slugs)
    links = _links(workspace, seen, messages, {each.pk: each.slug for each in services}, name_of)
    names = domains.names | contexts.names
    reactions = ReactionRow.objects.filter(workspace=workspace).order_by("pk")
    columns = ("service__slug", "trigger__name", "result__name", "policy")
    return Graph(
        services={each.slug: _service(each) for each in services},
        messages=messages,
        links=links,
        reactions=tuple(Reaction(*row) for row in reactions.values_list(*columns)),
        streams=_streams(workspace, seen),
        zone_names=names,
    )


class _Places:
    """Domains or contexts. Joining them to thousands of types costs more than looking them up here."""

    def __init__(self, places: Any) -> None:
        rows = list(places.values_list("pk", "slug", "name"))
        self.slugs: dict[int | None, str] = {pk: slug for pk, slug, _ in rows}
        self.names: dict[str, str] = {slug: name for _, slug, name in rows}


class _Seen:
    """Observations, added up the ways that the graph needs them."""

    def __init__(self, workspace: Workspace, services: list[ServiceRow]) -> None:
        sources = Sources(services)
        self.sends: set[tuple[str, str]] = set()
        self.appends: set[tuple[str, str]] = set()
        self.streams: defaultdict[str, set[str]] = defaultdict(set)
        self.records: defaultdict[str, int] = defaultdict(int)
        rows = Observation.objects.filter(workspace=workspace)
        for stream, name, source, records in rows.values_list("stream_name", "type_name", "source", "records"):
            self.streams[name].add(stream)
            self.records[name] += records
            service = sources.service_of(source) if source else None
            if service is not None:
                self.sends.add((service, name))
                self.appends.add((service, stream))


def _service(row: ServiceRow) -> Service:
    context = row.context
    owner = row.owner.name if row.owner else ""
    if context is None:
        return Service(row.slug, row.name, owner=owner)
    return Service(row.slug, row.name, context.slug, context.domain.slug, owner)


def _messages(
    workspace: Workspace, seen: _Seen, domains: dict[int | None, str], contexts: dict[int | None, str]
) -> tuple[dict[str, Message], dict[str, str]]:
    """(name -> message, id as text -> name). Ids and fields come as the texts they are stored as: at thousands of rows
    the UUIDs and Django's JSON decoder would cost more than the query.
    """
    columns = (
        "name", "kind", "pattern", "context_id", "domain_id", "owner__name", "stream_name", "state",
        "successor__name", "compatibility",
    )  # fmt: skip
    rows = workspace.message_types.order_by("name").annotate(key=_text("id"), fields=_text("field_names"))
    read_names = msgspec.json.Decoder(list[str]).decode
    found, name_of = {}, {}
    for row in rows.values_list(*columns, "key", "fields"):
        name, kind, pattern, context, domain, owner, stream, state, successor, promise, key, fields = row
        pattern = pattern or PATTERNS_OF_KIND[kind][0]
        name_of[key] = name
        found[name] = Message(
            name,
            kind,
            waits=pattern in WAITING,
            many=pattern in MANY,
            context=contexts.get(context, ""),
            domain=domains.get(domain, ""),
            owner=owner or "",
            stream=stream or "",
            deprecated=state == TypeState.DEPRECATED,
            draft=state == TypeState.DRAFT,
            successor=successor or "",
            promise=promise,
            fields=frozenset(read_names(fields)),
            streams=frozenset(seen.streams.get(name, ())),
            records=seen.records.get(name, 0),
        )
    return found, name_of


def _text(column: str) -> Cast:
    return Cast(column, TextField())


def _links(
    workspace: Workspace,
    seen: _Seen,
    messages: dict[str, Message],
    slug_of: dict[int, str],
    name_of: dict[str, str],
) -> tuple[Link, ...]:
    links = []
    declared = set()
    rows = workspace.participations.order_by("pk").values_list("service_id", _text("message_type_id"), "role")
    for service_id, key, role in rows:
        service, name = slug_of.get(service_id), name_of.get(key)
        if service is None or name is None:
            continue  # made since the services and types were read: the next reading has both
        sends = role in SENDING
        if sends:
            declared.add((service, name))
        links.append(
            Link(service, name, "sends" if sends else "takes", observed=sends and (service, name) in seen.sends)
        )
    unsaid = sorted((service, name) for service, name in seen.sends - declared if name in messages)
    return (*links, *(Link(service, name, "sends", declared=False, observed=True) for service, name in unsaid))


def _streams(workspace: Workspace, seen: _Seen) -> tuple[StreamLink, ...]:
    links = []
    declared = set()
    rows = StreamUse.objects.filter(workspace=workspace).values_list("service__slug", "stream_name", "role")
    for service, stream, role in rows.order_by("pk"):
        if role == "appends":
            declared.add((service, stream))
        links.append(
            StreamLink(
                service,
                stream,
                "appends" if role == "appends" else "reads",
                observed=role == "appends" and (service, stream) in seen.appends,
            )
        )
    unsaid = sorted(seen.appends - declared)
    return (*links, *(StreamLink(service, stream, "appends", False, True) for service, stream in unsaid))


@dataclass(frozen=True, slots=True)
class SeenVersion:
    """A version of a type that a service's records carried, and when last."""

    type_name: str
    version: str
    stream: str
    records: int
    last_seen_at: datetime


def seen_of_service(service: ServiceRow) -> list[SeenVersion]:
    """What stored records say of a service, the latest first. Two queries."""
    mine = Sources(service.workspace.services.only("workspace_id", "slug", "sources"))
    rows = Observation.objects.filter(workspace=service.workspace_id).exclude(source="").order_by("-last_seen_at")
    return [
        SeenVersion(row.type_name, row.version, row.stream_name, row.records, row.last_seen_at)
        for row in rows
        if mine.service_of(row.source) == service.slug
    ]


def observations_of_type(workspace: Workspace, name: str) -> list[Observation]:
    """Which source sent which version of a type to which stream, the latest first. One query."""
    return list(Observation.objects.filter(workspace=workspace, type_name=name).order_by("-last_seen_at")[:200])


def unclaimed_sources(workspace: Workspace) -> list[dict[str, Any]]:
    """Sources of stored records that belong to no service, the busiest first. Two queries."""
    known = Sources(workspace.services.only("workspace_id", "slug", "sources"))
    rows = Observation.objects.filter(workspace=workspace).exclude(source="").values("source")
    added = rows.annotate(records=Sum("records"), last_seen_at=Max("last_seen_at")).order_by("-records")
    return [dict(row) for row in added[:500] if known.service_of(row["source"]) is None]


def stewards_of(subject: models.Model) -> list[Steward]:
    """The people who answer for it and are still members of the workspace, by name. One query."""
    kind = "message_type" if isinstance(subject, MessageType) else str(subject._meta.model_name)
    rows = Steward.objects.filter(**{kind: subject}, person__memberships__workspace=models.F("workspace"))
    return list(rows.select_related("person").order_by("person__name"))


def stewards_by_subject(workspace: Workspace, kind: str) -> dict[Any, list[str]]:
    """Subject's id -> names of the people who answer for it. One query."""
    found: defaultdict[Any, list[str]] = defaultdict(list)
    rows = Steward.objects.filter(workspace=workspace, person__memberships__workspace=workspace)
    for pk, name in rows.filter(**{f"{kind}__isnull": False}).values_list(f"{kind}_id", "person__name"):
        found[pk].append(name)
    return dict(found)


def stream_uses(workspace: Workspace, *, services: Iterable[ServiceRow] | None = None) -> list[StreamUse]:
    """Declared uses, with their services. One query."""
    rows = StreamUse.objects.filter(workspace=workspace).select_related("service")
    return list(rows if services is None else rows.filter(service__in=list(services)))


def reactions_of(message_type: MessageType) -> list[ReactionRow]:
    """Reactions that begin with or end in the type. One query."""
    rows = ReactionRow.objects.filter(models.Q(trigger=message_type) | models.Q(result=message_type))
    return list(rows.select_related("service", "trigger", "result"))


def reactions_of_service(service: ServiceRow) -> list[ReactionRow]:
    """What leads to what in a service. One query."""
    return list(ReactionRow.objects.filter(service=service).select_related("trigger", "result", "service"))
