"""What to look at first: rules over a graph, each finding with its reason, its severity and how to mend it.

A rule is a generator ``rule(view)``; ``findings(graph)`` runs them all and ranks: severity, then score (how many
services or zones are touched), then rule and title, so that the order is the same on every run. A rule says only what
the graph shows: that something "may" happen where a chain is by service and not by request.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Literal

from eventcatalog.coupling.calls import Calls
from eventcatalog.coupling.graph import Graph, Message, folded
from eventcatalog.coupling.zones import Crossing, crossings

Severity = Literal["high", "medium", "low"]
SEVERITIES: tuple[Severity, ...] = ("high", "medium", "low")
SubjectKind = Literal["service", "message", "zone", "stream"]

DEEP, VERY_DEEP = 2, 3  # calls of a chain
FRAGILE, VERY_FRAGILE = 3, 5  # services that one can't do without
WIDE, VERY_WIDE = 3, 5  # services that stop with one
CLOSE = 3  # messages waited for between two services
COVER_MAX = 3  # events that together may replace a query
FINDINGS_PER_RULE_MAX = 200


@dataclass(frozen=True, slots=True)
class Subject:
    """What a finding is about."""

    kind: SubjectKind
    key: str


@dataclass(frozen=True, slots=True)
class Finding:
    """``rule`` is stable and for programs; the rest is for people. ``score`` ranks within a severity."""

    rule: str
    severity: Severity
    score: int
    title: str
    reason: str
    mend: str
    subjects: tuple[Subject, ...]


@dataclass(frozen=True, slots=True)
class Replaceable:
    """A query whose fields are all in events that one of its answerers sends already."""

    query: str
    answerer: str
    events: tuple[str, ...]
    fields: tuple[str, ...]


class View:
    """A graph with what several rules need, computed once."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.calls = graph.once(Calls)

    @cached_property
    def crossings(self) -> list[Crossing]:
        """Between domains."""
        return crossings(self.graph, "domain")

    def names(self, services: Sequence[str], most: int = 4) -> str:
        """Their names in a row: A, B and C; or A, B, C and 3 more."""
        return listed([self.graph.name(key) for key in services], most)


Rule = Callable[[View], Iterator[Finding]]


def findings(graph: Graph) -> list[Finding]:
    """All findings, the gravest first."""
    view = View(graph)
    found: list[Finding] = []
    for rule in RULES:
        ranked = sorted(rule(view), key=_rank)
        found += ranked[:FINDINGS_PER_RULE_MAX]
    return sorted(found, key=_rank)


def _rank(each: Finding) -> tuple[int, int, str, str]:
    return SEVERITIES.index(each.severity), -each.score, each.rule, each.title


def circles(view: View) -> Iterator[Finding]:
    """Services that wait for each other in a circle."""
    for group in view.calls.circles:
        way = view.calls.shortest_circle(group)
        around = " → ".join(view.graph.name(key) for key in way)
        yield Finding(
            "circle",
            "high",
            len(group) * 10,
            f"{view.names(group)} wait for each other",
            f"{around}: each needs the next to work, so none can be started, changed or mended alone.",
            "Turn one step of the circle into an event: the one who is asked publishes what happened with the state "
            "the other needs, and the other keeps its own copy.",
            _services(group),
        )


def deep_chains(view: View) -> Iterator[Finding]:
    """Long chains of calls, each from where it begins: at a service that nobody calls, or in a circle nobody enters."""
    calls = view.calls
    for key in calls.order:
        depth = calls.depth[key]
        circle = calls.needs[key] & calls.needed_by[key]
        begins = not set(calls.callers[key]) - circle and all(depth >= calls.depth[other] for other in circle)
        if depth < DEEP or not begins or any(other < key and calls.depth[other] == depth for other in circle):
            continue
        chain = calls.chain(key)
        way = " → ".join(view.graph.name(each) for each in chain)
        yield Finding(
            "deep_chain",
            "high" if depth >= VERY_DEEP else "medium",
            depth * 10,
            f"{view.graph.name(key)} may wait for {depth} calls in a row",
            f"{way}. Waiting times add up along the chain, and its availability is the product of all of theirs.",
            "Cut it near its end: let the last services publish events that carry state, and answer from copies.",
            _services(chain),
        )


