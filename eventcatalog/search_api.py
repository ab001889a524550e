"""Full-text search of the catalog over HTTP. See docs/catalog.md."""

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from eventcatalog.api import ANY, CatalogView, number
from eventcatalog.representations import absolute
from eventcatalog.search import find
from workspaces.errors import Invalid
from workspaces.models import Workspace

KINDS = ("type", "service", "domain", "context", "team", "component", "proposal", "term")
Names = dict[tuple[str, str], str]
HITS_MAX, TEXT_CHARACTERS_MAX = 100, 200


class Search(CatalogView):
    """What is found by words, the best first."""

    @extend_schema(parameters=[OpenApiParameter(name, str) for name in ("q", "kinds", "limit", "start")], responses=ANY)
    def get(self, request: Request, workspace: str) -> Response:
        access = self.viewer(request, workspace)
        text = request.query_params.get("q", "")[:TEXT_CHARACTERS_MAX]
        kinds = [word for word in request.query_params.get("kinds", "").split(",") if word]
        if not set(kinds) <= set(KINDS):
            raise Invalid(f"Kinds are {', '.join(KINDS)}.", place="kinds")
        limit = min(number(request, "limit", 20), HITS_MAX)
        start = number(request, "start", 1) - 1
        answer = find.search(access.workspace, text, kinds=kinds, limit=limit, start=start)
        names = _names(access.workspace, answer.hits)
        hits = [_as_json(access.workspace, each, request, names) for each in answer.hits]
        return Response({"query": text, "total": answer.total, "instead": answer.instead, "hits": hits})


def _as_json(workspace: Workspace, found: find.Found, request: Request, names: Names) -> dict[str, Any]:
    return {
        "kind": found.kind,
        "name": found.name,
        "title": found.title,
        "score": found.score,
        "highlight": _pieces(found.name_pieces),
        "excerpt": _pieces(found.excerpt),
        "url": absolute(request._request, _page(workspace, found, names)),
    }


def _pieces(pieces: list[find.Piece]) -> list[dict[str, Any]]:
    return [{"text": piece.text, "match": piece.match} for piece in pieces]


def _names(workspace: Workspace, hits: list[find.Found]) -> Names:
    """Kind and key of those hits whose address has another name in it -> that name. A query a kind that was found."""
    rows: dict[str, tuple[Any, str]] = {
        "service": (workspace.services, "slug"),
        "term": (workspace.glossary, "slug"),
        "proposal": (workspace.proposals, "number"),
    }
    names: Names = {}
    for kind, (things, column) in rows.items():
        keys = [each.key for each in hits if each.kind == kind]
        if keys:
            found = things.filter(pk__in=keys).values_list("pk", column)
            names |= {(kind, str(pk)): str(name) for pk, name in found}
    return names


def _page(workspace: Workspace, found: find.Found, names: Names) -> str:
    def address(view: str, **more: str) -> str:
        return reverse(f"eventcatalog:{view}", kwargs={"workspace": workspace.slug, **more})

    name = names.get((found.kind, found.key))
    if found.kind in ("type", "component"):
        return address(found.kind, name=found.name)
    if found.kind == "service" and name is not None:
        return address("service", slug=name)
    if found.kind == "proposal":
        return address("proposal", number=name) if name is not None else address("proposals")
    if found.kind == "term":
        return address("glossary") + (f"#{name}" if name is not None else "")
    return address("domains" if found.kind in ("domain", "context") else "services")
