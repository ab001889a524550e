"""The coupling report, and the seven questions an architect asks."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from eventcatalog import coupling_report as reports
from eventcatalog import map_queries
from eventcatalog.coupling.findings import SEVERITIES, Finding
from eventcatalog.coupling.flow import Step
from eventcatalog.coupling.graph import Graph
from eventcatalog.coupling.zones import Cell, Crossing
from eventcatalog.coupling_api import LEVELS, TABLES
from eventcatalog.links import Link, Links
from workspaces.access import Access, Permission, page

FINDINGS_SHOWN = 60
SERVICES_SHOWN = 60
ROWS_SHOWN = 8
MATRIX_MAX = 24
CHIPS_SHOWN = 12
SEVERITY_WORDS = {"high": "Mend first", "medium": "Worth a talk", "low": "Good to know"}


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """A row of the matrix of boundaries: what leaves a zone."""

    zone: str
    name: str
    cells: list[tuple[str, Cell | None]]


@page(Permission.CATALOG_VIEW)
@require_safe
def report(request: HttpRequest, access: Access) -> HttpResponse:
    """Findings, the map between zones, the matrix, every service's ties."""
    graph = map_queries.graph_of(access.workspace)
    level = request.GET.get("level", "domain")
    found = graph.once(LEVELS.get(level, LEVELS["domain"]))
    links = Links(graph, access.workspace.slug)
    severity, rule = request.GET.get("severity", ""), request.GET.get("rule", "")
    chosen = [each for each in found.findings if severity in ("", each.severity) and rule in ("", each.rule)]
    shown = len(chosen) if "all" in request.GET else FINDINGS_SHOWN
    context: dict[str, Any] = {
        "nav": "coupling",
        "report": found,
        "empty": not graph.services,
        "severities": [(each, SEVERITY_WORDS[each], found.severities[each]) for each in SEVERITIES],
        "rules": [(each, reports.RULE_WORDS[each], count) for each, count in found.rules.items()],
        "severity": severity,
        "rule": rule,
        "findings": [_shown(each, links) for each in chosen[:shown]],
        "hidden_count": max(0, len(chosen) - shown),
        "matrix": _matrix(graph, found),
        "matrix_names": [graph.zone_name(zone) for zone in found.zones[:MATRIX_MAX]],
        "services": graph.once(reports.service_rows)[:SERVICES_SHOWN],
        "services_hidden": max(0, len(graph.services) - SERVICES_SHOWN),
        "tables": TABLES,
        "curve_titles": _curve_titles(graph, found),
    }
    return render(request, "eventcatalog/coupling.html", context)


def _shown(finding: Finding, links: Links) -> dict[str, Any]:
    return {
        "finding": finding,
        "word": reports.RULE_WORDS[finding.rule],
        "severity_word": SEVERITY_WORDS[finding.severity],
        "links": [links.of(subject) for subject in finding.subjects[:12]],
    }


def _matrix(graph: Graph, found: reports.Report) -> list[MatrixRow]:
    places = found.zones[:MATRIX_MAX]
    return [
        MatrixRow(source, graph.zone_name(source), [(target, found.cells.get((source, target))) for target in places])
        for source in places
    ]


def _curve_titles(graph: Graph, found: reports.Report) -> list[tuple[Any, str, str]]:
    """(curve, words, slug of its class) for the drawing."""
    titles = []
    for curve in found.drawing.curves:
        what = "waited for" if curve.waits else "told"
        there = f"{graph.zone_name(curve.source)} → {graph.zone_name(curve.target)}"
        titles.append((curve, f"{there}: {curve.count} {what}", "waits" if curve.waits else "tells"))
    return titles


@page(Permission.CATALOG_VIEW)
@require_safe
def questions(request: HttpRequest, access: Access) -> HttpResponse:
    """The seven questions an architect asks, each answered from data."""
    graph = map_queries.graph_of(access.workspace)
    found = graph.once(reports.answers)
    links = Links(graph, access.workspace.slug)
    rows = 10_000 if "all" in request.GET else ROWS_SHOWN
    context: dict[str, Any] = {
        "nav": "coupling",
        "answers": found,
        "empty": not graph.services,
        "rows": rows,
        "outages": [
            (
                links.service(each.service),
                links.services(each.stops[:CHIPS_SHOWN]),
                len(each.stops),
                links.services(each.hears_nothing_new[:5]),
                len(each.hears_nothing_new),
            )
            for each in found.outages[:rows]
        ],
        "errands": [
            (
                links.message(each.message),
                _calls(each.steps[:CHIPS_SHOWN], graph, links),
                len(each.services),
                len(each.steps),
            )
            for each in found.errands[:rows]
        ],
        "unowned_services": links.services(found.unowned_services[:rows]),
        "unowned_messages": [links.message(name) for name in found.unowned_messages[:rows]],
        "risks": [
            (links.message(each.message), each, links.services(each.receivers[:6]), [links.zone(z) for z in each.zones])
            for each in found.risks[:rows]
        ],
        "circles": [links.services(each[:CHIPS_SHOWN]) for each in found.circles[:rows]],
        "chains": [links.services(each) for each in found.chains[:rows]],
        "unused": [(links.message(name), missing) for name, missing in found.unused[:rows]],
        "deprecated": [links.message(name) for name in found.deprecated[:rows]],
        "crossings": _by_pair(found.crossings, links, rows),
        "waiting_crossings": sum(1 for each in found.crossings if each.waits),
    }
    return render(request, "eventcatalog/questions.html", context)


def _calls(steps: Iterable[Step], graph: Graph, links: Links) -> list[tuple[Link, Link, list[Link], bool]]:
    """(who calls, with which message, whom, whether a reaction says so)."""
    return [
        (
            links.service(step.service),
            links.message(step.result),
            links.services(graph.takers.get(step.result, ())),
            step.known,
        )
        for step in steps
    ]


def _by_pair(found: list[Crossing], links: Links, most: int) -> list[tuple[Any, ...]]:
    """(from, to, waited for, how many, told, how many), the pairs that wait most first."""
    pairs: dict[tuple[str, str], tuple[list[str], list[str]]] = {}
    for each in found:
        waited, told = pairs.setdefault((each.source, each.target), ([], []))
        (waited if each.waits else told).append(each.message)
    ranked = sorted(pairs.items(), key=lambda item: (-len(item[1][0]), -len(item[1][1]), item[0]))[:most]
    return [
        (
            links.zone(source),
            links.zone(target),
            [links.message(name) for name in waited[:6]],
            len(waited),
            [links.message(name) for name in told[:6]],
            len(told),
        )
        for (source, target), (waited, told) in ranked
    ]
