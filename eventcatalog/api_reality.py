"""The HTTP API of checks against reality."""

import uuid

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from eventcatalog import queries
from eventcatalog.actions import reality as actions
from eventcatalog.api import ANY, CatalogView, given
from eventcatalog.bodies import SchemaField
from workspaces.access import Permission


class NewRealityCheck(serializers.Serializer):
    """What to replay through which schema; without one, through that of ``version`` (the newest, if none is named)."""

    schema = SchemaField(required=False)
    version = serializers.CharField(required=False, allow_blank=True, max_length=32)
    records = serializers.IntegerField(required=False, default=10_000, min_value=0, max_value=actions.RECORDS_MAX)


class RealityChecks(CatalogView):
    """Replays of a type's stored records: the last ones, and a new one."""

    @extend_schema(responses=ANY, operation_id="catalog_reality_checks_list")
    def get(self, request: Request, workspace: str, name: str) -> Response:
        access = self.viewer(request, workspace)
        access.require(Permission.STREAM_READ)
        found = queries.find_type(access.workspace, name)
        rows = [
            each
            for each in found.reality_checks.select_related("message_type")[: actions.KEPT_PER_TYPE]
            if all(access.can(Permission.STREAM_READ, stream=stream) for stream in each.stream_names)
        ]
        return Response({"checks": [each.as_json() for each in rows]})

    @extend_schema(request=NewRealityCheck, responses={202: ANY})
    def post(self, request: Request, workspace: str, name: str) -> Response:
        access = self.viewer(request, workspace)
        found = queries.find_type(access.workspace, name)
        body = given(NewRealityCheck, request)
        schema = body.get("schema")
        if schema is None:
            schema = queries.find_version(found, body.get("version") or "latest").schema_text
        row = actions.check_against_reality(access, found, schema=schema, records=body["records"])
        return Response(row.as_json(), status=status.HTTP_202_ACCEPTED)


class OneRealityCheck(CatalogView):
    """How far a replay is and what it found; DELETE cancels it."""

    @extend_schema(responses=ANY)
    def get(self, request: Request, workspace: str, check: uuid.UUID) -> Response:
        access = self.viewer(request, workspace)
        return Response(actions.find_check(access, check).as_json())

    @extend_schema(responses=ANY)
    def delete(self, request: Request, workspace: str, check: uuid.UUID) -> Response:
        access = self.viewer(request, workspace)
        return Response(actions.cancel_check(access, actions.find_check(access, check)).as_json())
