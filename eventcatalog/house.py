"""What the catalog hangs into the ground floor's pages: search hits, a counter, a short list."""

from collections.abc import Sequence

from django.urls import reverse

from eventcatalog import queries
from eventcatalog.queries import TypeFilter
from workspaces.access import Access, Permission
from workspaces.search import Hit
from workspaces.slots import Card, Panel, Row

PANEL_ROWS = 5


def search_source(access: Access, text: str, limit: int) -> Sequence[Hit]:
    """Types by name, title, description, tag and field name; then services."""
    if not access.can(Permission.CATALOG_VIEW):
        return []
    slug = access.workspace.slug
    found = queries.find_types(access.workspace, TypeFilter(q=text))[:limit]
    hits = [
        Hit(
            "Catalog",
            each.name,
            _url("type", slug, name=each.name),
            _subtitle(each.get_kind_display(), each.title),
            each.kind,
        )
        for each in found
    ]
    services = access.workspace.services.filter(name__icontains=text)[: max(0, limit - len(hits))]
    return [
        *hits,
        *(Hit("Catalog", each.name, _url("service", slug, slug=each.slug), "Service", "service") for each in services),
    ]


def home_card(access: Access) -> Card | None:
    """How many message types there are."""
    if not access.can(Permission.CATALOG_VIEW):
        return None
    total = queries.counts(access.workspace)
    kinds = [f"{number} {kind}{'' if number == 1 else 's'}" for kind, number in total.kinds.items() if number]
    note = ", ".join(kinds).replace("querys", "queries") or "Promote a note to begin"
    return Card("Message types", f"{total.total:,}", _url("catalog", access.workspace.slug), "catalog", note, order=20)


def home_panel(access: Access) -> Panel | None:
    """What changed in the catalog lately."""
    if not access.can(Permission.CATALOG_VIEW):
        return None
    found = queries.find_types(access.workspace, TypeFilter(sort="recent"))[:PANEL_ROWS]
    slug = access.workspace.slug
    rows = [
        Row(
            each.name,
            _url("type", slug, name=each.name),
            f"{each.version} {each.title}",
            each.updated_at,
            kind=each.kind,
        )
        for each in found
    ]
    return Panel("Changed in the catalog", rows, _url("catalog", slug), order=30)


def _subtitle(kind: str, title: str) -> str:
    return f"{kind}: {title}" if title else kind


def _url(view: str, workspace: str, **arguments: str) -> str:
    return reverse(f"eventcatalog:{view}", kwargs={"workspace": workspace, **arguments})
