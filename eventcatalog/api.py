"""The catalog's HTTP API under /api/v1/w/<workspace>/catalog/. See docs/catalog.md for the table.

Views are thin: who is asking, what they ask, which action or query answers. Refusals are FactstormErrors, given their
shape by workspaces.api_errors.
"""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from eventcatalog import actions, bodies, evolution, queries, representations
from eventcatalog.library.resolve import fetch_from
from eventcatalog.models import MessageType
from workspaces.access import Access, Permission, access_for_api
from workspaces.errors import NotFound

FILTERS = ("q", "kind", "domain", "context", "state", "owner", "service", "tag", "sort")
ANY = OpenApiTypes.OBJECT


class CatalogView(APIView):
    """What all views of the catalog share."""

    def viewer(self, request: Request, workspace: str) -> Access:
        """Somebody who may look at the catalog."""
        return access_for_api(request, workspace, need=Permission.CATALOG_VIEW)

    def writer(self, request: Request, workspace: str) -> Access:
        """Somebody who may write it."""
        return access_for_api(request, workspace, need=Permission.CATALOG_WRITE)


def given(serializer: type[Serializer], request: Request) -> dict[str, Any]:
    """The body's fields, checked for shape. Raises DRF's ValidationError."""
    body = serializer(data=request.data)
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)


def number(request: Request, name: str, default: int) -> int:
    """A positive whole number of the query string; anything else is the default."""
    text = request.query_params.get(name, "")
    return max(1, int(text)) if text.isdecimal() and len(text) < 9 else default


def shown(each: MessageType, access: Access, request: Request) -> dict[str, Any]:
    """A type as the API shows it."""
    return representations.message_type(each, access.workspace, request._request)


class Types(CatalogView):
    """Message types: a page of those that match, and registering a new one."""

    @extend_schema(
        operation_id="catalog_types_list",
        parameters=[OpenApiParameter(name, str) for name in (*FILTERS, "page", "size")],
        responses=ANY,
    )
    def get(self, request: Request, workspace: str) -> Response:
        access = self.viewer(request, workspace)
        wanted = queries.TypeFilter(**{name: request.query_params.get(name, "")[:200] for name in FILTERS})
        page = queries.page_of_types(
            access.workspace, wanted, number=number(request, "page", 1), size=number(request, "size", queries.PAGE_SIZE)
        )
        types = [shown(each, access, request) for each in page.types]
        return Response({"types": types, "total": page.total, "page": page.number, "pages": page.pages})

    @extend_schema(request=bodies.NewType, responses={201: ANY})
    def post(self, request: Request, workspace: str) -> Response:
        access = self.writer(request, workspace)
        created = actions.register_type(access, **given(bodies.NewType, request))
        answer = shown(queries.find_type(access.workspace, created.name), access, request)
        return Response(answer, status=status.HTTP_201_CREATED, headers={"Location": answer["url"]})


class OneType(CatalogView):
    """One message type, with its latest schema."""

    @extend_schema(responses=ANY)
    def get(self, request: Request, workspace: str, name: str) -> Response:
        access = self.viewer(request, workspace)
        found = queries.find_type(access.workspace, name)
        queries.attach_participants([found])
        schema = evolution.document_of(found.latest) if found.latest else None
        return Response({**shown(found, access, request), "schema": schema})

    @extend_schema(request=bodies.ChangedType, responses=ANY)
    def patch(self, request: Request, workspace: str, name: str) -> Response:
        access = self.writer(request, workspace)
        found = queries.find_type(access.workspace, name)
        fields = given(bodies.ChangedType, request)
        why = fields.pop("why", "")
        actions.update_type(access, found, actions.TypeChanges(**fields), why=why)
        return Response(shown(queries.find_type(access.workspace, name), access, request))


class TypeDeprecation(CatalogView):
    """A type's deprecation: declare it, take it back."""

    @extend_schema(request=bodies.Deprecation, responses=ANY)
    def post(self, request: Request, workspace: str, name: str) -> Response:
        access = self.writer(request, workspace)
        found = queries.find_type(access.workspace, name)
        actions.deprecate(access, found, **given(bodies.Deprecation, request))
        return Response(shown(queries.find_type(access.workspace, name), access, request))

    @extend_schema(responses=ANY)
    def delete(self, request: Request, workspace: str, name: str) -> Response:
        access = self.writer(request, workspace)
        found = queries.find_type(access.workspace, name)
        actions.revive(access, found)
        return Response(shown(queries.find_type(access.workspace, name), access, request))


