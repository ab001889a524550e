"""What the catalog hangs into the ground floor's pages: search hits, a counter, a short list."""

import uuid
from collections.abc import Sequence

from django.urls import reverse

from eventcatalog import queries
from eventcatalog.models import MessageType
from eventcatalog.proposals import queries as proposals
from eventcatalog.queries import TypeFilter
from eventcatalog.search import find
from workspaces.access import Access, Permission
from workspaces.models import Workspace
from workspaces.search import Hit
from workspaces.slots import Card, Panel, Row

PANEL_ROWS = 5
SUBTITLE_MAX = 120


def search_source(access: Access, text: str, limit: int) -> Sequence[Hit]:
    """Whatever the catalog holds, components, proposals and terms too, by every word that is said of it."""
    if not access.can(Permission.CATALOG_VIEW):
        return []
    answer = find.search(access.workspace, text, limit=limit)
    ids = [uuid.UUID(each.key) for each in answer.hits if each.kind == "type"]
    types = queries.types_by_id(access.workspace, ids)
    hits = (_hit(access.workspace, each, types) for each in answer.hits)
    return [each for each in hits if each is not None]


def places_source(access: Access, text: str, limit: int) -> Sequence[Hit]:
    """Pages of the catalog, and what can be begun there: the palette's commands."""
    if not access.can(Permission.CATALOG_VIEW):
        return []
    words = text.casefold().split()
    may_write = access.can(Permission.CATALOG_WRITE)
    return [
        Hit("Go to", title, _url(view, access.workspace.slug), hint, icon)
        for title, view, hint, icon, writes, also in PLACES
        if (may_write or not writes) and all(word in f"{title} {hint} {also}".casefold() for word in words)
    ][:limit]


PLACES = (
    ("Graph", "graph", "Services, messages and streams, drawn", "connector", False, "map dependencies network"),
    ("Coupling report", "coupling", "Who waits for whom, and what to mend first", "link", False, "cycles chains"),
    ("Seven questions", "questions", "What an architect asks, answered", "help", False, "architect risk owner unused"),
    ("Domain map", "domains", "Boundaries, and what crosses them", "domain", False, "contexts"),
    ("Services", "services", "Programs and teams", "service", False, "teams"),
    ("New message type", "new-type", "Register an event, command or query", "plus", True, "create event command query"),
    ("New service", "new-service", "Name a program", "plus", True, "create"),
    ("New domain", "new-domain", "A part of the business", "plus", True, "create"),
)


def _hit(workspace: Workspace, found: find.Found, types: dict[uuid.UUID, MessageType]) -> Hit | None:
    slug = workspace.slug
    if found.kind == "type":
        each = types.get(uuid.UUID(found.key))
        if each is None:
            return None
        words = "".join(piece.text for piece in found.excerpt)
        subtitle = _subtitle(each.get_kind_display(), each.title or words)
        return Hit("Catalog", each.name, _url("type", slug, name=each.name), subtitle, each.kind)
    if found.kind == "service":
        service = workspace.services.filter(pk=found.key).first()
        if service is None:
            return None
        return Hit("Catalog", found.name, _url("service", slug, slug=service.slug), "Service", "service")
    if found.kind == "component":
        subtitle = _subtitle("Component", found.title)
        return Hit("Catalog", found.name, _url("component", slug, name=found.name), subtitle, "schema")
    if found.kind in ("proposal", "term"):
        return _word_hit(workspace, found)
    if found.kind == "team":
        return Hit("Catalog", found.name, _url("services", slug) + "#teams", "Team", "members")
    place = getattr(workspace, "domains" if found.kind == "domain" else "contexts").filter(pk=found.key).first()
    word = "Domain" if found.kind == "domain" else "Bounded context"
    if place is None:
        return None
    return Hit("Catalog", found.name, f"{_url('domains', slug)}#{place.slug}", word, "domain")


def _word_hit(workspace: Workspace, found: find.Found) -> Hit | None:
    """A proposal with where it stands, a term with what it means."""
    slug = workspace.slug
    if found.kind == "proposal":
        proposal = workspace.proposals.filter(pk=found.key).first()
        if proposal is None:
            return None
        address = _url("proposal", slug, number=str(proposal.number))
        title = f"#{proposal.number} {proposal.title}"
        return Hit("Proposals", title, address, proposal.get_state_display(), "comment")
    term = workspace.glossary.filter(pk=found.key).first()
    if term is None:
        return None
    return Hit("Glossary", term.term, f"{_url('glossary', slug)}#{term.slug}", term.definition[:SUBTITLE_MAX], "text")


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


def waiting_panel(access: Access) -> Panel | None:
    """What waits for review, for those who may decide; nothing where nothing waits."""
    if not access.can(Permission.CATALOG_WRITE):
        return None
    slug = access.workspace.slug
    rows = [
        Row(
            f"#{each.number} {each.title}",
            _url("proposal", slug, number=str(each.number)),
            f"{each.created_by_name} · {each.get_state_display().lower()}",
            each.created_at,
            icon="comment",
        )
        for each in proposals.proposals_of(access.workspace)[:PANEL_ROWS]
    ]
    return Panel("Waiting for review", rows, _url("proposals", slug), order=15) if rows else None


def _subtitle(kind: str, title: str) -> str:
    return f"{kind}: {title}" if title else kind


def _url(view: str, workspace: str, **arguments: str) -> str:
    return reverse(f"eventcatalog:{view}", kwargs={"workspace": workspace, **arguments})
