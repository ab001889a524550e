"""The coupling report and the seven questions: what eventcatalog.coupling found of a workspace, ready to be shown.

Everything here is worked out from the graph value alone and remembered with it (map_queries.worked_out), so a page
costs two queries while the catalog stays the same.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eventcatalog.coupling import questions
from eventcatalog.coupling.calls import Calls
from eventcatalog.coupling.drawing import Drawing, draw
from eventcatalog.coupling.findings import SEVERITIES, Finding, findings
from eventcatalog.coupling.graph import Graph
from eventcatalog.coupling.zones import (
    Cell,
    Crossing,
    Level,
    Tally,
    crossings,
    matrix,
    tally_of_service,
    tally_of_zone,
    zone_of,
    zones,
)

RULE_WORDS = {
    "circle": "Circles of calls",
    "deep_chain": "Long chains of calls",
    "fragile": "Services that need many",
    "blast_radius": "Services that many need",
    "close_pair": "Pairs tied closely",
    "waiting_across_boundary": "Waiting across a boundary",
    "replaceable_query": "Queries that events could replace",
    "several_handlers": "Commands with several handlers",
    "several_answerers": "Queries with several answerers",
    "unhandled_command": "Commands nobody handles",
    "unanswered_query": "Queries nobody answers",
    "unconsumed_event": "Events nobody consumes",
    "unsent_message": "Messages nobody sends",
    "deprecated_in_use": "Deprecated and still in use",
    "unowned_crossing": "Crossing a boundary without an owner",
    "undeclared_sender": "Senders nobody declared",
    "other_stream": "In another stream than declared",
}


@dataclass(frozen=True)
class Report:
    """What the report shows for one level of boundaries."""

    level: Level
    findings: list[Finding]
    zones: list[str]
    cells: dict[tuple[str, str], Cell]
    crossings: list[Crossing]
    zone_tallies: dict[str, Tally]
    drawing: Drawing

    @property
    def severities(self) -> dict[str, int]:
        """How many findings of each severity."""
        counted = Counter(each.severity for each in self.findings)
        return {severity: counted[severity] for severity in SEVERITIES}

    @property
    def rules(self) -> dict[str, int]:
        """How many findings of each rule, in the order they rank."""
        return dict(Counter(each.rule for each in self.findings))


@dataclass(frozen=True)
class ServiceRow:
    """A service in the report's table."""

    key: str
    name: str
    zone: str
    tally: Tally
    needs: int
    needed_by: int
    depth: int


@dataclass(frozen=True)
class Answers:
    """The seven questions answered."""

    outages: list[questions.Outage]
    errands: list[questions.Errand]
    unowned_services: list[str]
    unowned_messages: list[str]
    owners: list[tuple[str, int, int]]
    risks: list[questions.Risk]
    circles: list[tuple[str, ...]]
    chains: list[tuple[str, ...]]
    unused: list[tuple[str, str]]
    deprecated: list[str]
    crossings: list[Crossing]
    spoken: int


def report_by_domain(graph: Graph) -> Report:
    """Boundaries are domains."""
    return _report(graph, "domain")


def report_by_context(graph: Graph) -> Report:
    """Boundaries are bounded contexts."""
    return _report(graph, "context")


def _report(graph: Graph, level: Level) -> Report:
    cells, between, places = matrix(graph, level), crossings(graph, level), zones(graph, level)
    counts = Counter(zone_of(graph, key, level) for key in graph.services)
    notes = {zone: f"{counts[zone]} service{'' if counts[zone] == 1 else 's'}" for zone in places}
    return Report(
        level=level,
        findings=graph.once(findings),
        zones=places,
        cells=cells,
        crossings=between,
        zone_tallies={zone: tally_of_zone(graph, zone, level, between) for zone in places},
        drawing=draw({zone: graph.zone_name(zone) for zone in places}, cells, notes),
    )


def service_rows(graph: Graph) -> list[ServiceRow]:
    """Every service, the most tied first."""
    calls = graph.once(Calls)
    rows = [
        ServiceRow(
            key,
            service.name,
            service.domain,
            tally_of_service(graph, key),
            len(calls.needs[key]),
            len(calls.needed_by[key]),
            calls.depth[key],
        )
        for key, service in graph.services.items()
    ]
    return sorted(rows, key=lambda row: (-(row.needs + row.needed_by), -row.depth, row.name.casefold()))