class TypeHistory(CatalogView):
    """Who changed what of a type, newest first."""

    @extend_schema(responses=ANY)
    def get(self, request: Request, workspace: str, name: str) -> Response:
        access = self.viewer(request, workspace)
        found = queries.find_type(access.workspace, name)
        limit = min(number(request, "limit", 100), 500)
        return Response({"changes": [representations.change(each) for each in queries.history_of(found, limit=limit)]})


class Versions(CatalogView):
    """A type's schema versions: all of them, and publishing the next."""

    @extend_schema(operation_id="catalog_versions_list", responses=ANY)
    def get(self, request: Request, workspace: str, name: str) -> Response:
        access = self.viewer(request, workspace)
        found = queries.find_type(access.workspace, name)
        versions = queries.versions_of(found)
        plain = request._request
        return Response(
            {"versions": [representations.version(each, found.name, access.workspace, plain) for each in versions]}
        )

    @extend_schema(request=bodies.NewVersion, responses={201: ANY})
    def post(self, request: Request, workspace: str, name: str) -> Response:
        access = self.writer(request, workspace)
        found = queries.find_type(access.workspace, name)
        published = actions.publish_version(access, found, **given(bodies.NewVersion, request))
        answer = representations.version(published, found.name, access.workspace, request._request)
        answer["number_warning"] = published.number_warning
        return Response(answer, status=status.HTTP_201_CREATED, headers={"Location": answer["schema_url"]})


class VersionCheck(CatalogView):
    """What publishing a schema would do, without doing it."""

    @extend_schema(request=bodies.ProposedSchema, responses=ANY)
    def post(self, request: Request, workspace: str, name: str) -> Response:
        access = self.viewer(request, workspace)
        found = queries.find_type(access.workspace, name)
        body = given(bodies.ProposedSchema, request)
        parsed = evolution.read(body["schema"], fetch=fetch_from(access.workspace))
        assessment = actions.assess(found, parsed, policy=body.get("policy"))
        warning = evolution.number_warning(assessment, body.get("version") or "")
        return Response({**assessment.as_json(), "number_warning": warning})


class VersionFixes(CatalogView):
    """What would mend a schema that would be refused: whole schemas, each tried before it is offered."""

    @extend_schema(request=bodies.ProposedSchema, responses=ANY)
    def post(self, request: Request, workspace: str, name: str) -> Response:
        access = self.viewer(request, workspace)
        found = queries.find_type(access.workspace, name)
        body = given(bodies.ProposedSchema, request)
        parsed = evolution.read(body["schema"], fetch=fetch_from(access.workspace))
        return Response({"fixes": actions.mend(found, parsed, policy=body.get("policy"))})


class OneVersion(CatalogView):
    """One version with its schema; ``latest`` is the newest."""

    @extend_schema(responses=ANY)
    def get(self, request: Request, workspace: str, name: str, version: str) -> Response:
        access = self.viewer(request, workspace)
        found = queries.find_type(access.workspace, name)
        one = queries.find_version(found, version)
        answer = representations.version(one, found.name, access.workspace, request._request)
        return Response({**answer, "schema": evolution.document_of(one)})


class RawSchema(CatalogView):
    """The schema's text, to the byte as it was given: what CloudEvents' ``dataschema`` points at."""

    @extend_schema(responses={(200, "application/schema+json"): ANY})
    def get(self, request: Request, workspace: str, name: str, version: str) -> HttpResponse:
        access = self.viewer(request, workspace)
        one = queries.find_version(queries.find_type(access.workspace, name), version)
        bundled = request.query_params.get("bundled", "") in ("1", "true")
        response = HttpResponse(one.meaning if bundled else one.schema_text, content_type="application/schema+json")
        response["ETag"] = f'"{one.pk}-{one.fingerprint[:16]}{"-bundled" if bundled else ""}"'
        fixed = version == one.version
        response["Cache-Control"] = "private, max-age=31536000, immutable" if fixed else "private, no-cache"
        response["X-Schema-Version"] = one.version
        return response


class Inference(CatalogView):
    """A schema from example documents."""

    @extend_schema(request=bodies.Examples, responses=ANY)
    def post(self, request: Request, workspace: str) -> Response:
        self.viewer(request, workspace)
        return Response(evolution.infer(given(bodies.Examples, request)["examples"]))


class SchemaCheck(CatalogView):
    """Whether a text is a JSON Schema, and what it describes."""

    @extend_schema(request=bodies.OneSchema, responses=ANY)
    def post(self, request: Request, workspace: str) -> Response:
        access = self.viewer(request, workspace)
        schema = given(bodies.OneSchema, request)["schema"]
        return Response(evolution.describe(schema, fetch=fetch_from(access.workspace)))


