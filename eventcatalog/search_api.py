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

KINDS = ("type", "service", "domain", "context", "team")
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
        services = dict(access.workspace.services.values_list("pk", "slug")) if answer.hits else {}
        hits = [_as_json(access.workspace, each, request, services) for each in answer.hits]
        return Response({"query": text, "total": answer.total, "instead": answer.instead, "hits": hits})


def _as_json(workspace: Workspace, found: find.Found, request: Request, services: dict[int, str]) -> dict[str, Any]:
    return {
        "kind": found.kind,
        "name": found.name,
        "title": found.title,
        "score": found.score,
        "highlight": _pieces(found.name_pieces),
        "excerpt": _pieces(found.excerpt),
        "url": absolute(request._request, _page(workspace, found, services)),
    }


def _pieces(pieces: list[find.Piece]) -> list[dict[str, Any]]:
    return [{"text": piece.text, "match": piece.match} for piece in pieces]


def _page(workspace: Workspace, found: find.Found, services: dict[int, str]) -> str:
    if found.kind == "type":
        return reverse("eventcatalog:type", kwargs={"workspace": workspace.slug, "name": found.name})
    slug = services.get(int(found.key)) if found.kind == "service" else None
    if slug is not None:
        return reverse("eventcatalog:service", kwargs={"workspace": workspace.slug, "slug": slug})
    view = "domains" if found.kind in ("domain", "context") else "services"
    return reverse(f"eventcatalog:{view}", kwargs={"workspace": workspace.slug})