def fragile(view: View) -> Iterator[Finding]:
    """Services outside circles that can't work unless many others do."""
    circled = {key for group in view.calls.circles for key in group}
    for key, needed in view.calls.needs.items():
        if len(needed) >= FRAGILE and key not in circled:
            names = sorted(needed)
            yield Finding(
                "fragile",
                "high" if len(needed) >= VERY_FRAGILE else "medium",
                len(needed) * 5,
                f"{view.graph.name(key)} can't work when one of {len(needed)} others is down",
                f"It needs {view.names(names, 6)}, some of them through others.",
                "See which answers it could have beforehand: subscribe to their events and keep what it needs.",
                _services([key, *names]),
            )


def blast(view: View) -> Iterator[Finding]:
    """Services whose fall stops many others; those of a circle fall together and are told once."""
    groups = [*view.calls.circles]
    circled = {key for group in groups for key in group}
    groups += [(key,) for key in view.calls.order if key not in circled]
    for group in groups:
        needing = sorted(view.calls.needed_by[group[0]] - set(group))
        count = len(needing) + (len(group) - 1)
        if count < WIDE or not needing:
            continue
        down = view.names(group) if len(group) == 1 else f"one of {view.names(group)}"
        yield Finding(
            "blast_radius",
            "high" if count >= VERY_WIDE else "medium",
            count * 5,
            f"{count} services stop when {down} is down",
            f"{view.names(needing, 6)} {'waits' if len(needing) == 1 else 'wait'} for it, directly or through others"
            + (", and the circle stops with each of its members." if len(group) > 1 else "."),
            "Queue the commands it handles, and publish what its queries tell, so that others go on meanwhile.",
            _services([*group, *needing]),
        )


def close_pairs(view: View) -> Iterator[Finding]:
    """Two services tied by many messages that are waited for: one program in two pieces."""
    made = view.calls.made
    for one, other in combinations(view.calls.order, 2):
        names = sorted({*made[one].get(other, ()), *made[other].get(one, ())})
        if len(names) >= CLOSE:
            yield Finding(
                "close_pair",
                "medium",
                len(names) * 5,
                f"{view.graph.name(one)} and {view.graph.name(other)} are tied by {len(names)} calls",
                f"{listed(names, 5)}: where two services talk that much, the line between them may be in the wrong "
                "place.",
                "Either move the work to one side, or loosen it: fewer, larger commands, and events for what happened.",
                (*_services([one, other]), *_messages(names)),
            )


def calls_across(view: View) -> Iterator[Finding]:
    """Boundaries that are crossed by waiting."""
    between: defaultdict[tuple[str, str], list[Crossing]] = defaultdict(list)
    for each in view.crossings:
        if each.waits:
            between[each.source, each.target].append(each)
    for (source, target), found in between.items():
        both_ways = (target, source) in between
        here, there = view.graph.zone_name(source), view.graph.zone_name(target)
        names = [each.message for each in found]
        back = f" {there} waits for {here} too, so neither can go its own way." if both_ways else ""
        yield Finding(
            "waiting_across_boundary",
            "high" if both_ways or len(found) >= CLOSE else "medium",
            len(found) * 4 + 6 * both_ways,
            f"{here} waits for {there}",
            f"{_count(len(found), 'message')} across the boundary {'is' if len(found) == 1 else 'are'} waited for: "
            f"{listed(names, 5)}.{back}",
            "Between boundaries prefer events: they tell what happened and let the other side decide what to do.",
            (Subject("zone", source), Subject("zone", target), *_messages(names)),
        )


