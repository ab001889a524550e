"""Boards out of the house and into it: exports as files, imports as elements with a report."""

import uuid
from typing import Any

from django.http import HttpResponse
from django.utils.text import slugify
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from storming import queries
from storming.document.elements import Elements
from storming.exchange import actions, pdf, reading, serializers
from storming.exchange.board_file import board_file
from storming.exchange.report import Told, report_of
from storming.exchange.svg import svg_of
from storming.exchange.tables import csv_of
from storming.models import Board
from storming.past.queries import elements_at
from storming.state import BoardState
from storming.workshop.models import VotingRound
from workspaces.access import Access, Permission, access_for_api
from workspaces.addresses import public_url
from workspaces.errors import Invalid, NotFound

MEDIA = {
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
}


class Export(APIView):
    """A board as a file."""

    @extend_schema(
        operation_id="board_export",
        parameters=[
            OpenApiParameter("seq", int, description="As it was after this operation; now without it."),
            OpenApiParameter("paper", str, enum=list(pdf.PAPERS), description="PDF: one page, or sheets."),
            OpenApiParameter("zoom", float, description="PDF: 1 prints an event 37 mm wide."),
        ],
        responses={(200, media.split(";")[0]): OpenApiTypes.BINARY for media in MEDIA.values()},
    )
    def get(self, request: Request, workspace: str, board_id: uuid.UUID, form: str) -> HttpResponse:
        """SVG, PDF, JSON (complete), CSV (notes) or Markdown (report)."""
        access = access_for_api(request, workspace, need=Permission.BOARD_VIEW, board_id=board_id)
        board = queries.board_of(access, board_id)
        if form not in MEDIA:
            raise NotFound
        seen = self._elements(request, access, board)
        body = self._body(request, access, board, seen, form)
        answer = HttpResponse(body, content_type=MEDIA[form])
        name = slugify(board.name) or "board"
        answer["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
        answer["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
        answer["X-Content-Type-Options"] = "nosniff"
        return answer

    def _elements(self, request: Request, access: Access, board: Board) -> Elements:
        seq = request.query_params.get("seq")
        if seq is None:
            return queries.visible_elements(access, board)
        if not seq.isdecimal():
            raise Invalid("seq is the number of an operation.", place="seq")
        return elements_at(access, board, int(seq[:18]))

    def _body(self, request: Request, access: Access, board: Board, seen: Elements, form: str) -> str | bytes:
        if form == "svg":
            return svg_of(seen, title=board.name)
        if form == "pdf":
            paper, zoom = request.query_params.get("paper", "one"), _zoom(request)
            return pdf.pdf_of(seen, title=board.name, paper=paper, zoom=zoom)
        ids = {str(each["type_id"]) for each in seen.values() if each.get("type_id") and not each.get("deleted")}
        types = queries.linked_types(access.workspace.pk, access.workspace.slug, ids)
        authors = BoardState.load(board.pk).document.authors
        if form == "csv":
            return csv_of(seen, types=types, authors=authors)
        if form == "json":
            return board_file(
                seen, name=board.name, board_format=board.format, seq=board.seq, authors=authors, types=types
            )
        address = public_url(request._request, queries.board_url(access.workspace.slug, board.pk))
        people = sorted({authors[by] for each in seen.values() if (by := str(each.get("created_by"))) in authors})
        return report_of(seen, Told(board.name, board.format, address, people, types, _votes(board)))


class Import(APIView):
    """Another tool's file."""

    @extend_schema(
        operation_id="board_import", request=serializers.ImportAsked, responses={200: serializers.ImportShown}
    )
    def post(self, request: Request, workspace: str, board_id: uuid.UUID) -> Response:
        """What it would give and leave out; with ``write`` it is put onto the board."""
        access = access_for_api(request, workspace, need=Permission.BOARD_EDIT, board_id=board_id)
        queries.board_of(access, board_id)
        asked = serializers.ImportAsked(data=request.data)
        asked.is_valid(raise_exception=True)
        ask: dict[str, Any] = asked.validated_data
        found = reading.read(ask["content"], form=ask["form"], mapping=ask["mapping"])
        written: list[int] = []
        if ask["write"]:
            written = actions.import_elements(access, board_id=board_id, elements=found["elements"])
        return Response({**found, "written": written})


def _votes(board: Board) -> list[tuple[str, list[tuple[str, int]]]]:
    """Closed votes with their results, the first vote first."""
    rounds = VotingRound.objects.filter(board=board).exclude(closed_at=None).order_by("closed_at")
    return [(each.title, sorted(each.results.items(), key=lambda item: (-item[1], item[0]))) for each in rounds[:50]]


def _zoom(request: Request) -> float:
    try:
        zoom = float(request.query_params.get("zoom", "1"))
    except ValueError:
        zoom = 0
    if not 0.05 <= zoom <= 5:
        raise Invalid("zoom is a number from 0.05 to 5.", place="zoom")
    return zoom
