"""The map of domains, services' pages, and the forms that make domains, contexts, services and teams."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from eventcatalog import actions, map_queries, queries
from eventcatalog.coupling.graph import Graph
from eventcatalog.coupling.zones import crossings
from eventcatalog.forms import ContextForm, DomainForm, ServiceForm, TeamForm
from eventcatalog.views.lists import attempt
from workspaces.access import Access, Permission, page

SERVICE_COLUMNS = ("workspace", "slug", "name", "summary", "owner__name", "context__name", "context__domain__name")


@page(Permission.CATALOG_VIEW)
@require_safe
def domains(request: HttpRequest, access: Access) -> HttpResponse:
    """Domains, their contexts, and what lies in each."""
    graph = map_queries.graph_of(access.workspace)
    across = graph.once(crossing_counts)
    on_map = queries.domain_map(access.workspace)
    for each in on_map:
        each.across = across.get(each.domain.slug if each.domain else "")
    context = {
        "domains": on_map,
        "catalog_root": _root(access),
        "nav": "domains",
    }
    return render(request, "eventcatalog/domains.html", context)


def crossing_counts(graph: Graph) -> dict[str, dict[str, Any]]:
    """Domain's slug -> how many messages leave and enter it, waited for and told, and the domains at the other end."""
    across: dict[str, dict[str, Any]] = {}
    for each in crossings(graph, "domain"):
        for zone, other, way in ((each.source, each.target, "out"), (each.target, each.source, "in")):
            row = across.setdefault(zone, {"out": set(), "in": set(), "waits": {}, "told": {}})
            row[way].add(each.message)
            row["waits" if each.waits and way == "out" else "told"].setdefault(other, graph.zone_name(other))
    for row in across.values():
        row["out"], row["in"] = len(row["out"]), len(row["in"])
        row["waits"], row["told"] = sorted(row["waits"].values()), sorted(row["told"].values())
    return across


def _root(access: Access) -> str:
    """Where the catalog's addresses begin: cheaper than reversing thousands of them on one page."""
    return reverse("eventcatalog:catalog", kwargs={"workspace": access.workspace.slug})


@page(Permission.CATALOG_VIEW)
@require_safe
def services(request: HttpRequest, access: Access) -> HttpResponse:
    """All services and teams."""
    context = {
        "services": queries.services_of(access.workspace).only(*SERVICE_COLUMNS),
        "teams": access.workspace.teams.all(),
        "catalog_root": _root(access),
        "nav": "services",
    }
    return render(request, "eventcatalog/services.html", context)


@page(Permission.CATALOG_WRITE)
@require_http_methods(["GET", "HEAD", "POST"])
def new_domain(request: HttpRequest, access: Access) -> HttpResponse:
    """A form."""
    form = DomainForm(access.workspace, request.POST or None)
    return _make(request, access, form, title="New domain", verb="create_domain", after="eventcatalog:domains")


@page(Permission.CATALOG_WRITE)
@require_http_methods(["GET", "HEAD", "POST"])
def new_context(request: HttpRequest, access: Access) -> HttpResponse:
    """A form; ``?domain=`` chooses the domain."""
    form = ContextForm(access.workspace, request.POST or None, initial={"domain": request.GET.get("domain", "")})
    if not access.workspace.domains.exists():
        messages.info(request, "A bounded context lies in a domain: make that first.")
        return redirect("eventcatalog:new-domain", workspace=access.workspace.slug)
    return _make(
        request, access, form, title="New bounded context", verb="create_context", after="eventcatalog:domains"
    )


@page(Permission.CATALOG_WRITE)
@require_http_methods(["GET", "HEAD", "POST"])
def new_service(request: HttpRequest, access: Access) -> HttpResponse:
    """A form."""
    form = ServiceForm(access.workspace, request.POST or None)
    return _make(request, access, form, title="New service", verb="create_service", after="eventcatalog:services")


@page(Permission.CATALOG_WRITE)
@require_http_methods(["GET", "HEAD", "POST"])
def new_team(request: HttpRequest, access: Access) -> HttpResponse:
    """A form."""
    form = TeamForm(request.POST or None)
    return _make(request, access, form, title="New team", verb="create_team", after="eventcatalog:services")


@page(Permission.CATALOG_WRITE)
@require_http_methods(["GET", "HEAD", "POST"])
def edit_service(request: HttpRequest, access: Access, slug: str) -> HttpResponse:
    """A form; the address stays."""
    found = queries.find_service(access.workspace, slug)
    first = {
        "name": found.name,
        "summary": found.summary,
        "context": found.context.slug if found.context else "",
        "owner": found.owner.slug if found.owner else "",
        "sources": " ".join(found.sources),
    }
    form = ServiceForm(access.workspace, request.POST or None, initial=first)
    if request.method == "POST" and form.is_valid():

        def act() -> HttpResponse:
            actions.update_service(access, found, **form.cleaned_data)
            return redirect("eventcatalog:service", workspace=access.workspace.slug, slug=slug)

        answer = attempt(form, act)
        if answer is not None:
            return answer
    context = {"form": form, "title": f"Edit {found.name}", "button": "Save", "back": "eventcatalog:services"}
    return render(request, "eventcatalog/place_form.html", context, status=422 if form.errors else 200)


def _make(request: HttpRequest, access: Access, form: Any, *, title: str, verb: str, after: str) -> HttpResponse:
    if request.method == "POST" and form.is_valid():

        def act() -> HttpResponse:
            getattr(actions, verb)(access, **form.cleaned_data)
            return redirect(after, workspace=access.workspace.slug)

        answer = attempt(form, act)
        if answer is not None:
            return answer
    context = {"form": form, "title": title, "button": "Create", "back": after}
    return render(request, "eventcatalog/place_form.html", context, status=422 if form.errors else 200)
