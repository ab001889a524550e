"""Exports and imports over HTTP, under /api/v1/w/<workspace>/catalog/."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from eventcatalog.api import CatalogView
from eventcatalog.interchange import actions
from eventcatalog.interchange.exports import export
from eventcatalog.interchange.models import CatalogImport
from workspaces.access import Access
from workspaces.errors import NotFound

SHOWN_MAX = 100
ANY = OpenApiTypes.OBJECT


class AnyBytes(BaseParser):
    """The body as it is, whatever its type."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """At most one byte more than is taken."""
        return bytes(stream.read(actions.UPLOAD_BYTES_MAX + 1))


class Export(CatalogView):
    """The catalog, a domain, a service or a type as AsyncAPI 3.0, as an EventCatalog directory, or as schemas."""

    @extend_schema(
        parameters=[OpenApiParameter(name, str) for name in ("domain", "service", "type", "versions", "syntax")],
        responses={200: OpenApiTypes.BINARY},
    )
    def get(self, request: Request, workspace: str, form: str) -> HttpResponse:
        access = self.viewer(request, workspace)
        return export(request._request, access, form)


class Imports(CatalogView):
    """Imports: the newest, and a new one (a dry run, unless ``apply=true``)."""

    parser_classes = [AnyBytes]

    @extend_schema(operation_id="catalog_imports_list", responses=ANY)
    def get(self, request: Request, workspace: str) -> Response:
        access = self.viewer(request, workspace)
        rows = access.workspace.catalog_imports.defer("catalogue", "steps", "report")[:SHOWN_MAX]
        return Response({"imports": [summary(each) for each in rows]})

    @extend_schema(
        parameters=[OpenApiParameter("name", str), OpenApiParameter("apply", bool)],
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses={201: ANY},
    )
    def post(self, request: Request, workspace: str) -> Response:
        access = self.writer(request, workspace)
        content = request.data if isinstance(request.data, bytes) else b""
        made = actions.check_import(access, content, name=request.query_params.get("name", ""))
        if request.query_params.get("apply", "").lower() == "true":
            made = actions.apply_import(access, made)
        return Response(shown(made), status=status.HTTP_201_CREATED)


class OneImport(CatalogView):
    """An import with all its steps."""

    @extend_schema(responses=ANY)
    def get(self, request: Request, workspace: str, number: int) -> Response:
        access = self.viewer(request, workspace)
        return Response(shown(find_import(access, number)))


class ImportApplication(CatalogView):
    """Do what a dry run said."""

    @extend_schema(request=None, responses=ANY)
    def post(self, request: Request, workspace: str, number: int) -> Response:
        access = self.writer(request, workspace)
        return Response(shown(actions.apply_import(access, find_import(access, number))))


def find_import(access: Access, number: int) -> CatalogImport:
    """Through its workspace. Raises NotFound."""
    found = access.workspace.catalog_imports.filter(pk=number).first()
    if found is None:
        raise NotFound
    return found


def summary(each: CatalogImport) -> dict[str, Any]:
    """An import without its steps."""
    return {
        "id": each.pk,
        "name": each.name,
        "format": each.format,
        "title": each.title,
        "state": each.state,
        "done": each.done,
        "total": each.total,
        "at": each.created_at,
        "by": {"kind": each.created_by_kind, "name": each.created_by_name},
        "finished_at": each.finished_at,
    }


def shown(each: CatalogImport) -> dict[str, Any]:
    """An import in full. ``steps`` is what it did, or before that what it would do."""
    return {
        **summary(each),
        "counts": each.counts(),
        "steps": each.shown_steps,
        "lost": each.lost,
        "error": each.error,
    }
