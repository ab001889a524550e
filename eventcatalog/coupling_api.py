"""The coupling report and the seven questions over HTTP, as JSON and CSV. See docs/coupling.md."""

import csv
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from eventcatalog import coupling_report as reports
from eventcatalog import map_queries
from eventcatalog.api import ANY, CatalogView
from workspaces.errors import Invalid
from workspaces.models import Workspace

TABLES = ("findings", "matrix", "crossings", "services", "boundaries")
LEVELS = {"domain": reports.report_by_domain, "context": reports.report_by_context}
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def report_of(workspace: Workspace, level: str) -> reports.Report:
    """Raises Invalid with place level."""
    if level not in LEVELS:
        raise Invalid("Boundaries are domains or contexts.", place="level")
    return map_queries.worked_out(workspace, LEVELS[level])


class Coupling(CatalogView):
    """What ties services together, and what to mend first."""

    @extend_schema(parameters=[OpenApiParameter("level", str)], responses=ANY)
    def get(self, request: Request, workspace: str) -> Response:
        access = self.viewer(request, workspace)
        report = report_of(access.workspace, request.query_params.get("level", "domain"))
        rows = map_queries.worked_out(access.workspace, reports.service_rows)
        return Response(reports.report_as_json(map_queries.graph_of(access.workspace), report, rows))


class CouplingTable(CatalogView):
    """One of the report's tables, as CSV for a spreadsheet."""

    @extend_schema(parameters=[OpenApiParameter("level", str)], responses={(200, "text/csv"): ANY})
    def get(self, request: Request, workspace: str, table: str) -> HttpResponse:
        access = self.viewer(request, workspace)
        if table not in TABLES:
            raise Invalid(f"The tables are {', '.join(TABLES)}.", place="table")
        report = report_of(access.workspace, request.query_params.get("level", "domain"))
        rows = map_queries.worked_out(access.workspace, reports.service_rows)
        found = reports.tables(map_queries.graph_of(access.workspace), report, rows)[table]
        response = HttpResponse(content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{access.workspace.slug}-{table}.csv"'
        writer = csv.writer(response)
        if found:
            writer.writerow(list(found[0]))
        for row in found:
            writer.writerow([_harmless(value) for value in row.values()])
        return response


class Questions(CatalogView):
    """The seven questions an architect asks."""

    @extend_schema(responses=ANY)
    def get(self, request: Request, workspace: str) -> Response:
        access = self.viewer(request, workspace)
        return Response(reports.answers_as_json(map_queries.worked_out(access.workspace, reports.answers)))


def _harmless(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula gets a quote in front."""
    return f"'{value}" if isinstance(value, str) and value.startswith(DANGEROUS) else value