def answers(graph: Graph) -> Answers:
    """The seven questions, from data."""
    calls = graph.once(Calls)
    services, messages = questions.unowned_things(graph)
    owned_services = Counter(each.owner for each in graph.services.values() if each.owner)
    owned_messages = Counter(each.owner for each in graph.messages.values() if each.owner)
    owners = sorted({*owned_services, *owned_messages}, key=str.casefold)
    chains = sorted(
        (calls.chain(key) for key in calls.order if calls.depth[key] > 1 and not calls.callers[key]),
        key=lambda chain: (-len(chain), chain),
    )
    return Answers(
        outages=questions.outages(graph, calls),
        errands=questions.errands(graph),
        unowned_services=services,
        unowned_messages=messages,
        owners=[(owner, owned_services[owner], owned_messages[owner]) for owner in owners],
        risks=questions.risks(graph),
        circles=[calls.shortest_circle(group) for group in calls.circles],
        chains=chains,
        unused=questions.unused(graph),
        deprecated=sorted(
            key
            for key, each in graph.messages.items()
            if each.deprecated and (graph.senders.get(key) or graph.takers.get(key))
        ),
        crossings=crossings(graph, "domain"),
        spoken=sum(1 for key in graph.messages if graph.senders.get(key) and graph.takers.get(key)),
    )


def report_as_json(graph: Graph, report: Report, rows: Sequence[ServiceRow]) -> dict[str, Any]:
    """What the API answers."""
    return {
        "level": report.level,
        "severities": report.severities,
        "findings": [finding_as_json(each) for each in report.findings],
        "boundaries": [
            {"slug": zone or None, "name": graph.zone_name(zone), **_tally(report.zone_tallies[zone])}
            for zone in report.zones
        ],
        "matrix": [
            {
                "from": source or None,
                "to": target or None,
                "events": cell.events,
                "commands": cell.commands,
                "queries": cell.queries,
                "waited_for": cell.waited_for,
            }
            for (source, target), cell in report.cells.items()
        ],
        "crossings": [crossing_as_json(each) for each in report.crossings],
        "services": [
            {
                "slug": row.key,
                "name": row.name,
                "domain": row.zone or None,
                **_tally(row.tally),
                "needs": row.needs,
                "needed_by": row.needed_by,
                "chain_depth": row.depth,
            }
            for row in rows
        ],
    }


def finding_as_json(each: Finding) -> dict[str, Any]:
    """A finding."""
    return {
        "rule": each.rule,
        "severity": each.severity,
        "score": each.score,
        "title": each.title,
        "reason": each.reason,
        "mend": each.mend,
        "subjects": [{"kind": subject.kind, "key": subject.key or None} for subject in each.subjects],
    }


def crossing_as_json(each: Crossing) -> dict[str, Any]:
    """A message that crosses a boundary."""
    return {
        "from": each.source or None,
        "to": each.target or None,
        "message": each.message,
        "kind": each.kind,
        "waited_for": each.waits,
        "senders": list(each.senders),
        "receivers": list(each.takers),
    }


def answers_as_json(found: Answers) -> dict[str, Any]:
    """The seven answers, each under its question's name."""
    return {
        "who_breaks": [
            {
                "service": each.service,
                "stops": list(each.stops),
                "direct": list(each.direct),
                "hears_nothing_new": list(each.hears_nothing_new),
            }
            for each in found.outages
        ],
        "what_must_be_called": [
            {
                "message": each.message,
                "services": list(each.services),
                "calls": [
                    {"service": step.service, "trigger": step.trigger, "call": step.result, "known": step.known}
                    for step in each.steps
                ],
            }
            for each in found.errands
        ],
        "who_owns": {
            "owners": [
                {"team": team, "services": services, "messages": messages} for team, services, messages in found.owners
            ],
            "unowned_services": found.unowned_services,
            "unowned_messages": found.unowned_messages,
        },
        "which_changes_are_risky": [
            {
                "message": each.message,
                "receivers": list(each.receivers),
                "other_domains": list(each.zones),
                "compatibility": each.promise,
                "score": each.score,
            }
            for each in found.risks
        ],
        "where_are_circles": {
            "circles": [list(each) for each in found.circles],
            "longest_chains": [list(each) for each in found.chains],
        },
        "what_is_unused": {
            "one_sided": [{"message": name, "missing": missing} for name, missing in found.unused],
            "deprecated_in_use": found.deprecated,
        },
        "what_crosses_boundaries": [crossing_as_json(each) for each in found.crossings],
    }


def tables(graph: Graph, report: Report, rows: Sequence[ServiceRow]) -> dict[str, list[dict[str, Any]]]:
    """The report as flat tables, for CSV: ``findings``, ``matrix``, ``crossings``, ``services``, ``boundaries``."""
    answer = report_as_json(graph, report, rows)
    return {
        name: [{column: _flat(value) for column, value in row.items()} for row in answer[name]]
        for name in ("findings", "matrix", "crossings", "services", "boundaries")
    }


def _flat(value: Any) -> Any:
    if isinstance(value, list):
        return " ".join(
            f"{each['kind']}:{each['key'] or ''}" if isinstance(each, dict) else str(each) for each in value
        )
    return "" if value is None else value


def _tally(tally: Tally) -> dict[str, Any]:
    plural = {"event": "events", "command": "commands", "query": "queries"}
    return {
        **{f"sends_{plural[kind]}": count for kind, count in tally.sends.items()},
        **{f"takes_{plural[kind]}": count for kind, count in tally.takes.items()},
        "waits_for": tally.calls,
        "waited_for_by": tally.called_by,
    }
