"""The library's HTTP API: components, their versions, who refers to them and what a change would do to those."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from eventcatalog import evolution
from eventcatalog.actions import components as actions
from eventcatalog.api import ANY, CatalogView, given, number
from eventcatalog.bodies import WHY, AnyJson, OneSchema, SchemaField
from eventcatalog.library import queries
from eventcatalog.library.dependants import dependants_of, impact_of
from eventcatalog.library.resolve import fetch_from


class NewComponent(serializers.Serializer):
    """A component with its first version."""

    name = serializers.CharField(max_length=200)
    schema = SchemaField()
    title = serializers.CharField(required=False, allow_blank=True, max_length=200)
    description = serializers.CharField(required=False, allow_blank=True, max_length=20_000)
    example = AnyJson(required=False)
    notes = serializers.CharField(required=False, allow_blank=True, max_length=5000)
    why = serializers.CharField(required=False, allow_blank=True, max_length=5000, help_text=WHY)


class NewComponentVersion(serializers.Serializer):
    """The next version of a component."""

    schema = SchemaField()
    example = AnyJson(required=False)
    notes = serializers.CharField(required=False, allow_blank=True, max_length=5000)
    expected_latest = serializers.CharField(required=False, allow_null=True, allow_blank=True)
    why = serializers.CharField(required=False, allow_blank=True, max_length=5000, help_text=WHY)


class ChangedComponent(serializers.Serializer):
    """A component's words."""

    title = serializers.CharField(required=False, allow_blank=True, max_length=200)
    description = serializers.CharField(required=False, allow_blank=True, max_length=20_000)
    why = serializers.CharField(required=False, allow_blank=True, max_length=5000, help_text=WHY)


class Components(CatalogView):
    """Shared definitions."""

    @extend_schema(parameters=[OpenApiParameter("q", str)], responses=ANY, operation_id="catalog_components_list")
    def get(self, request: Request, workspace: str) -> Response:
        access = self.viewer(request, workspace)
        found = queries.components_of(access.workspace, q=request.query_params.get("q", "")[:200])
        size = min(number(request, "size", 100), 500)
        page = number(request, "page", 1)
        rows = found[(page - 1) * size : page * size]
        return Response({"components": [queries.as_json(each) for each in rows], "total": found.count()})

    @extend_schema(request=NewComponent, responses={201: ANY})
    def post(self, request: Request, workspace: str) -> Response:
        access = self.writer(request, workspace)
        made = actions.add_component(access, **given(NewComponent, request))
        return Response(queries.as_json(made), status=status.HTTP_201_CREATED)


class OneComponent(CatalogView):
    """A component with its newest schema and who refers to it."""

    @extend_schema(responses=ANY)
    def get(self, request: Request, workspace: str, name: str) -> Response:
        access = self.viewer(request, workspace)
        found = queries.find_component(access.workspace, name)
        users = dependants_of(access.workspace, "components", name)
        schema = evolution.restored(found.latest.schema_text).document if found.latest else None
        return Response({**queries.as_json(found), "schema": schema, "dependants": [each.as_json() for each in users]})

    @extend_schema(request=ChangedComponent, responses=ANY)
    def patch(self, request: Request, workspace: str, name: str) -> Response:
        access = self.writer(request, workspace)
        found = queries.find_component(access.workspace, name)
        return Response(queries.as_json(actions.change_component(access, found, **given(ChangedComponent, request))))


class ComponentVersions(CatalogView):
    """A component's versions: all, and the next."""

    @extend_schema(responses=ANY, operation_id="catalog_component_versions_list")
    def get(self, request: Request, workspace: str, name: str) -> Response:
        access = self.viewer(request, workspace)
        found = queries.find_component(access.workspace, name)
        return Response({"versions": [queries.version_as_json(each) for each in queries.versions_of(found)]})

    @extend_schema(request=NewComponentVersion, responses={201: ANY})
    def post(self, request: Request, workspace: str, name: str) -> Response:
        access = self.writer(request, workspace)
        found = queries.find_component(access.workspace, name)
        published = actions.publish_component(access, found, **given(NewComponentVersion, request))
        return Response(queries.version_as_json(published), status=status.HTTP_201_CREATED)


class ComponentCheck(CatalogView):
    """What a new version would change, and what it would do to each type that refers to it; stores nothing."""

    @extend_schema(request=OneSchema, responses=ANY)
    def post(self, request: Request, workspace: str, name: str) -> Response:
        access = self.viewer(request, workspace)
        found = queries.find_component(access.workspace, name)
        parsed = evolution.read(given(OneSchema, request)["schema"], fetch=fetch_from(access.workspace))
        answer: dict[str, Any] = actions.assess_component(found, parsed).as_json()
        impacts = impact_of(access.workspace, found, parsed) if not answer["is_same"] else []
        return Response({**answer, "impact": [each.as_json() for each in impacts]})


class OneComponentVersion(CatalogView):
    """The text of a component's version; ``?bundled=1`` with all that it refers to."""

    @extend_schema(responses={(200, "application/schema+json"): ANY})
    def get(self, request: Request, workspace: str, name: str, version: str) -> HttpResponse:
        access = self.viewer(request, workspace)
        one = queries.find_component_version(queries.find_component(access.workspace, name), version)
        bundled = request.query_params.get("bundled", "") in ("1", "true")
        text = one.meaning if bundled else one.schema_text
        response = HttpResponse(text, content_type="application/schema+json")
        response["X-Schema-Version"] = one.version
        return response