def replaceable_queries(view: View) -> Iterator[Finding]:
    """Queries that events with state could replace."""
    for found in replaceable(view.graph):
        query = view.graph.messages[found.query]
        askers = [key for key in view.graph.senders.get(found.query, ()) if key != found.answerer]
        zones = {view.graph.services[key].domain for key in (*askers, found.answerer)}
        yield Finding(
            "replaceable_query",
            "medium" if query.waits and len(zones) > 1 else "low",
            len(askers) * 3 + len(zones),
            f"{found.query} could be answered from a copy",
            f"{view.names(askers)} {_asks(askers)} {view.graph.name(found.answerer)}, which already publishes "
            f"{listed(found.events, 3)} with {listed(found.fields, 4)}.",
            f"Let {view.names(askers)} listen to {listed(found.events, 3)} and keep what they need: it works while "
            f"{view.graph.name(found.answerer)} is down.",
            (*_messages([found.query, *found.events]), *_services([*askers, found.answerer])),
        )


def handlers(view: View) -> Iterator[Finding]:
    """Commands and queries with too many receivers, or with none."""
    for name, message in sorted(view.graph.messages.items()):
        if message.kind == "event" or message.deprecated:
            continue
        takers, senders = view.graph.takers.get(name, ()), view.graph.senders.get(name, ())
        command = message.kind == "command"
        if len(takers) > 1 and not message.many:
            verb, hint = ("handle", "to do it") if command else ("answer", "to answer")
            yield Finding(
                "several_handlers" if command else "several_answerers",
                "high" if command else "medium",
                len(takers) * 8,
                f"{len(takers)} services {verb} {name}",
                f"{view.names(takers)}: whoever sends it can't know which of them is {hint}, and two may do it twice.",
                "Let one service handle it and publish an event that the others listen to."
                if command
                else "Let one service answer it, or declare it as scatter/gather when several answers are meant.",
                (*_messages([name]), *_services(takers)),
            )
        elif not takers:
            verb, what = ("handles", "command") if command else ("answers", "query")
            yield Finding(
                "unhandled_command" if command else "unanswered_query",
                "high" if senders else "low",
                len(senders) * 6,
                f"Nobody {verb} {name}",
                f"{view.names(senders)} {'sends' if len(senders) == 1 else 'send'} it, and no service is declared to "
                "take it."
                if senders
                else "No service sends it and none takes it.",
                f"Declare who {verb} it, or deprecate the {what}.",
                (*_messages([name]), *_services(senders)),
            )


def one_sided(view: View) -> Iterator[Finding]:
    """Messages with nobody at one end."""
    for name, message in sorted(view.graph.messages.items()):
        if message.deprecated or message.draft:
            continue
        senders, takers = view.graph.senders.get(name, ()), view.graph.takers.get(name, ())
        if message.kind == "event" and not takers:
            busy = message.records > 0
            yield Finding(
                "unconsumed_event",
                "low",
                2 + 2 * busy,
                f"Nobody consumes {name}",
                "No service is declared to listen to it"
                + (f", though {message.records:,} records of it are stored." if busy else "."),
                "That harms nobody: an event is a fact, and audit may be reason enough. Declare who listens, or "
                "deprecate it if it is of no use.",
                _messages([name]),
            )
        if takers and not senders:
            yield Finding(
                "unsent_message",
                "medium",
                len(takers) * 3,
                f"Nobody {'produces' if message.kind == 'event' else 'sends'} {name}",
                f"{view.names(takers)} {'waits' if len(takers) == 1 else 'wait'} to hear it, and no service is "
                "declared to say it.",
                "Declare who says it; or withdraw those who listen in vain.",
                (*_messages([name]), *_services(takers)),
            )


def deprecated_in_use(view: View) -> Iterator[Finding]:
    """Types that should no longer be used, and are."""
    for name, message in sorted(view.graph.messages.items()):
        using = sorted({*view.graph.senders.get(name, ()), *view.graph.takers.get(name, ())})
        if message.deprecated and using:
            instead = f" to {message.successor}" if message.successor else ""
            yield Finding(
                "deprecated_in_use",
                "medium" if view.graph.takers.get(name) else "low",
                len(using) * 3,
                f"{name} is deprecated and still in use",
                f"{view.names(using)} {'has' if len(using) == 1 else 'have'} to do with it.",
                f"Move them{instead}, then withdraw them here.",
                (*_messages([name]), *_services(using)),
            )


