"""What lies between zones rather than in them: the messages that cross a boundary, and how much of each kind.

A zone is a domain or a bounded context. A message crosses when a service of one zone sends it and a service of another
takes it; both zones are those of the services, since it is programs that depend on each other.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Literal

from eventcatalog.coupling.graph import KINDS, Graph, Kind

Level = Literal["domain", "context"]
Side = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Crossing:
    """One message between two zones. ``waits``: its sender waits for its receiver."""

    source: str
    target: str
    message: str
    kind: Kind
    waits: bool
    senders: tuple[str, ...]
    takers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """How many messages of each kind go from one zone to another (or stay, when both are the same)."""

    events: int = 0
    commands: int = 0
    queries: int = 0
    waited_for: int = 0

    @property
    def total(self) -> int:
        """Of all kinds."""
        return self.events + self.commands + self.queries


@dataclass(frozen=True, slots=True)
class Tally:
    """Messages in and out of a service or zone by kind, and with how many partners in all."""

    sends: dict[Kind, int]
    takes: dict[Kind, int]
    calls: int = 0
    called_by: int = 0


def zone_of(graph: Graph, service: str, level: Level) -> str:
    """The slug of the service's domain or context; "" for nowhere."""
    found = graph.services[service]
    return found.domain if level == "domain" else found.context


def crossings(graph: Graph, level: Level) -> list[Crossing]:
    """Every message that crosses, once for each pair of zones; in order of zones and names."""
    return list(graph.once(_crossings, level))


def _crossings(graph: Graph, level: Level) -> list[Crossing]:
    found: list[Crossing] = []
    for name, (senders_by_zone, takers_by_zone) in graph.once(_sides, level).items():
        message = graph.messages[name]
        for source, senders in senders_by_zone.items():
            for target, takers in takers_by_zone.items():
                if source != target:
                    both = tuple(senders), tuple(takers)
                    found.append(Crossing(source, target, name, message.kind, message.waits, *both))
    return sorted(found, key=lambda each: (each.source, each.target, not each.waits, each.message))


def matrix(graph: Graph, level: Level) -> dict[tuple[str, str], Cell]:
    """(from zone, to zone) -> how many messages; zones that say nothing to each other are left out."""
    counts: defaultdict[tuple[str, str], dict[str, int]] = defaultdict(lambda: dict.fromkeys((*KINDS, "waits"), 0))
    for name, (senders, takers) in graph.once(_sides, level).items():
        message = graph.messages[name]
        for source in senders:
            for target in takers:
                cell = counts[source, target]
                cell[message.kind] += 1
                cell["waits"] += message.waits
    return {
        pair: Cell(cell["event"], cell["command"], cell["query"], cell["waits"])
        for pair, cell in sorted(counts.items())
    }


def zones(graph: Graph, level: Level) -> list[str]:
    """All zones that a service lies in, by name, the nameless one last."""
    found = {zone_of(graph, key, level) for key in graph.services}
    return sorted(found, key=lambda zone: (not zone, graph.zone_name(zone).casefold()))


def tally_of_service(graph: Graph, service: str) -> Tally:
    """What a service sends and takes, by kind, and how many services it waits for and is waited for by."""
    sends, takes = _by_kind(graph, graph.sent.get(service, ())), _by_kind(graph, graph.taken.get(service, ()))
    calls = {other for name in _waited(graph, graph.sent.get(service, ())) for other in graph.takers.get(name, ())}
    called = {other for name in _waited(graph, graph.taken.get(service, ())) for other in graph.senders.get(name, ())}
    return Tally(sends, takes, len(calls - {service}), len(called - {service}))


def tally_of_zone(graph: Graph, zone: str, level: Level, found: list[Crossing]) -> Tally:
    """What leaves and enters a zone: each message once, however many zones it reaches."""
    out = {each.message for each in found if each.source == zone}
    inward = {each.message for each in found if each.target == zone}
    calls = {each.target for each in found if each.source == zone and each.waits}
    called = {each.source for each in found if each.target == zone and each.waits}
    return Tally(_by_kind(graph, out), _by_kind(graph, inward), len(calls), len(called))


def _sides(graph: Graph, level: Level) -> dict[str, tuple[Side, Side]]:
    """Message -> (its senders by zone, its takers by zone), in order of keys; those with nobody at one end left out."""
    zone = {key: zone_of(graph, key, level) for key in graph.services}
    found: dict[str, tuple[Side, Side]] = {}
    for name in graph.messages:
        senders, takers = graph.senders.get(name), graph.takers.get(name)
        if senders and takers:
            found[name] = _by_zone(senders, zone), _by_zone(takers, zone)
    return found


def _by_zone(services: tuple[str, ...], zone: dict[str, str]) -> Side:
    found: Side = {}
    for service in services:
        found.setdefault(zone[service], []).append(service)
    return found


def _by_kind(graph: Graph, names: set[str] | tuple[str, ...]) -> dict[Kind, int]:
    counts = dict.fromkeys(KINDS, 0)
    for name in names:
        counts[graph.messages[name].kind] += 1
    return counts


def _waited(graph: Graph, names: tuple[str, ...]) -> list[str]:
    return [name for name in names if graph.messages[name].waits]
