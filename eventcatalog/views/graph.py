"""The graph of services, messages and streams, and the flow of one chain of messages."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from eventcatalog import map_queries, queries
from eventcatalog.coupling.flow import flow_of
from eventcatalog.flow_drawing import draw
from eventcatalog.links import Links
from workspaces.access import Access, Permission, page
from workspaces.errors import NotFound

KINDS = (
    ("service", "Services"),
    ("event", "Events"),
    ("command", "Commands"),
    ("query", "Queries"),
    ("stream", "Streams"),
)


@page(Permission.CATALOG_VIEW)
@require_safe
def graph(request: HttpRequest, access: Access) -> HttpResponse:
    """The page; the graph itself comes from the map's API."""
    domains = list(access.workspace.domains.values("slug", "name"))
    context: dict[str, Any] = {
        "nav": "graph",
        "kinds": KINDS,
        "domains": domains,
        "zone_names": {each["slug"]: each["name"] for each in domains},
    }
    return render(request, "eventcatalog/graph.html", context)


@page(Permission.CATALOG_VIEW)
@require_safe
def flow(request: HttpRequest, access: Access, name: str) -> HttpResponse:
    """What causes a message and what follows from it, left to right."""
    message_type = queries.find_type(access.workspace, name)
    found = map_queries.graph_of(access.workspace)
    if name not in found.messages:
        raise NotFound
    chain = flow_of(found, name)
    links = Links(found, access.workspace.slug)
    context: dict[str, Any] = {
        "type": message_type,
        "flow": chain,
        "drawing": draw(found, chain, links),
        "guesses": any(not step.known for step in chain.steps),
        "steps": [
            (
                links.service(step.service),
                links.message(step.trigger) if step.trigger else None,
                links.message(step.result) if step.result else None,
                step,
            )
            for step in chain.steps
        ],
    }
    return render(request, "eventcatalog/flow.html", context)
