"""The catalog's list and registering a new type."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from broker_adapter import queries as streams
from broker_adapter import traffic
from eventcatalog import actions, queries
from eventcatalog.actions.proposals import propose_type
from eventcatalog.forms import NewTypeForm
from eventcatalog.models import MessageKind, TypeState
from eventcatalog.queries import TypeFilter
from workspaces.access import Access, Permission, page
from workspaces.errors import FactstormError

FILTERS = ("q", "kind", "domain", "context", "state", "owner", "service", "tag", "sort")
KIND_PLURALS = {"event": "Events", "command": "Commands", "query": "Queries"}
STARTING_SCHEMA = """{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "properties": {
    "id": { "type": "string", "format": "uuid" },
    "occurred_at": { "type": "string", "format": "date-time" }
  },
  "required": ["id", "occurred_at"]
}
"""


@page(Permission.CATALOG_VIEW)
@require_safe
def catalog(request: HttpRequest, access: Access) -> HttpResponse:
    """The list. With the header ``X-Part: results`` only its rows, for searching while typing."""
    wanted = TypeFilter(**{name: request.GET.get(name, "")[:200] for name in FILTERS})
    number = request.GET.get("page", "")
    found = queries.page_of_types(
        access.workspace, wanted, number=int(number) if number.isdecimal() and len(number) < 7 else 1
    )
    _attach_traffic(access, found.types)
    context: dict[str, Any] = {"page": found, "wanted": wanted, "page_links": _page_links(request, found)}
    if request.headers.get("X-Part") == "results":
        return render(request, "eventcatalog/parts/results.html", context)
    total = queries.counts(access.workspace)
    context |= {
        "counts": total,
        "kinds": [(kind, KIND_PLURALS[kind], total.kinds[kind]) for kind in MessageKind.values],
        "states": [(state, label, total.states[state]) for state, label in TypeState.choices],
        "domains": _domains(access),
        "owners": access.workspace.teams.values_list("slug", "name"),
        "services": access.workspace.services.values_list("slug", "name"),
        "nav": "types",
    }
    return render(request, "eventcatalog/catalog.html", context)


def _attach_traffic(access: Access, types: list[Any]) -> None:
    if not access.can(Permission.STREAM_READ):
        return
    seen = traffic.snapshot(access.workspace.pk)
    for each in types:
        each.traffic = seen.get(each.name)


def _domains(access: Access) -> list[dict[str, Any]]:
    contexts = list(access.workspace.contexts.values("domain_id", "slug", "name"))
    return [
        {"slug": slug, "name": name, "contexts": [each for each in contexts if each["domain_id"] == pk]}
        for pk, slug, name in access.workspace.domains.values_list("pk", "slug", "name")
    ]


def _page_links(request: HttpRequest, found: queries.TypePage) -> dict[str, str]:
    """Query strings of the neighbouring pages."""
    kept = {name: request.GET[name] for name in FILTERS if request.GET.get(name)}
    links = {}
    if found.number > 1:
        links["previous"] = urlencode({**kept, "page": found.number - 1})
    if found.number < found.pages:
        links["next"] = urlencode({**kept, "page": found.number + 1})
    return links


@page(Permission.CATALOG_WRITE)
@require_http_methods(["GET", "HEAD", "POST"])
def new_type(request: HttpRequest, access: Access) -> HttpResponse:
    """A form that also makes the schema from an example (by the API, as one types)."""
    return _new_type(request, access, proposing="propose" in request.POST)


@page(Permission.CATALOG_PROPOSE)
@require_http_methods(["GET", "HEAD", "POST"])
def propose_new_type(request: HttpRequest, access: Access) -> HttpResponse:
    """The same form for those who may only propose."""
    return _new_type(request, access, proposing=True)


def _new_type(request: HttpRequest, access: Access, *, proposing: bool) -> HttpResponse:
    kind = request.GET.get("kind", "")
    first = {"schema": STARTING_SCHEMA, "kind": kind if kind in MessageKind.values else MessageKind.EVENT}
    form = NewTypeForm(access.workspace, request.POST or None, initial=first)
    if request.method == "POST" and form.is_valid():
        act = _propose if proposing else _register
        answer = attempt(form, lambda: act(access, form))
        if answer is not None:
            return answer
    context = {
        "form": form,
        "proposing": proposing,
        "stream_names": [each.name for each in streams.writable_streams_of(access.workspace)],
    }
    return render(request, "eventcatalog/new_type.html", context, status=422 if form.errors else 200)


def _register(access: Access, form: NewTypeForm) -> HttpResponse:
    created = actions.register_type(
        access,
        kind=form.cleaned_data["kind"],
        name=form.cleaned_data["name"],
        schema=form.cleaned_data["schema"],
        example=form.example_value(),
        **form.words(),
    )
    return redirect("eventcatalog:type", workspace=access.workspace.slug, name=created.name)


def _propose(access: Access, form: NewTypeForm) -> HttpResponse:
    made = propose_type(
        access,
        name=form.cleaned_data["name"],
        schema=form.cleaned_data["schema"],
        example=form.example_value(),
        words={"kind": form.cleaned_data["kind"], **form.words()},
    )
    return redirect("eventcatalog:proposal", workspace=access.workspace.slug, number=made.number)


def attempt(form: Any, act: Callable[[], HttpResponse]) -> HttpResponse | None:
    """The action's answer, or None once its refusal stands in the form."""
    try:
        return act()
    except FactstormError as error:
        place = error.fields.get("place")
        if isinstance(place, dict):  # a place inside the schema
            error.fields["place"] = "schema"
            form.schema_place = place
        form.refusal = error
        form.refuse(error)
        return None
