"""A version's code and example payloads over HTTP."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from eventcatalog import queries
from eventcatalog.api import CatalogView, number
from eventcatalog.code import generating

ANY = OpenApiTypes.OBJECT


class Code(CatalogView):
    """Typed models of a version: pydantic, dataclasses, typeddict or typescript."""

    @extend_schema(parameters=[OpenApiParameter("download", bool)], responses={(200, "text/plain"): OpenApiTypes.STR})
    def get(self, request: Request, workspace: str, name: str, version: str, form: str) -> HttpResponse:
        access = self.viewer(request, workspace)
        found = queries.find_type(access.workspace, name)
        one = queries.find_version(found, version)
        text = generating.code_of(found, one, form)
        told = generating.FORMS[form]
        response = HttpResponse(text, content_type=f"{told.content_type}; charset=utf-8")
        response["X-Schema-Version"] = one.version
        response["Cache-Control"] = "private, no-cache"
        if request.query_params.get("download", "").lower() in ("1", "true"):
            response["Content-Disposition"] = f'attachment; filename="{generating.file_name(found, told)}"'
        return response


class Payloads(CatalogView):
    """Made-up payloads that a version's schema takes."""

    @extend_schema(
        operation_id="catalog_version_payloads",
        parameters=[OpenApiParameter("count", int), OpenApiParameter("seed", int)],
        responses=ANY,
    )
    def get(self, request: Request, workspace: str, name: str, version: str) -> Response:
        access = self.viewer(request, workspace)
        one = queries.find_version(queries.find_type(access.workspace, name), version)
        count = min(number(request, "count", 5), generating.EXAMPLES_MAX)
        seed = number(request, "seed", 1)
        made: list[Any] = generating.examples_of(one, count=count, seed=seed)
        return Response({"version": one.version, "seed": seed, "payloads": made})