def unowned(view: View) -> Iterator[Finding]:
    """Messages that cross a boundary and that nobody answers for."""
    crossing: defaultdict[str, set[str]] = defaultdict(set)
    for each in view.crossings:
        crossing[each.message] |= {each.source, each.target}
    for name, zones in sorted(crossing.items()):
        if not view.graph.messages[name].owner:
            yield Finding(
                "unowned_crossing",
                "low",
                len(zones) * 2,
                f"Nobody owns {name}",
                f"It is used across {len(zones)} boundaries, and nobody answers for it when it changes.",
                "Name a team as its owner.",
                _messages([name]),
            )


def undeclared(view: View) -> Iterator[Finding]:
    """What records show and nobody has said."""
    for link in sorted(view.graph.links, key=lambda each: (each.message, each.service)):
        if link.declared or not link.observed or link.message not in view.graph.messages:
            continue
        yield Finding(
            "undeclared_sender",
            "medium",
            4,
            f"{view.graph.name(link.service)} sends {link.message}, and nobody has said so",
            "Stored records carry it as their source.",
            "Declare it; or find out who writes under its name.",
            (*_messages([link.message]), *_services([link.service])),
        )


def elsewhere(view: View) -> Iterator[Finding]:
    """Records in another stream than declared."""
    for name, message in sorted(view.graph.messages.items()):
        strays = sorted(message.streams - {message.stream})
        if message.stream and strays:
            yield Finding(
                "other_stream",
                "low",
                len(strays) * 2,
                f"{name} is also in {listed(strays, 3)}",
                f"It is declared to go to {message.stream}; whoever reads only that stream misses the rest.",
                "Send it to one stream, or change what is declared.",
                (*_messages([name]), *(Subject("stream", each) for each in strays)),
            )


RULES: tuple[Rule, ...] = (
    circles,
    deep_chains,
    fragile,
    blast,
    close_pairs,
    calls_across,
    replaceable_queries,
    handlers,
    one_sided,
    deprecated_in_use,
    unowned,
    undeclared,
    elsewhere,
)


def replaceable(graph: Graph) -> list[Replaceable]:
    """Queries that copies could answer: every field of the query is carried by at most COVER_MAX events that one of its
    answerers sends. One event that carries all is taken before several; of several, few are looked for greedily.
    """
    found = []
    for name, query in sorted(graph.messages.items()):
        if query.kind != "query" or query.deprecated or not query.fields:
            continue
        for answerer in graph.takers.get(name, ()):
            if not set(graph.senders.get(name, ())) - {answerer}:
                continue
            events = _covering(graph, query, answerer)
            if events:
                found.append(Replaceable(name, answerer, events, tuple(sorted(query.fields))))
                break
    return found


def _covering(graph: Graph, query: Message, answerer: str) -> tuple[str, ...]:
    wanted = {folded(each) for each in query.fields} - {""}
    carried: dict[str, set[str]] = {}
    for name in graph.sent.get(answerer, ()):
        event = graph.messages[name]
        if event.kind == "event" and not event.deprecated:
            carried[name] = {folded(each) for each in event.fields} & wanted
    chosen: list[str] = []
    while wanted and len(chosen) < COVER_MAX:
        best = max(sorted(carried), key=lambda name: len(carried[name] & wanted), default=None)
        if best is None or not carried[best] & wanted:
            return ()
        chosen.append(best)
        wanted -= carried[best]
    return tuple(chosen) if not wanted else ()


def listed(names: Sequence[str], most: int) -> str:
    """In a row: A, B and C; or A, B and 3 more."""
    if len(names) > most:
        names = [*names[: most - 1], f"{len(names) - most + 1} more"]
    if not names:
        return "nobody"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _asks(askers: Sequence[str]) -> str:
    return "asks" if len(askers) == 1 else "ask"


def _services(keys: Sequence[str]) -> tuple[Subject, ...]:
    return tuple(Subject("service", key) for key in keys)


def _messages(names: Sequence[str]) -> tuple[Subject, ...]:
    return tuple(Subject("message", name) for name in names)