class Domains(CatalogView):
    """The parts of the business."""

    @extend_schema(responses=ANY)
    def get(self, request: Request, workspace: str) -> Response:
        access = self.viewer(request, workspace)
        rows = access.workspace.domains.select_related("owner")
        return Response({"domains": [representations.domain(each) for each in rows]})

    @extend_schema(request=bodies.NewDomain, responses={201: ANY})
    def post(self, request: Request, workspace: str) -> Response:
        access = self.writer(request, workspace)
        created = actions.create_domain(access, **given(bodies.NewDomain, request))
        return Response(representations.domain(created), status=status.HTTP_201_CREATED)


class Contexts(CatalogView):
    """Bounded contexts."""

    @extend_schema(responses=ANY)
    def get(self, request: Request, workspace: str) -> Response:
        access = self.viewer(request, workspace)
        rows = access.workspace.contexts.select_related("domain")
        return Response({"contexts": [representations.context(each) for each in rows]})

    @extend_schema(request=bodies.NewContext, responses={201: ANY})
    def post(self, request: Request, workspace: str) -> Response:
        access = self.writer(request, workspace)
        created = actions.create_context(access, **given(bodies.NewContext, request))
        return Response(representations.context(created), status=status.HTTP_201_CREATED)


class Teams(CatalogView):
    """Those who own things."""

    @extend_schema(responses=ANY)
    def get(self, request: Request, workspace: str) -> Response:
        access = self.viewer(request, workspace)
        return Response({"teams": [representations.team(each) for each in access.workspace.teams.all()]})

    @extend_schema(request=bodies.NewTeam, responses={201: ANY})
    def post(self, request: Request, workspace: str) -> Response:
        access = self.writer(request, workspace)
        created = actions.create_team(access, **given(bodies.NewTeam, request))
        return Response(representations.team(created), status=status.HTTP_201_CREATED)


class Services(CatalogView):
    """Services."""

    @extend_schema(operation_id="catalog_services_list", responses=ANY)
    def get(self, request: Request, workspace: str) -> Response:
        access = self.viewer(request, workspace)
        rows = queries.services_of(access.workspace)
        return Response({"services": [representations.service(each) for each in rows]})

    @extend_schema(request=bodies.NewService, responses={201: ANY})
    def post(self, request: Request, workspace: str) -> Response:
        access = self.writer(request, workspace)
        created = actions.create_service(access, **given(bodies.NewService, request))
        return Response(representations.service(created), status=status.HTTP_201_CREATED)


class OneService(CatalogView):
    """A service and the types it has to do with."""

    @extend_schema(responses=ANY)
    def get(self, request: Request, workspace: str, slug: str) -> Response:
        access = self.viewer(request, workspace)
        found = queries.find_service(access.workspace, slug)
        roles = {each.role: [row.name for row in each.rows] for each in queries.types_of_service(found)}
        return Response({**representations.service(found), "types": roles})

    @extend_schema(request=bodies.ChangedService, responses=ANY)
    def patch(self, request: Request, workspace: str, slug: str) -> Response:
        access = self.writer(request, workspace)
        found = queries.find_service(access.workspace, slug)
        changed = actions.update_service(access, found, **given(bodies.ChangedService, request))
        return Response(representations.service(changed))


class Participations(CatalogView):
    """Who produces, consumes, handles or asks a type."""

    @extend_schema(responses=ANY)
    def get(self, request: Request, workspace: str, name: str) -> Response:
        access = self.viewer(request, workspace)
        rows = queries.participations_of(queries.find_type(access.workspace, name))
        return Response({"participations": [representations.participation(each) for each in rows]})

    @extend_schema(request=bodies.NewParticipation, responses={201: ANY})
    def post(self, request: Request, workspace: str, name: str) -> Response:
        access = self.writer(request, workspace)
        found = queries.find_type(access.workspace, name)
        fields = given(bodies.NewParticipation, request)
        service = queries.find_service(access.workspace, fields.pop("service"))
        declared = actions.declare_participation(access, found, service=service, **fields)
        return Response(representations.participation(declared), status=status.HTTP_201_CREATED)


class OneParticipation(CatalogView):
    """One service's one role for a type."""

    @extend_schema(responses={204: None})
    def delete(self, request: Request, workspace: str, name: str, slug: str, role: str) -> Response:
        access = self.writer(request, workspace)
        found = queries.find_type(access.workspace, name)
        row = next(
            (each for each in queries.participations_of(found) if (each.service.slug, each.role) == (slug, role)), None
        )
        if row is None:
            raise NotFound
        actions.withdraw_participation(access, row)
        return Response(status=status.HTTP_204_NO_CONTENT)
