"""Full-text search of the catalog over HTTP. See docs/catalog.md."""

import uuid
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
PAGES = {"type": "type", "service": "service"}


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
        hits = [_as_json(access.workspace, each, request) for each in answer.hits]
        return Response({"query": text, "total": answer.total, "instead": answer.instead, "hits": hits})


def _as_json(workspace: Workspace, found: find.Found, request: Request) -> dict[str, Any]:
    return {
        "kind": found.kind,
        "name": found.name,
        "title": found.title,
        "score": found.score,
        "highlight": _pieces(found.name_pieces),
        "excerpt": _pieces(found.excerpt),
        "url": absolute(request._request, _page(workspace, found)),
    }


def _pieces(pieces: list[find.Piece]) -> list[dict[str, Any]]:
    return [{"text": piece.text, "match": piece.match} for piece in pieces]


def _page(workspace: Workspace, found: find.Found) -> str:
    if found.kind == "type":
        name = workspace.message_types.values_list("name", flat=True).get(pk=uuid.UUID(found.key))
        return reverse("eventcatalog:type", kwargs={"workspace": workspace.slug, "name": name})
    if found.kind == "service":
        slug = workspace.services.values_list("slug", flat=True).get(pk=found.key)
        return reverse("eventcatalog:service", kwargs={"workspace": workspace.slug, "slug": slug})
    view = "services" if found.kind == "team" else "domains"
    return reverse(f"eventcatalog:{view}", kwargs={"workspace": workspace.slug})
