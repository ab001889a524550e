"""The seven questions an architect asks, as data: who breaks, what must be called, who owns, which changes are risky,
where the circles are, what is unused, what crosses boundaries. Each function answers one of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from eventcatalog.coupling.calls import Calls
from eventcatalog.coupling.flow import Step, must_be_called
from eventcatalog.coupling.graph import Graph
from eventcatalog.coupling.zones import zone_of


@dataclass(frozen=True, slots=True)
class Outage:
    """With ``service`` down: who stops (``direct``: those who call it themselves), who hears nothing new meanwhile."""

    service: str
    stops: tuple[str, ...]
    direct: tuple[str, ...]
    hears_nothing_new: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Errand:
    """To do ``message``: the calls it takes, and whom it can't be done without."""

    message: str
    steps: tuple[Step, ...]
    services: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Risk:
    """A type that many would feel: ``receivers`` services in ``zones`` domains other than its senders'."""

    message: str
    receivers: tuple[str, ...]
    zones: tuple[str, ...]
    promise: str
    score: int


def outages(graph: Graph, calls: Calls) -> list[Outage]:
    """For each service, the one that stops most others first; those whose fall nobody feels are left out."""
    found = []
    for key in calls.order:
        listeners = {
            taker
            for name in graph.sent.get(key, ())
            if not graph.messages[name].waits and set(graph.senders[name]) == {key}
            for taker in graph.takers.get(name, ())
        } - {key}
        stops = calls.needed_by[key]
        if stops or listeners:
            waiting = tuple(sorted(listeners - stops))
            found.append(Outage(key, tuple(sorted(stops)), calls.callers[key], waiting))
    return sorted(found, key=lambda each: (-len(each.stops), -len(each.hears_nothing_new), each.service))


def errands(graph: Graph) -> list[Errand]:
    """For each command and query that takes further calls: which; the longest list first."""
    found = []
    for name, message in graph.messages.items():
        if message.kind == "event" or message.deprecated or not graph.takers.get(name):
            continue
        steps = must_be_called(graph, name)
        services = {key for step in steps for key in graph.takers.get(step.result, ())} | set(graph.takers[name])
        if steps:
            found.append(Errand(name, steps, tuple(sorted(services))))
    return sorted(found, key=lambda each: (-len(each.services), -len(each.steps), each.message))


def unowned_things(graph: Graph) -> tuple[list[str], list[str]]:
    """(services, messages) that nobody owns."""
    services = [key for key, each in sorted(graph.services.items()) if not each.owner]
    return services, [key for key, each in sorted(graph.messages.items()) if not each.owner and not each.deprecated]


def risks(graph: Graph) -> list[Risk]:
    """Types whose change is felt most, the riskiest first: many receivers, other domains, no promise kept."""
    found = []
    for name, message in graph.messages.items():
        takers = graph.takers.get(name, ())
        home = {zone_of(graph, key, "domain") for key in graph.senders.get(name, ())}
        zones = sorted({zone_of(graph, key, "domain") for key in takers} - home - {""})
        if not takers or (len(takers) < 2 and not zones):
            continue
        unkept = 4 if message.promise == "none" else 0
        score = 2 * len(takers) + 3 * len(zones) + unkept + (2 if message.waits else 0)
        found.append(Risk(name, takers, tuple(zones), message.promise, score))
    return sorted(found, key=lambda each: (-each.score, each.message))


def unused(graph: Graph) -> list[tuple[str, str]]:
    """(message, which end is missing: "sender", "receiver" or "both"); deprecated ones are left out."""
    found = []
    for name, message in sorted(graph.messages.items()):
        sent, taken = bool(graph.senders.get(name)), bool(graph.takers.get(name))
        if not message.deprecated and not (sent and taken):
            found.append((name, "receiver" if sent else "sender" if taken else "both"))
    return found
