"""A service's page: what it says and hears, its health from traffic, whom it needs, and the forms of its map."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from broker_adapter import queries as streams
from broker_adapter import traffic
from broker_adapter.traffic import Traffic
from eventcatalog import actions, map_queries, observing, queries
from eventcatalog.coupling.calls import Calls
from eventcatalog.links import Links
from eventcatalog.map_api import member_of
from eventcatalog.map_models import Reaction, Steward, StreamUse
from eventcatalog.models import Service
from workspaces.access import Access, Permission, page
from workspaces.errors import FactstormError, NotFound

NAMES_OFFERED_MAX = 500


@dataclass(frozen=True, slots=True)
class Health:
    """What its traffic says: only of types that it alone sends, or whose records carry it as their source."""

    last_seen: datetime | None
    rate: float
    records: int
    versions: list[tuple[str, list[tuple[str, datetime, bool]]]]  # type -> (version, last seen, is the latest)
    streams: list[str]


@page(Permission.CATALOG_VIEW)
@require_safe
def show(request: HttpRequest, access: Access, slug: str) -> HttpResponse:
    """The page."""
    found = queries.find_service(access.workspace, slug)
    may_see_traffic = access.can(Permission.STREAM_READ)
    if may_see_traffic:
        observing.look(access.workspace)
    groups = queries.types_of_service(found)
    seen = traffic.snapshot(access.workspace.pk) if may_see_traffic else {}
    for group in groups:
        for each in group.rows:
            each.traffic = seen.get(each.name)  # type: ignore[attr-defined]
    context: dict[str, Any] = {
        "service": found,
        "groups": groups,
        "health": _health(access, found, groups, seen) if may_see_traffic else None,
        "reactions": map_queries.reactions_of_service(found),
        "uses": map_queries.stream_uses(access.workspace, services=[found]),
        "people": map_queries.stewards_of(found),
        **_ties(access, slug),
    }
    if access.can(Permission.CATALOG_WRITE):
        context["type_names"] = access.workspace.message_types.values_list("name", flat=True)[:NAMES_OFFERED_MAX]
        context["stream_names"] = [each.name for each in streams.streams_of(access.workspace)]
        context["members"] = access.workspace.memberships.select_related("person")
    return render(request, "eventcatalog/service.html", context)


def _ties(access: Access, slug: str) -> dict[str, Any]:
    graph = map_queries.graph_of(access.workspace)
    if slug not in graph.services:
        return {}
    calls = graph.once(Calls)
    links = Links(graph, access.workspace.slug)
    direct = set(calls.made[slug])
    chain = calls.chain(slug)
    return {
        "needs_direct": links.services(sorted(direct)),
        "needs_far": links.services(sorted(calls.needs[slug] - direct)),
        "needs_count": len(calls.needs[slug]),
        "needed_by": links.services(sorted(calls.needed_by[slug])),
        "chain": links.services(chain) if len(chain) > 2 else [],
        "in_circle": bool(calls.needs[slug] & calls.needed_by[slug]),
    }


def _health(access: Access, service: Service, groups: list[Any], seen: dict[str, Traffic]) -> Health:
    rows = map_queries.seen_of_service(service)
    said = {each.name: each for group in groups if group.role in ("produces", "asks") for each in group.rows}
    alone = {name for name, each in said.items() if len(each.senders) == 1}
    rate = sum(seen[name].rate for name in alone if name in seen)
    by_type: defaultdict[str, dict[str, datetime]] = defaultdict(dict)
    for row in rows:
        known = by_type[row.type_name].get(row.version)
        by_type[row.type_name][row.version] = max(known, row.last_seen_at) if known else row.last_seen_at
    versions = [
        (
            name,
            [
                (version, at, name not in said or version == said[name].version)
                for version, at in sorted(found.items(), key=lambda item: item[1], reverse=True)
            ],
        )
        for name, found in sorted(by_type.items())
    ]
    moments = [row.last_seen_at for row in rows]
    moments += [moment for name in alone if name in seen and (moment := seen[name].last_seen)]
    return Health(
        last_seen=max(moments, default=None),
        rate=rate,
        records=sum(row.records for row in rows),
        versions=versions,
        streams=sorted({row.stream for row in rows}),
    )


@page(Permission.CATALOG_WRITE)
@require_POST
def declare(request: HttpRequest, access: Access, slug: str) -> HttpResponse:
    """Declare or withdraw a reaction, a use of a stream, or somebody who answers for the service."""
    found = queries.find_service(access.workspace, slug)
    try:
        _FORMS[request.POST.get("what", "")](request, access, found)
    except KeyError as error:
        raise NotFound from error
    except NotFound:
        messages.error(request, "There is no such message type; check its name.")
    except FactstormError as error:
        messages.error(request, f"{error.message} {error.hint}".strip())
    return redirect("eventcatalog:service", workspace=access.workspace.slug, slug=slug)


def _reaction(request: HttpRequest, access: Access, service: Service) -> None:
    actions.declare_reaction(
        access,
        service,
        trigger=queries.find_type(access.workspace, request.POST.get("trigger", "").strip()),
        result=queries.find_type(access.workspace, request.POST.get("result", "").strip()),
        policy=request.POST.get("policy", ""),
    )


def _stream(request: HttpRequest, access: Access, service: Service) -> None:
    stream, role = request.POST.get("stream", "").strip(), request.POST.get("role", "")
    actions.declare_stream_use(access, service, stream=stream, role=role)


def _person(request: HttpRequest, access: Access, service: Service) -> None:
    actions.appoint_steward(access, service, person=member_of(access, request.POST.get("email", "")))


def _row(rows: Any, request: HttpRequest, service: Service) -> Any:
    number = request.POST.get("row", "")
    found = rows.filter(service=service, pk=int(number)).first() if number.isdecimal() and len(number) < 18 else None
    if found is None:
        raise KeyError(number)
    return found


_FORMS = {
    "reaction": _reaction,
    "stream": _stream,
    "person": _person,
    "withdraw-reaction": lambda request, access, service: actions.withdraw_reaction(
        access, _row(Reaction.objects.select_related("service", "trigger", "result"), request, service)
    ),
    "withdraw-stream": lambda request, access, service: actions.withdraw_stream_use(
        access, _row(StreamUse.objects.select_related("service"), request, service)
    ),
    "dismiss-person": lambda request, access, service: actions.dismiss_steward(
        access, _row(Steward.objects.select_related("service", "person"), request, service)
    ),
}
